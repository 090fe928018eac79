"""Which item holds which file: Plex's lists are kept in SQLite.

The index is a cache. It is refreshed by Plex's change counter and by what was added or edited since; Plex's count of
items confirms that, since the times of another machine may be anything. An item's details must still list the file
before anything is written to it. Its tables stand in plex/index_tables.py.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from plex.exceptions import PlexListMoved, PlexNotFound, PlexRefused
from plex.file_search import FileSearch
from plex.index_tables import Arrivals, IndexTables, KnownSection, is_lacking, newer
from plex.indexed import IndexedLibrary
from plex.items import Stars, stamp_of
from plex.listing import SectionState, count_items, list_items, list_rated, number, read_sections
from plex.protocols import Server
from plex.sections import choose_sections, is_choice
from validation.paths import file_name_key, is_inside

#: A refresh lists what was added or edited since the newest item that is known, less so many seconds of Plex's
#: clock, for items that were stamped while the last refresh ran.
OVERLAP = 30

#: A library that changes while it is listed is listed so many times at most.
SWEEPS = 3

#: For so many seconds after Plex was asked what changed, the index counts as up to date.
JUST_ASKED = 60.0

#: After so many seconds a library is listed in full again, whatever Plex says.
FULL_SWEEP = 24 * 3600.0

#: When one of its items turned out to be another, a library is listed in full so many seconds after the last time.
SWEEP_SOON = 3600.0

#: While Plex's counter of changes stands still, its items are counted again after so many seconds.
COUNT_AGAIN = 2 * 3600.0

#: Where it is in doubt what changed, a library is listed in full no sooner than so many seconds, for each of its
#: items, after the last time: a list takes about a tenth of that.
SWEEP_PAUSE = 0.01
log = logging.getLogger(__name__)


@dataclass
class Refresh:
    """What a refresh did: items that were listed, libraries that were listed in full, files that were not known."""

    listed: int = 0
    swept: int = 0
    arrivals: Arrivals = field(default_factory=Arrivals)

    @property
    def new_files(self) -> int:
        """How many files were not known."""
        return self.arrivals.count

    def merge(self, other: Refresh) -> None:
        """What another refresh did, too."""
        self.listed += other.listed
        self.swept += other.swept
        self.arrivals.merge(other.arrivals)


class LibraryIndex:
    """The files of the wanted movie libraries of one server."""

    def __init__(self, database: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._database = database
        self._tables = IndexTables(database)
        self._clock = clock
        self._search = FileSearch()
        self._checked_at: float | None = None
        self._checked: tuple[SectionState, ...] = ()
        #: The names by which these were chosen; None before that.
        self._wanted: tuple[str, ...] | None = None
        #: The libraries of which it cannot be asked what was rated.
        self._unanswered: set[str] = set()
        #: Names that were asked for, by section and key of the name: the state of the section then.
        self._asked: dict[tuple[str, str], str] = {}
        self._counted_at: dict[str, float] = {}

    def lists(self, wanted: Sequence[str]) -> bool:
        """Whether what is known are the libraries of these names, as ``refresh`` takes them, and no others."""
        if self._wanted is not None:
            return self._wanted == tuple(wanted)
        titles = [title for (title,) in self._database.execute("SELECT title FROM sections")]
        return is_choice(titles, wanted, self._tables.has_all())

    @property
    def server_id(self) -> str:
        """The identifier of the server that everything here was read from; empty before the first refresh."""
        row = self._database.execute("SELECT identifier FROM server").fetchone()
        return row[0] if row else ""

    def libraries(self) -> list[IndexedLibrary]:
        """One searchable library for each section, all answered from the index."""
        keys = self._database.execute("SELECT key FROM sections ORDER BY CAST(key AS INTEGER)").fetchall()
        return [IndexedLibrary(self._database, key) for (key,) in keys]

    def locations(self) -> list[str]:
        """The root folders of the wanted libraries, as Plex spells them."""
        return [root for root, _ in self._tables.roots()]

    def section_of(self, path: str) -> str | None:
        """The key of the library whose root folder contains a path, of several the deepest; None when none does."""
        roots = [(root, key) for root, key in self._tables.roots() if is_inside(path, root)]
        return max(roots, key=lambda found: len(found[0]))[1] if roots else None

    def section_of_item(self, rating_key: str) -> str | None:
        """The key of the library that lists an item; None when no wanted one does."""
        row = self._database.execute("SELECT section FROM items WHERE item = ?", (rating_key,)).fetchone()
        return row[0] if row else None

    def knows_name(self, name: str) -> bool:
        """Whether there is a file of this name, in whatever folder."""
        query = "SELECT EXISTS (SELECT 1 FROM parts WHERE name_key = ?)"
        return bool(self._database.execute(query, (file_name_key(name),)).fetchone()[0])

    def updated_at(self, rating_key: str) -> int | None:
        """When Plex last changed an item, by its clock; None when no wanted library lists it, or it is in the trash."""
        return self._tables.stamp(rating_key)

    def stars(self, rating_key: str) -> Stars | None:
        """The rating that Plex last showed of an item; None when no wanted library lists it, or it is in the trash."""
        return self._tables.stars(rating_key)

    def note_stars(self, rating_key: str, stars: Stars | None) -> None:
        """Details say which rating an item has, if they do: that is newer than any list."""
        if stars is not None and self._tables.stars(rating_key) not in (None, stars):
            with self._database:
                self._tables.set_stars(rating_key, stars)

    def look_for_ratings(self, server: Server) -> list[str]:
        """Ask which items were rated since, and a few before; no change counter and no other time of Plex's moves by
        that. One request for each library that was listed; a server that does not know the question is not asked
        again, and the next list in full tells.

        Raises the errors of plex/exceptions.py.
        """
        found = list[str]()
        for library in self.libraries():
            since = max(1, self._tables.newest_rated(library.key) - OVERLAP)
            if library.key in self._unanswered:
                continue
            with self._database, suppress(PlexRefused, PlexNotFound):
                for video in list_rated(server, library.key, since):
                    if number(video.get("lastRatedAt", "")) < since:
                        self._unanswered.add(library.key)  # Plex did not honour the filter
                        break
                    self._tables.place(library.key, video)
                    found.append(video.get("ratingKey", ""))
        return found

    def is_in_trash(self, rating_key: str) -> bool:
        """Whether an item is in Plex's trash."""
        return self._tables.in_trash(rating_key)

    def forget(self, section_key: str, rating_key: str) -> None:
        """Drop an item that turned out to be gone, or to hold other files: its library is listed in full with the next
        refresh, or an hour after it was last."""
        with self._database:
            self._tables.drop(section_key, rating_key)
            self._tables.list_soon(section_key, self._clock(), FULL_SWEEP, SWEEP_SOON)

    def note_stamp(self, rating_key: str, updated_at: int) -> None:
        """Details say when an item was changed: an earlier time than is known is in no list of changes, and a later one
        is in none either when Plex was asked for these just now."""
        is_current = self._checked_at is not None and 0 <= self._clock() - self._checked_at < JUST_ASKED
        with self._database:
            self._tables.set_stamp(rating_key, updated_at, or_later=is_current)

    def note_trashed(self, section_key: str, rating_key: str, updated_at: int) -> None:
        """An item turned out to be in Plex's trash."""
        with self._database:
            self._tables.drop(section_key, rating_key)
            self._tables.put(section_key, rating_key, updated_at, trashed=True, parts=())

    def refresh(
        self,
        server: Server,
        wanted: Sequence[str],
        *,
        max_age: float = 0.0,
        sweep: bool = False,
        certain: bool = False,
        names: Sequence[str] = (),
    ) -> Refresh:
        """Bring the index up to date: one request when nothing changed in Plex.

        ``wanted``: names of libraries, compared by ``name_key``; empty means every movie library. Plex's change
        counters are not asked for when they are at most ``max_age`` seconds old. ``sweep`` lists everything anew,
        ``certain`` what is in doubt. With ``names`` of a few files, a server that can be asked for them is asked for
        nothing else; what else changed is left to a later refresh.

        Raises:
            PlexConfigurationError: a wanted library is not there, or holds no movies.
            Other errors of plex/exceptions.py: Plex failed; each library is either done or as it was.
        """
        now = self._clock()
        if self._checked_at is None or not 0 <= now - self._checked_at < max_age or not self.lists(wanted):
            self._wanted, self._checked = None, choose_sections(read_sections(server), wanted)
            with self._database:
                self._tables.keep_only(str(server.machineIdentifier), self._checked, are_all=not wanted)
            self._checked_at, self._wanted = now, tuple(wanted)
        done = Refresh()
        for section in self._checked:
            done.merge(self._refresh_section(server, section, now, sweep, certain, names))
        return done

    def _refresh_section(
        self, server: Server, section: SectionState, now: float, sweep: bool, certain: bool, names: Sequence[str]
    ) -> Refresh:
        known = self._tables.section(section.key)
        if known is None or sweep or not 0 <= now - known.swept_at < FULL_SWEEP:
            return self._sweep(server, section, now)
        done, doubtful = Refresh(), known.doubtful
        is_told = not section.content_changed or section.content_changed != known.content_changed
        if is_told or self._counts_otherwise(server, section, now):
            found = self._ask_for(server, section, names) if names and is_told else None
            if found is not None:
                return found
            done, doubtful = self._take_changes(server, section, known, now)
        if doubtful and (certain or not 0 <= now - known.swept_at < SWEEP_PAUSE * self._tables.count(section.key)):
            done.merge(self._sweep(server, section, now))
        return done

    def _counts_otherwise(self, server: Server, section: SectionState, now: float) -> bool:
        """Whether Plex counts more or fewer items than are known; asked now and then."""
        if 0 <= now - self._counted_at.setdefault(section.key, now) < COUNT_AGAIN:
            return False
        self._counted_at[section.key] = now
        count = count_items(server, section.key)
        return count > 0 and count != self._tables.count(section.key)

    def _ask_for(self, server: Server, section: SectionState, names: Sequence[str]) -> Refresh | None:
        """Ask for single files, each once for each state of the section; None when there is no such answer."""
        done = Refresh()
        for name in names:
            asked = (section.key, file_name_key(name))
            if not section.content_changed or self._asked.get(asked) != section.content_changed:
                hits = self._search.find(server, section.key, name, lambda: self._tables.a_file(section.key))
                if hits is None:
                    return None
                with self._database:
                    for video in hits:
                        done.arrivals.add(self._tables.place(section.key, video).arrived)
                done.listed += len(hits)
                self._asked[asked] = section.content_changed
        return done

    def _take_changes(
        self, server: Server, section: SectionState, known: KnownSection, now: float
    ) -> tuple[Refresh, bool]:
        """List what was added or edited; returns also whether that leaves in doubt what changed.

        It does when it was nothing, or when Plex counts more or fewer items than are known then: something was
        deleted, or has a time that is no later than what was known.
        """
        done, news, newest = Refresh(), False, known.newest
        since = max(0, known.newest - OVERLAP)
        with self._database:
            try:
                for video in list_items(server, section.key, since):
                    if stamp_of(video) < since:
                        return done, True  # Plex did not honour the filter, and is about to list everything
                    placed = self._tables.place(section.key, video)
                    news = news or placed.is_news
                    done.listed += 1
                    done.arrivals.add(placed.arrived)
                    newest = newer(newest, stamp_of(video), now)
            except PlexListMoved:
                return done, True
            doubtful = known.doubtful or not news or count_items(server, section.key) != self._tables.count(section.key)
            self._tables.put_section(section, newest, known.swept_at, doubtful)
        self._asked.clear()
        return done, doubtful

    def _sweep(self, server: Server, section: SectionState, now: float) -> Refresh:
        """List a library in full, anew where it changed meanwhile; at last, what is not listed stays, in doubt."""
        for _ in range(SWEEPS - 1):
            try:
                return self._list_all(server, section, now)
            except PlexListMoved as moved:
                log.info("%s Library: %s.", moved, section.title)
        return self._list_all(server, section, now, moving=True)

    def _list_all(self, server: Server, section: SectionState, now: float, *, moving: bool = False) -> Refresh:
        """List a library in one transaction: a stop in the middle leaves what was known."""
        with self._database:
            self._tables.keep_files(section.key)
            known, before = self._tables.section(section.key), self._tables.count(section.key)
            if not moving:
                self._tables.clear(section.key)
            newest = listed = 0
            try:
                for video in list_items(server, section.key):
                    self._tables.place(section.key, video)
                    listed, newest = listed + 1, newer(newest, stamp_of(video), now)
                if self._tables.count(section.key) != listed and not moving:
                    raise PlexListMoved("A list of Plex's has an item in it twice.")
            except PlexListMoved:
                if not moving:
                    raise
            self._tables.put_section(section, newest, now, moving or is_lacking(known, before, section, listed))
            arrivals = self._tables.arrivals(section.key)
        return Refresh(listed, 1, arrivals)
