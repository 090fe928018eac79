"""The tables of the library index: a file of its own, which is a cache and made anew whenever this module changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from plex.items import Part, Stars, is_in_trash, read_media, stamp_of, stars_of
from plex.listing import SectionState
from validation.paths import file_name_key, path_key

#: Counted up with every change of ``TABLES``: a file of another version is thrown away.
VERSION = 3

#: An item that is stamped so many seconds after now does not count as the newest: it comes from the future, and
#: nothing would be newer for years.
FUTURE = 2 * 86400

TABLES = (
    # The one server that everything here was read from, and whether its libraries here are all that it has.
    "CREATE TABLE server (identifier TEXT NOT NULL, are_all INTEGER NOT NULL)",
    # ``newest`` in Plex's seconds, ``swept_at`` in ours; ``doubtful``: something changed there that the list of changes
    # did not show. ``locations``: one path a line.
    """CREATE TABLE sections (
        key TEXT PRIMARY KEY, uuid TEXT NOT NULL, title TEXT NOT NULL, content_changed TEXT NOT NULL,
        newest INTEGER NOT NULL, swept_at REAL NOT NULL, doubtful INTEGER NOT NULL, locations TEXT NOT NULL)""",
    # Every item. ``updated``: when Plex had last changed it. ``rating``: the account's, empty for none, and when it was
    # given or taken, in Plex's seconds.
    """CREATE TABLE items (
        section TEXT NOT NULL, item TEXT NOT NULL, updated INTEGER NOT NULL, in_trash INTEGER NOT NULL,
        rating TEXT NOT NULL, rated_at INTEGER NOT NULL,
        PRIMARY KEY (item, section)) WITHOUT ROWID""",
    "CREATE INDEX items_by_section ON items (section)",
    # Every part of every version of those that are not in Plex's trash.
    """CREATE TABLE parts (
        section TEXT NOT NULL, item TEXT NOT NULL, file TEXT NOT NULL,
        file_key TEXT NOT NULL, name_key TEXT NOT NULL, size INTEGER)""",
    "CREATE INDEX parts_by_file ON parts (file_key)",
    "CREATE INDEX parts_by_name ON parts (name_key)",
    "CREATE INDEX parts_by_item ON parts (item, section)",
)

#: Of an item whose rating is not known, or that has none.
NO_STARS = Stars()

#: So many names of new files are kept apart; of more it counts that there are many.
_NAMES_KEPT = 10_000


def make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty database, and write down their version."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for statement in TABLES:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")


@dataclass(frozen=True)
class KnownSection:
    """What is known of a library: see the table ``sections``."""

    content_changed: str
    newest: int
    swept_at: float
    doubtful: bool


@dataclass(frozen=True)
class Placed:
    """What a listed item was to the index: whether anything of it was new, and the name keys of files that were.

    A file whose size changed counts as new.
    """

    is_news: bool
    arrived: frozenset[str] = frozenset()


class Arrivals:
    """The name keys of files that were not known."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names: set[str] = set()
        self.count = 0
        self.add(names)

    def add(self, names: Iterable[str]) -> None:
        """Some more."""
        for name in names:
            self.count += 1
            if len(self._names) < _NAMES_KEPT:
                self._names.add(name)

    def concern(self, names: Iterable[str]) -> bool:
        """Whether one of these may be among them; of very many it is not kept which they are."""
        return self.count > _NAMES_KEPT or any(name in self._names for name in names)

    def merge(self, other: Arrivals) -> None:
        """Those of another list, too."""
        self._names |= other._names
        self.count += other.count


