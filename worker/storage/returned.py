"""What came back from Plex: the ledger.

Each play, position and rating stands there once, under what it was seen by (``source``), before anything is sent to
Stash, and for ever: what was seen again, or taken back, is never taken twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from worker.storage.journal import Journal
from worker.storage.journal_documents import numbers
from worker.storage.journal_entries import Cause, Numbers, ReturnChange, ReturnKind
from worker.storage.rows import checked


class ReturnState(Enum):
    """What became of an entry."""

    #: Noted; nothing was sent.
    DUE = "due"
    #: About to be sent; after a kill, Stash is looked at.
    INTENDED = "intended"
    DONE = "done"
    #: It cannot be: the scene is gone, or the news was old.
    NOT_MADE = "not made"
    #: Another entry is this play.
    SAME = "same"
    TO_TAKE_BACK = "to take back"
    #: About to be taken back; after a kill, Stash is looked at.
    TAKING_BACK = "taking back"
    TAKEN_BACK = "taken back"
    #: It could not be taken back: somebody changed it since, or it is gone.
    STAYS = "stays"


class SeenBy(Enum):
    """What told of something in Plex."""

    #: Players told how far they were, and PlexSync listened.
    SESSION = "session"
    #: A row of Plex's history.
    HISTORY = "history"
    #: It was marked as played.
    MARK = "mark"
    #: What an item shows.
    LIST = "list"


@dataclass(frozen=True)
class PlexNews:
    """Something that was seen in Plex and is to reach Stash. ``source``: what it was seen by, in words that are never
    the same for another one of its kind and item. ``moment``: of a play, its second in Stash, in seconds since 1970.
    ``wanted``: by Stash's names of fields, what is to stand there, or be added to it (``play_duration``). ``kept_by``:
    among what ``source`` is never the same, where that is not the item: what Plex keeps plays by, and a row of its
    history, belong to no item, and show at another one later."""

    kind: ReturnKind
    scene_id: int
    server: str
    item: str
    source: str
    moment: int | None = None
    wanted: Numbers = field(default_factory=dict)
    seen_by: SeenBy = SeenBy.LIST
    kept_by: str = ""


@dataclass(frozen=True)
class Returned:
    """An entry: ``at`` in seconds since 1970; ``before`` and ``after`` as Stash had it, by its names of fields."""

    id: int
    at: float
    news: PlexNews
    state: ReturnState
    before: Numbers = field(default_factory=dict)
    after: Numbers = field(default_factory=dict)
    same_as: int | None = None


class PlayCounts(NamedTuple):
    """So many plays of so many scenes, and so many positions."""

    plays: int
    scenes: int
    positions: int


_COLUMNS = "id, at, kind, scene, server, item, kept_by, source, moment, seen_by, state, content, same_as"
_OPEN = "state IN ('due', 'intended', 'to take back', 'taking back')"


class ReturnedTable(Journal):
    """The table ``returned``."""

    def note_return(self, news: PlexNews, same_as: int | None = None) -> int | None:
        """Note what is to reach Stash, or that it is the same play as another entry; None when it was noted before."""
        state = ReturnState.DUE if same_as is None else ReturnState.SAME
        what = (self._clock(), news.kind.value, news.scene_id, news.server, news.item, news.kept_by or news.item)
        row = (*what, news.source, news.moment, news.seen_by.value)
        with self._soon():
            done = self._database.execute(
                """INSERT OR IGNORE INTO returned
                (at, kind, scene, server, item, kept_by, source, moment, seen_by, same_as, state, content)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (*row, same_as, state.value, _written(news.wanted, {}, {})),
            )
        return done.lastrowid if done.rowcount else None

    def knows_return(self, kind: ReturnKind, server: str, kept_by: str, source: str) -> bool:
        """Whether something was noted before."""
        query = "SELECT 1 FROM returned WHERE server = ? AND kind = ? AND kept_by = ? AND source = ?"
        return self._database.execute(query, (server, kind.value, kept_by, source)).fetchone() is not None

    def open_returns(self, kinds: Sequence[ReturnKind] = tuple(ReturnKind), most: int = 50) -> list[Returned]:
        """What is still to be dealt with, oldest first."""
        marks = ", ".join("?" * len(kinds))
        given = [kind.value for kind in kinds]
        return self._read_open(f"kind IN ({marks}) ORDER BY id LIMIT ?", *given, most)

    def open_returns_of(self, scene_id: int, kind: ReturnKind) -> list[Returned]:
        """The same of one scene: what Stash is about to show of it."""
        return self._read_open("scene = ? AND kind = ? ORDER BY id", scene_id, kind.value)

    def returned_numbered(self, number: int) -> Returned | None:
        """One entry."""
        return next(iter(self._read_returns("id = ?", number)), None)

    def latest_returned(self, limit: int) -> list[Returned]:
        """The newest entries, newest first, without those that are the same play as another."""
        return self._read_returns("same_as IS NULL ORDER BY id DESC LIMIT ?", limit)

    def plays_between(self, scene_id: int, first: float, last: float) -> list[Returned]:
        """The plays of a scene whose second lies between two, oldest first; not those that are the same as another."""
        condition = "scene = ? AND kind = 'play' AND moment BETWEEN ? AND ? AND same_as IS NULL ORDER BY moment, id"
        return self._read_returns(condition, scene_id, first, last)

    def has_counterpart(self, number: int, seen_by: SeenBy) -> bool:
        """Whether an entry is known to be the same play as one that was seen in this way."""
        query = "SELECT EXISTS (SELECT 1 FROM returned WHERE same_as = ? AND seen_by = ?)"
        return bool(self._database.execute(query, (number, seen_by.value)).fetchone()[0])

    def own_plays(self, scene_id: int) -> set[int]:
        """The seconds of a scene's plays that came from Plex."""
        query = "SELECT moment FROM returned WHERE scene = ? AND kind = 'play'"
        return {moment for (moment,) in self._database.execute(query, (scene_id,))}

    def same_as(self, number: int) -> list[Returned]:
        """The entries that are the same play as one."""
        return self._read_returns("same_as = ?", number)

    def intend_return(self, one: Returned, before: Numbers, after: Numbers, state: ReturnState) -> None:
        """Something is about to be sent to Stash, which shows ``before`` and will show ``after``."""
        with self._soon():
            query = "UPDATE returned SET state = ?, content = ? WHERE id = ?"
            content = _written(one.news.wanted, before, after)
            self._database.execute(query, (state.value, content, one.id))

    def add_to_wanted(self, kind: ReturnKind, server: str, item: str, source: str, more: Numbers) -> None:
        """More is known of something that was noted before, if it was."""
        condition = "server = ? AND kind = ? AND kept_by = ? AND source = ?"
        for one in self._read_returns(condition, server, kind.value, item, source):
            content = _written({**one.news.wanted, **more}, one.before, one.after)
            with self._soon():
                self._database.execute("UPDATE returned SET content = ? WHERE id = ?", (content, one.id))

    def became_return(self, numbers: Iterable[int], state: ReturnState) -> None:
        """What became of some entries, of which the journal says nothing."""
        with self._soon():
            rows = [(state.value, number) for number in numbers]
            self._database.executemany("UPDATE returned SET state = ? WHERE id = ?", rows)

    def take_back_plays(self, server: str, kept_by: str, seen_by: SeenBy) -> None:
        """The plays that were seen in this way are to be taken from Stash again, or not to reach it."""
        given = (server, kept_by, seen_by.value)
        which = "kind = 'play' AND server = ? AND kept_by = ? AND seen_by = ?"
        with self._soon():
            self._database.execute(f"UPDATE returned SET state = 'not made' WHERE state = 'due' AND {which}", given)  # noqa: S608
            query = f"UPDATE returned SET state = 'to take back', run = NULL WHERE state = 'done' AND {which}"  # noqa: S608
            self._database.execute(query, given)

    def return_to_take_back(self, number: int, run: int) -> None:
        """An entry that Stash shows is to be taken back, by an undo, by its number in the journal."""
        with self._soon():
            query = "UPDATE returned SET state = 'to take back', run = ? WHERE id = ? AND state = 'done'"
            self._database.execute(query, (run, number))

    def has_returns_to_undo(self) -> bool:
        """Whether an undo, or the undo of one, is still to change something in Stash."""
        query = f"SELECT EXISTS (SELECT 1 FROM returned WHERE {_OPEN} AND run NOT NULL)"  # noqa: S608
        return bool(self._database.execute(query).fetchone()[0])

    def return_to_bring_again(self, number: int, run: int) -> None:
        """An entry that was taken back is to reach Stash after all, by the undo of that undo."""
        with self._soon():
            query = "UPDATE returned SET state = 'due', run = ? WHERE id = ? AND state = 'taken back'"
            self._database.execute(query, (run, number))

    def returns_in_run(self, run: int) -> list[Returned]:
        """The entries that were last part of a run, by its number in the journal."""
        return self._read_returns("run = ? ORDER BY id", run)

    def run_of_return(self, number: int) -> int | None:
        """The number in the journal of what an entry was last part of."""
        row = self._database.execute("SELECT run FROM returned WHERE id = ?", (number,)).fetchone()
        return row[0] if row else None

    def count_returned(self) -> dict[ReturnKind, int]:
        """How much of each kind Stash shows."""
        query = "SELECT kind, count(*) FROM returned WHERE state = 'done' GROUP BY kind"
        found = dict(self._database.execute(query).fetchall())
        return {kind: found.get(kind.value, 0) for kind in ReturnKind}

    def count_played(self, since: int, states: Sequence[ReturnState]) -> PlayCounts:
        """How many of the plays and positions with a number above ``since`` are in one of these states."""
        marks = ", ".join("?" * len(states))
        query = f"""SELECT coalesce(sum(kind = 'play'), 0), count(DISTINCT CASE WHEN kind = 'play' THEN scene END),
            coalesce(sum(kind = 'position'), 0) FROM returned WHERE id > ? AND state IN ({marks})"""  # noqa: S608
        return PlayCounts(*self._database.execute(query, (since, *(one.value for one in states))).fetchone())

    def count_unrated(self, since: float) -> int:
        """How many ratings were to be taken away from Stash since a time, in seconds since 1970."""
        query = """SELECT count(*) FROM returned
            WHERE kind = 'rating' AND state != 'not made' AND at >= ? AND content LIKE '[{"rating100":null%'"""
        return int(self._database.execute(query, (since,)).fetchone()[0])

    def newest_played(self) -> int:
        """The number of the newest play or position that was noted, 0 without one."""
        query = "SELECT coalesce(max(id), 0) FROM returned WHERE kind IN ('play', 'position')"
        return int(self._database.execute(query).fetchone()[0])

    def finish_return(self, number: int, state: ReturnState, cause: Cause, run: int | None = None) -> None:
        """Stash shows what was sent: that stands in the journal, too. ``run``: by its number there, else that of what
        is written now."""
        with self.together():
            one = self.returned_numbered(number)
            assert one is not None
            news, taken_back = one.news, state is ReturnState.TAKEN_BACK
            change = ReturnChange(number, news.kind, news.source, news.moment, one.before, one.after, taken_back)
            entry_run = self.note_from_plex(news.server, news.item, news.scene_id, change, cause, run)
            query = "UPDATE returned SET state = ?, run = ? WHERE id = ?"
            self._database.execute(query, (state.value, entry_run, number))

    def drop_due(self, kinds: Sequence[ReturnKind]) -> None:
        """What was noted of some kinds, and by no undo, is not to reach Stash any more."""
        with self._soon():
            query = "UPDATE returned SET state = 'not made' WHERE state = 'due' AND kind = ? AND run IS NULL"
            self._database.executemany(query, [(kind.value,) for kind in kinds])

    def _read_returns(self, condition: str, *given: object) -> list[Returned]:
        rows = self._database.execute(f"SELECT {_COLUMNS} FROM returned WHERE {condition}", given)  # noqa: S608
        found = [_entry(row) for row in rows.fetchall()]
        return [one for one in found if isinstance(one, Returned)]

    def _read_open(self, condition: str, *given: object) -> list[Returned]:
        """Entries that are open; a damaged one is so no more: what was to become of it, nobody knows."""
        rows = self._database.execute(f"SELECT {_COLUMNS} FROM returned WHERE {_OPEN} AND {condition}", given)  # noqa: S608
        found = [_entry(row) for row in rows.fetchall()]
        damaged = [(one,) for one in found if isinstance(one, int)]
        if damaged:
            becomes = "CASE WHEN state IN ('due', 'intended') THEN 'not made' ELSE 'stays' END"
            with self._soon():
                self._database.executemany(f"UPDATE returned SET state = {becomes} WHERE id = ?", damaged)  # noqa: S608
        return [one for one in found if isinstance(one, Returned)]


def _entry(row: tuple[Any, ...]) -> Returned | int:
    """Of one that is damaged, its number."""
    number, at, kind, scene, server, item, kept_by, source, moment, seen_by, state, content, same_as = row
    try:
        checked(row, int, float, str, int, str, str, str, str, int | None, str, str, str, int | None)
        wanted, before, after = read_numbers(content)
        news = PlexNews(ReturnKind(kind), scene, server, item, source, moment, wanted, SeenBy(seen_by), kept_by)
        return Returned(number, at, news, ReturnState(state), before, after, same_as)
    except ValueError:
        return int(number)


def read_numbers(text: str) -> tuple[Numbers, Numbers, Numbers]:
    """What an entry's content says: what is wanted, what stood there before, and after. Raises ValueError."""
    try:
        wanted, before, after = map(numbers, json.loads(text))
    except (TypeError, AttributeError, RecursionError) as error:
        raise ValueError("this is no entry of the ledger") from error
    return wanted, before, after


def _written(wanted: Numbers, before: Numbers, after: Numbers) -> str:
    return json.dumps([dict(wanted), dict(before), dict(after)], separators=(",", ":"))
