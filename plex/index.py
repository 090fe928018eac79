"""Which item holds which file: Plex has no way to ask for a file, so its lists are kept in SQLite.

The index is a cache. It is refreshed by Plex's change counter and by what was added or edited since, and an
item's details must still list the file before anything is written to it. Its tables stand in plex/index_tables.py.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from plex.items import Media, Part, read_media, stamp_of
from plex.listing import SectionState, list_items, read_sections
from plex.protocols import Server
from plex.sections import choose_sections
from validation.paths import file_name_key, is_inside, path_key

#: A refresh lists what was added or edited since the newest item that is known, less so many seconds of Plex's
#: clock, for items that were stamped while the last refresh ran.
OVERLAP = 30

#: After so many seconds a library is listed in full again: what was deleted is in no list of changes.
FULL_SWEEP = 24 * 3600.0

#: Within so many seconds after one of its items turned out to be gone, a library is listed in full again.
SWEEP_SOON = 3600.0


@dataclass(frozen=True)
class IndexedItem:
    """What the index knows of an item, under plexapi's names, so that the matcher reads either."""

    ratingKey: str
    section_key: str
    media: tuple[Media, ...]


@dataclass(frozen=True)
class Refresh:
    """What a refresh did: items that were listed, libraries that were listed in full, files that were not known."""

    listed: int = 0
    swept: int = 0
    new_files: int = 0


