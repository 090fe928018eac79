"""The collections that PlexSync put items into, with those items."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from worker.storage.rows import is_sound
from worker.storage.tables import Tables


class Whose(Enum):
    """Who made a collection."""

    #: It was made for PlexSync's members.
    OURS = "ours"
    #: The same, and it was put into custom order.
    ORDERED = "ours, in order"
    #: It is somebody else's, and only joined and left.
    THEIRS = "theirs"


@dataclass(frozen=True)
class CollectionName:
    """How a collection is told apart before and after Plex gives it a rating key: by its title in one library."""

    server: str
    section: str
    title_key: str


@dataclass(frozen=True)
class Standing:
    """What is known of a collection once Plex showed it. ``picture_due``: Stash had no picture for it yet."""

    rating_key: str
    whose: Whose
    picture_due: bool = False


_NAMED = "server = ? AND section = ? AND title_key = ?"
_ID = f"(SELECT id FROM collections WHERE {_NAMED})"  # noqa: S608


class Collections(Tables):
    """The tables ``collections`` and ``members``."""

    def standing(self, name: CollectionName) -> Standing | None:
        """What is known of a collection; None before Plex showed it, and after it went; and where that is
        damaged, since its members tell once more whose it is."""
        query = f"SELECT rating_key, whose, picture_due FROM collections WHERE {_NAMED}"  # noqa: S608
        row = self._database.execute(query, _keys(name)).fetchone()
        if row is None or not is_sound(row, str, str, int) or row[1] not in [one.value for one in Whose]:
            return None
        return Standing(row[0], Whose(row[1]), bool(row[2]))

    def set_standing(self, name: CollectionName, standing: Standing | None) -> None:
        """Keep what is known of a collection; None when it is not what it was."""
        known = (standing.rating_key, standing.whose.value, standing.picture_due) if standing else (None, None, False)
        with self._database:
            self._put(name)
            query = f"UPDATE collections SET rating_key = ?, whose = ?, picture_due = ? WHERE {_NAMED}"  # noqa: S608
            self._database.execute(query, (*known, *_keys(name)))
            self._drop_unused(name)

    def members(self, name: CollectionName) -> dict[str, int | None]:
        """The items PlexSync put into a collection, with the place it gave them there, if any."""
        query = f"SELECT item, place FROM members WHERE collection = {_ID}"  # noqa: S608
        return {item: _place(place) for item, place in self._database.execute(query, _keys(name))}

    def memberships(self, server: str, item: str) -> dict[CollectionName, int | None]:
        """The collections PlexSync put an item into, with the item's place there."""
        query = """SELECT section, title_key, place FROM members JOIN collections ON collections.id = collection
            WHERE item = ? AND server = ?"""
        rows = self._database.execute(query, (item, server))
        return {
            CollectionName(server, section, title_key): _place(place)
            for section, title_key, place in rows
            if isinstance(section, str) and isinstance(title_key, str)
        }

    def put_into(self, name: CollectionName, item: str, place: int | None) -> None:
        """Note that an item was put into a collection, and at which place."""
        with self._database:
            self._put(name)
            query = f"INSERT OR REPLACE INTO members (collection, item, place) VALUES ({_ID}, ?, ?)"  # noqa: S608
            self._database.execute(query, (*_keys(name), item, place))

    def took_out(self, name: CollectionName, item: str) -> None:
        """Note that an item is no longer in a collection."""
        with self._database:
            query = f"DELETE FROM members WHERE collection = {_ID} AND item = ?"  # noqa: S608
            self._database.execute(query, (*_keys(name), item))
            self._drop_unused(name)

    def _put(self, name: CollectionName) -> None:
        query = "INSERT OR IGNORE INTO collections (server, section, title_key) VALUES (?, ?, ?)"
        self._database.execute(query, _keys(name))

    def _drop_unused(self, name: CollectionName) -> None:
        self._database.execute(
            f"""DELETE FROM collections WHERE {_NAMED} AND rating_key IS NULL
            AND NOT EXISTS (SELECT 1 FROM members WHERE collection = collections.id)""",  # noqa: S608
            _keys(name),
        )


def _place(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _keys(name: CollectionName) -> tuple[str, str, str]:
    return name.server, name.section, name.title_key