class IndexTables:
    """The rows of the index. Whoever changes several opens the transaction."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database

    def section(self, key: str) -> KnownSection | None:
        """A library that was listed before."""
        query = "SELECT content_changed, newest, swept_at, doubtful FROM sections WHERE key = ?"
        row = self.database.execute(query, (key,)).fetchone()
        return KnownSection(row[0], row[1], row[2], bool(row[3])) if row else None

    def roots(self) -> list[tuple[str, str]]:
        """The root folders of all libraries, each with the library's key."""
        rows = self.database.execute("SELECT key, locations FROM sections").fetchall()
        return [(root, key) for key, text in rows for root in text.split("\n") if root]

    def put_section(self, section: SectionState, newest: int, swept_at: float, doubtful: bool) -> None:
        """Note how far a library is known."""
        self.database.execute(
            "INSERT OR REPLACE INTO sections VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                section.key,
                section.uuid,
                section.title,
                section.content_changed,
                newest,
                swept_at,
                doubtful,
                "\n".join(section.locations),
            ),
        )

    def has_all(self) -> bool:
        """Whether the libraries were chosen by no name, when that was last done."""
        return self.database.execute("SELECT 1 FROM server WHERE are_all").fetchone() is not None

    def keep_only(self, server_id: str, sections: Iterable[SectionState], are_all: bool) -> None:
        """Forget another server's libraries, and those that are gone, made anew or no longer wanted; ``are_all``:
        whether these are all movie libraries."""
        current = {(section.key, section.uuid) for section in sections}
        known = self.database.execute("SELECT identifier FROM server").fetchone()
        if known is None or known[0] != server_id:
            current = set()
        self.database.execute("DELETE FROM server")
        self.database.execute("INSERT INTO server VALUES (?, ?)", (server_id, are_all))
        for key, uuid in self.database.execute("SELECT key, uuid FROM sections").fetchall():
            if (key, uuid) not in current:
                self.database.execute("DELETE FROM sections WHERE key = ?", (key,))
                self.clear(key)

    def clear(self, section_key: str) -> None:
        """Forget all items of a library."""
        self.database.execute("DELETE FROM parts WHERE section = ?", (section_key,))
        self.database.execute("DELETE FROM items WHERE section = ?", (section_key,))

    def count(self, section_key: str) -> int:
        """How many items of a library are known, those in Plex's trash among them, as Plex counts."""
        query = "SELECT count(*) FROM items WHERE section = ?"
        return int(self.database.execute(query, (section_key,)).fetchone()[0])

    def place(self, section_key: str, video: Element) -> Placed:
        """Put a listed item in the place of what is known of it."""
        item, stamp, trashed = video.get("ratingKey", ""), stamp_of(video), is_in_trash(video)
        before = self._item(section_key, item)
        stars = stars_of(video) or (before[2] if before else NO_STARS)
        known = self._parts(section_key, item)
        parts = [part for media in read_media(video) for part in media.parts]
        if before == (stamp, trashed, stars) and known == parts:
            return Placed(is_news=False)
        self.drop(section_key, item)
        self.put(section_key, item, stamp, trashed, parts, stars)
        fresh = [part for part in parts if (path_key(part.file), part.size) not in _keys(known)]
        return Placed(True, frozenset(file_name_key(part.file) for part in fresh))

    def put(
        self, section_key: str, item: str, stamp: int, trashed: bool, parts: Iterable[Part], stars: Stars = NO_STARS
    ) -> None:
        """Add an item that is not known."""
        row = (section_key, item, stamp, trashed, stars.rating, stars.rated_at)
        self.database.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?)", row)
        self.database.executemany(
            "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?)",
            (
                (section_key, item, part.file, path_key(part.file), file_name_key(part.file), part.size)
                for part in parts
            ),
        )

    def stamp(self, item: str) -> int | None:
        """When an item was last changed; None when it is not known, or in the trash."""
        query = "SELECT max(updated) FROM items WHERE item = ? AND NOT in_trash"
        found: int | None = self.database.execute(query, (item,)).fetchone()[0]
        return found

    def stars(self, item: str) -> Stars | None:
        """The rating of an item; None when it is not known, or in the trash."""
        query = "SELECT rating, rated_at FROM items WHERE item = ? AND NOT in_trash ORDER BY rated_at DESC"
        row = self.database.execute(query, (item,)).fetchone()
        return Stars(*row) if row else None

    def set_stars(self, item: str, stars: Stars) -> None:
        """An item has another rating."""
        query = "UPDATE items SET rating = ?, rated_at = ? WHERE item = ?"
        self.database.execute(query, (stars.rating, stars.rated_at, item))

    def newest_rated(self, section_key: str) -> int:
        """When a rating in a library was given or taken last, in Plex's seconds; 0 where none was."""
        query = "SELECT max(rated_at) FROM items WHERE section = ?"
        return int(self.database.execute(query, (section_key,)).fetchone()[0] or 0)

    def in_trash(self, item: str) -> bool:
        """Whether an item is in Plex's trash."""
        query = "SELECT 1 FROM items WHERE item = ? AND in_trash"
        return self.database.execute(query, (item,)).fetchone() is not None

    def set_stamp(self, item: str, stamp: int, *, or_later: bool) -> None:
        """An item was last changed at ``stamp``, if that is earlier than what is known, or later where that counts."""
        query = "UPDATE items SET updated = ? WHERE item = ? AND (updated > ? OR ?)"
        self.database.execute(query, (stamp, item, stamp, or_later))

    def list_soon(self, section_key: str, now: float, full_sweep: float, pause: float) -> None:
        """A library is due to be listed in full ``pause`` seconds after it was, or now, instead of after
        ``full_sweep``."""
        query = (
            "UPDATE sections SET swept_at = max(swept_at + :pause, :now) - :full WHERE key = :key AND swept_at > :due"
        )
        due = now - full_sweep + pause  # else it is due by then, perhaps since it was called for before
        self.database.execute(query, {"pause": pause, "now": now, "full": full_sweep, "key": section_key, "due": due})

    def drop(self, section_key: str, item: str) -> None:
        """Forget an item."""
        self.database.execute("DELETE FROM parts WHERE section = ? AND item = ?", (section_key, item))
        self.database.execute("DELETE FROM items WHERE section = ? AND item = ?", (section_key, item))

    def keep_files(self, section_key: str) -> None:
        """Keep the files of a library apart that is about to be listed anew, for ``arrivals``."""
        # In a table and not in memory: a library can have 100,000 files.
        self.database.execute("CREATE TEMP TABLE IF NOT EXISTS known (file_key TEXT, size INTEGER)")
        self.database.execute("CREATE INDEX IF NOT EXISTS known_by_file ON known (file_key, size)")
        query = "INSERT INTO known SELECT file_key, size FROM parts WHERE section = ?"
        self.database.execute(query, (section_key,))

    def arrivals(self, section_key: str) -> Arrivals:
        """The files that a library did not have when they were kept."""
        query = """SELECT name_key FROM parts WHERE section = ? AND NOT EXISTS (
            SELECT 1 FROM known WHERE known.file_key = parts.file_key AND known.size IS parts.size)"""
        found = Arrivals(name for (name,) in self.database.execute(query, (section_key,)))
        self.database.execute("DELETE FROM known")
        return found

    def a_file(self, section_key: str) -> str | None:
        """Any file of a library."""
        row = self.database.execute("SELECT file FROM parts WHERE section = ? LIMIT 1", (section_key,)).fetchone()
        return row[0] if row else None

    def _item(self, section_key: str, item: str) -> tuple[int, bool, Stars] | None:
        query = "SELECT updated, in_trash, rating, rated_at FROM items WHERE section = ? AND item = ?"
        row = self.database.execute(query, (section_key, item)).fetchone()
        return (row[0], bool(row[1]), Stars(*row[2:])) if row else None

    def _parts(self, section_key: str, item: str) -> list[Part]:
        query = "SELECT file, size FROM parts WHERE section = ? AND item = ? ORDER BY rowid"
        return [Part(*row) for row in self.database.execute(query, (section_key, item))]


def _keys(parts: Iterable[Part]) -> set[tuple[str, int | None]]:
    return {(path_key(part.file), part.size) for part in parts}


def newer(newest: int, stamp: int, now: float) -> int:
    """The later of two times of Plex's, but for one from the future; ``now`` by our clock."""
    return max(newest, stamp) if stamp <= now + FUTURE else newest


def is_lacking(known: KnownSection | None, before: int, section: SectionState, listed: int) -> bool:
    """Whether a full list says less than is to be believed at once: it has fewer items than the ``before`` that were
    known, although Plex's counter says that nothing changed."""
    if known is None or known.doubtful or listed >= before:
        return False
    return section.content_changed == known.content_changed != ""