class LibraryIndex:
    """The files of the wanted movie libraries of one server."""

    def __init__(self, database: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._checked_at: float | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no library was ever listed."""
        return not self._one("SELECT count(*) FROM sections")

    def libraries(self) -> list[IndexedLibrary]:
        """One searchable library for each section, all answered from the index."""
        keys = self._database.execute("SELECT key FROM sections ORDER BY CAST(key AS INTEGER)").fetchall()
        return [IndexedLibrary(self._database, key) for (key,) in keys]

    def locations(self) -> list[str]:
        """The root folders of the wanted libraries, as Plex spells them."""
        rows = self._database.execute("SELECT locations FROM sections").fetchall()
        return [path for (text,) in rows for path in text.split("\n") if path]

    def section_of(self, path: str) -> str | None:
        """The key of the library whose root folder contains a path, of several the deepest; None when none does."""
        roots = [
            (root, key)
            for key, text in self._database.execute("SELECT key, locations FROM sections")
            for root in text.split("\n")
            if root and is_inside(path, root)
        ]
        return max(roots, key=lambda found: len(found[0]))[1] if roots else None

    def count_files(self) -> int:
        """How many files are known."""
        (count,) = self._database.execute("SELECT count(*) FROM parts").fetchone()
        return int(count)

    def updated_at(self, rating_key: str) -> int | None:
        """When Plex last changed an item, by its clock; None when no wanted library lists it."""
        row = self._database.execute("SELECT max(updated) FROM parts WHERE item = ?", (rating_key,)).fetchone()
        return row[0] if row else None

    def forget(self, section_key: str, rating_key: str) -> None:
        """Drop an item that turned out to be gone, or to hold other files.

        If it is there after all, the next full list brings it back, within an hour.
        """
        with self._database:
            self._drop(section_key, rating_key)
            self._database.execute(
                "UPDATE sections SET swept_at = min(swept_at, ?) WHERE key = ?",
                (self._clock() - FULL_SWEEP + SWEEP_SOON, section_key),
            )

    def refresh(self, server: Server, wanted: Sequence[str], *, max_age: float = 0.0, sweep: bool = False) -> Refresh:
        """Bring the index up to date: one request when nothing changed in Plex.

        ``wanted``: names of libraries, compared by ``name_key``; empty means every movie library. Nothing is asked
        when the last refresh is at most ``max_age`` seconds old. ``sweep`` lists everything anew.

        Raises:
            PlexConfigurationError: a wanted library is not there, or holds no movies.
            Other errors of plex/exceptions.py: Plex failed; each library is either done or as it was.
        """
        now = self._clock()
        if self._checked_at is not None and 0 <= now - self._checked_at < max_age:
            return Refresh()
        sections = choose_sections(read_sections(server), wanted)
        self._keep_only(str(server.machineIdentifier), sections)
        done = [self._refresh_section(server, section, now, sweep) for section in sections]
        self._checked_at = now
        return Refresh(
            listed=sum(one.listed for one in done),
            swept=sum(one.swept for one in done),
            new_files=sum(one.new_files for one in done),
        )

    def _refresh_section(self, server: Server, section: SectionState, now: float, sweep: bool) -> Refresh:
        row = self._database.execute(
            "SELECT content_changed, newest, swept_at FROM sections WHERE key = ?", (section.key,)
        ).fetchone()
        if row is None or sweep or not 0 <= now - row[2] < FULL_SWEEP:
            return self._sweep(server, section, now)
        content_changed, newest, swept_at = row
        if section.content_changed and section.content_changed == content_changed:
            return Refresh()
        since = max(0, newest - OVERLAP)
        with self._database:
            new_files = listed = 0
            for video in list_items(server, section.key, since):
                if stamp_of(video) < since:
                    break  # Plex did not honour the filter, and is about to list everything
                listed, new_files = listed + 1, new_files + self._put(section.key, video)
                newest = max(newest, stamp_of(video))
            else:
                self._put_section(section, newest, swept_at)
                return Refresh(listed=listed, new_files=new_files)
        return self._sweep(server, section, now)

    def _sweep(self, server: Server, section: SectionState, now: float) -> Refresh:
        """List a library in full, in one transaction: a stop in the middle leaves what was known."""
        with self._database:
            # In a table and not in memory: a library can have 100,000 files.
            self._database.execute("CREATE TEMP TABLE IF NOT EXISTS known (file_key TEXT PRIMARY KEY) WITHOUT ROWID")
            query = "INSERT OR IGNORE INTO known SELECT file_key FROM parts WHERE section = ?"
            self._database.execute(query, (section.key,))
            self._database.execute("DELETE FROM parts WHERE section = ?", (section.key,))
            newest = listed = 0
            for video in list_items(server, section.key):
                self._put(section.key, video)
                listed, newest = listed + 1, max(newest, stamp_of(video))
            self._put_section(section, newest, now)
            query = "SELECT count(*) FROM parts WHERE section = ? AND file_key NOT IN (SELECT file_key FROM known)"
            (new_files,) = self._database.execute(query, (section.key,)).fetchone()
            self._database.execute("DELETE FROM known")
            return Refresh(listed=listed, swept=1, new_files=new_files)

    def _put(self, section_key: str, video: Element) -> int:
        """Replace what is known of one listed item; returns how many of its files were not known."""
        rating_key = video.get("ratingKey", "")
        known = {
            file
            for (file,) in self._database.execute(
                "SELECT file_key FROM parts WHERE section = ? AND item = ?", (section_key, rating_key)
            )
        }
        self._drop(section_key, rating_key)
        stamp = stamp_of(video)
        rows = [
            (section_key, rating_key, part.file, path_key(part.file), file_name_key(part.file), part.size, stamp)
            for media in read_media(video)
            for part in media.parts
        ]
        self._database.executemany("INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        return sum(1 for row in rows if row[3] not in known)

    def _drop(self, section_key: str, rating_key: str) -> None:
        self._database.execute("DELETE FROM parts WHERE section = ? AND item = ?", (section_key, rating_key))

    def _put_section(self, section: SectionState, newest: int, swept_at: float) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO sections VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                section.key,
                section.uuid,
                section.title,
                section.content_changed,
                newest,
                swept_at,
                "\n".join(section.locations),
            ),
        )

    def _keep_only(self, server_id: str, sections: Iterable[SectionState]) -> None:
        """Forget another server's libraries, and those that are gone, made anew or no longer wanted."""
        current = {(section.key, section.uuid) for section in sections}
        with self._database:
            if self._one("SELECT identifier FROM server") != server_id:
                self._database.execute("DELETE FROM server")
                self._database.execute("INSERT INTO server VALUES (?)", (server_id,))
                current = set()
            for key, uuid in self._database.execute("SELECT key, uuid FROM sections").fetchall():
                if (key, uuid) not in current:
                    self._database.execute("DELETE FROM sections WHERE key = ?", (key,))
                    self._database.execute("DELETE FROM parts WHERE section = ?", (key,))

    def _one(self, sql: str) -> object:
        row = self._database.execute(sql).fetchone()
        return row[0] if row else None


class IndexedLibrary:
    """One section of the index, answering the search operators that the matcher uses."""

    def __init__(self, database: sqlite3.Connection, section_key: str) -> None:
        self._database = database
        self.key = section_key

    def search(self, **filters: str) -> list[IndexedItem]:
        """``Media__Part__file__exact`` finds by path, ``…__endswith`` and ``…__iendswith`` by the file name's key.

        The last two find all spellings of a name; the matcher looks at the case.
        """
        ((operator, wanted),) = filters.items()
        if operator == "Media__Part__file__exact":
            column, value = "file_key", path_key(wanted)
        elif operator in ("Media__Part__file__endswith", "Media__Part__file__iendswith"):
            column, value = "name_key", file_name_key(wanted)
        else:
            raise ValueError(f"the index does not answer {operator}")
        rows = self._database.execute(
            f"SELECT DISTINCT item FROM parts WHERE {column} = ? AND section = ?",  # noqa: S608
            (value, self.key),
        ).fetchall()
        return [self._item(item) for (item,) in rows]

    def _item(self, rating_key: str) -> IndexedItem:
        rows = self._database.execute(
            "SELECT file, size FROM parts WHERE section = ? AND item = ?", (self.key, rating_key)
        ).fetchall()
        return IndexedItem(rating_key, self.key, (Media(tuple(Part(file, size) for file, size in rows)),))
