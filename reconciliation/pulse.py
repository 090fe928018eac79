"""The pulse: about once a minute, what Stash changed without a hook is taken up.

Merges, Auto Tag, generated covers, and saves whose hook was killed or came to a plugin that was off call none, and move
the scene's ``updated_at`` (tried on a real Stash). What moves no time, a moved file for instance, is the comparison's.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciliation.mark import Mark, Shift, Verdict, judge
from stash.beat import LOOK, MOST_PAGES, Beat, Changed, changed_since
from stash.client import StashClient, StashRefused
from stash.light import seconds_of
from stash.paging import PAGE
from stash.pictures import cover_path
from stash.scenes import BATCH, SceneAnswer, read_scenes
from validation.errors import SceneTrouble, StashUnavailable
from validation.jobs import UpdateType
from validation.scenes import Scene
from worker.jobs.selection import details_needed
from worker.processor import SyncWorker
from worker.storage.facts import Fact
from worker.storage.outcomes import content_key
from worker.storage.ownership import Owned
from worker.storage.record import Record
from worker.timing import Timing

log = logging.getLogger(__name__)

#: The page of the scenes changed last that is looked at as the last one.
DEEPEST = 10

#: The resolution of Stash's times of change.
SECOND = 1.0


@dataclass(frozen=True)
class Sighting:
    """A change that was seen, and when, in seconds since 1970 by our clock."""

    updated_at: str
    at: float


class Pulse:
    """Hears what each look at Stash tells. ``page``: which page the next look is to read beside the first, 1 for none:
    where many scenes were changed within two hours, the pages below the first are looked at in turn."""

    def __init__(self, timing: Timing, clock: Callable[[], float] = time.time) -> None:
        self._timing = timing
        self._clock = clock
        self._heard: Beat | None = None
        self._pending: dict[int, Sighting] = {}
        self._shifts: set[Shift] = set()
        self._is_blind = False
        self.page = 1

    def __call__(self, beat: Beat | None, owned: Owned, worker: SyncWorker) -> None:
        """Take up what the newest look told. A hook may be about to tell of it, too, and is waited for.

        Raises StashUnavailable, sqlite3.Error; what was not taken up stays.
        """
        if beat is not None and beat is not self._heard:
            self._listen(beat, owned, worker)
            self._ask_for_former_owners(owned, worker.stash)
            self._heard = beat
        if self._pending:
            self._decide(owned, worker)

    # What was seen ------------------------------------------------------------------------------------------

    def _listen(self, beat: Beat, owned: Owned, worker: SyncWorker) -> None:
        if not owned.record.fact(Fact.PULSE_BEGINS):
            self._begin(beat, owned, worker)
            return
        begins = owned.record.number(Fact.PULSE_BEGINS) or 0.0
        mark = Mark(owned.record.taken_up(), begins, beat.told_at)
        rows = (beat.newest or ()) + beat.deeper
        fresh, shift = mark.fresh(rows), mark.shift_in(rows)
        goes_on = beat.newest is None or mark.goes_on(beat.newest, len(beat.newest) == LOOK)
        if beat.newest is None or (goes_on and (fresh or shift or len(mark.offsets) > 1)):
            for number, page in enumerate(self._all_since(mark.since(rows), worker.stash), 1):
                fresh.update(mark.fresh(page))
                shift = shift or mark.shift_in(page)
                if number == MOST_PAGES and len(page) == PAGE:
                    shift = Shift.FLOOD
                    break
        if shift is Shift.FLOOD:  # the comparison finds the rest
            _begin_at(_latest(fresh.values(), beat), owned.record)
        self.page = self.page % DEEPEST + 1 if goes_on else 1
        self._note_shift(shift, owned.record)
        self._see(fresh.items())

    def _all_since(self, since: str, stash: StashClient) -> Iterator[tuple[Changed, ...]]:
        """As ``changed_since``; nothing is known of what a Stash that is there cannot list, which is said once."""
        try:
            yield from changed_since(stash, since)
            self._is_blind = False
        except StashRefused:
            raise
        except StashUnavailable as error:
            stash.ping()
            if not self._is_blind:
                log.warning("What Stash changes without a hook cannot be seen: %s", error)
            self._is_blind = True

    def _begin(self, beat: Beat, owned: Owned, worker: SyncWorker) -> None:
        """The first look of all: only scenes that a hook told of are watched."""
        if beat.newest is None:
            return
        begins = _latest((row.updated_at for row in beat.newest), beat)
        # More may be changed within this very second: what was seen of it is taken up, the second itself is not over.
        rows, is_whole = self._rows_of(begins, beat.newest, worker.stash)
        known: dict[int, str] = {}
        others: dict[int, str] = {}
        for scene, updated in rows:
            outcome = owned.record.outcome(scene)
            in_doubt = outcome is not None and outcome.stash_updated is None
            watched = in_doubt or scene in owned.queue or worker.is_in_hand(scene)
            (known if watched else others)[scene] = updated
        owned.record.take_up(others)
        self._see(known.items())
        _begin_at(begins - SECOND if is_whole else begins, owned.record)

    def _rows_of(self, second: float, newest: tuple[Changed, ...], stash: StashClient) -> tuple[list[Changed], bool]:
        """The scenes changed last, with all that were changed in a second of theirs, and whether these are all."""
        rows = list(newest)
        if len(rows) < LOOK or seconds_of(rows[-1].updated_at) < second:
            return rows, True
        for number, page in enumerate(self._all_since(Mark({}, second - SECOND).since(rows), stash), 1):
            rows += page
            if number == MOST_PAGES:
                return rows, len(page) < PAGE
        return rows, not self._is_blind

    def _see(self, rows: Iterable[tuple[int, str]]) -> None:
        now = self._clock()
        for scene, updated in rows:
            if scene not in self._pending or self._pending[scene].updated_at != updated:
                self._pending[scene] = Sighting(updated, now)

    def _note_shift(self, shift: Shift | None, record: Record) -> None:
        """Rows may stand where they are not seen: both libraries are compared, once for each such event."""
        if shift is not None and shift not in self._shifts:
            log.info("%s: both libraries are compared.", shift.value[:1].upper() + shift.value[1:])
            record.set_fact(Fact.RECONCILE_AT, str(self._clock()))
        self._shifts = {shift} if shift is not None else set()

    # What becomes of it -------------------------------------------------------------------------------------

    def _decide(self, owned: Owned, worker: SyncWorker) -> None:
        """Deal with what no hook told of in time, but for scenes that are being sent at this moment."""
        now, record, queue = self._clock(), owned.record, owned.queue
        due = {
            scene: seen.updated_at
            for scene, seen in self._pending.items()
            if not 0 <= now - seen.at < self._timing.telling and not worker.is_in_hand(scene)
        }
        if not due:
            return
        found: dict[Verdict, list[int]] = {verdict: [] for verdict in Verdict}
        for scene, updated in due.items():
            parked = record.parked_between(scene, scene).get(scene)
            found[judge(updated, queue.will_read(scene), record.outcome(scene), parked)].append(scene)
        looked_at = found[Verdict.LOOK][:BATCH]
        changed = self._changed_again({scene: due[scene] for scene in looked_at}, record, worker)
        for scene in (*found[Verdict.SEND], *changed):
            # One that failed lately was changed before it was tried, as a rule: it is not tried from the start again.
            if not queue.hurry(scene):
                queue.add(scene, UpdateType.UPDATE)
            record.unpark(scene)
        if found[Verdict.SEND] or changed:
            queue.sync()
            count = len(found[Verdict.SEND]) + len(changed)
            log.info("Changed in Stash without a hook; scenes to be compared: %s.", f"{count:,}")
        settled = [*found[Verdict.DONE], *found[Verdict.SEND], *looked_at]
        if settled:
            outdated = Mark(record.taken_up()).outdated()
            record.take_up({scene: due[scene] for scene in settled}, outdated)
        for scene in settled:
            del self._pending[scene]

    def _changed_again(self, times: Mapping[int, str], record: Record, worker: SyncWorker) -> list[int]:
        """Scenes that are not as they were read, or whose cover is not: they changed twice within a second. ``times``:
        that second by scene; one that bears another by now has another row."""
        if not times:
            return []
        answers = read_scenes(worker.stash, [*times], details_needed(worker.config))
        changed = []
        for scene_id, answer in answers.items():
            if not isinstance(answer, Scene):
                changed.append(scene_id)
            elif answer.updated_at == times[scene_id]:
                if _is_as_read(answer, record) and _has_its_cover(answer, record, worker.stash):
                    record.settle(answer)
                else:
                    changed.append(scene_id)
        return changed

    def _ask_for_former_owners(self, owned: Owned, stash: StashClient) -> None:
        """A merge calls no hook for the scene that is gone; that its item is another scene's by now tells of it. One
        that is there has another item, or none."""
        asked = owned.record.former_owners()[:BATCH]
        answers: dict[int, SceneAnswer] = read_scenes(stash, asked) if asked else {}
        for scene_id, answer in answers.items():
            if not isinstance(answer, Exception):
                # The job of one that is gone asks once more, and the guard counts it.
                owned.queue.add(scene_id, UpdateType.UPDATE if answer is None else UpdateType.RECONCILE)
        if answers:
            owned.queue.sync()
            owned.record.asked_for(one for one, answer in answers.items() if not isinstance(answer, Exception))


def _latest(times: Iterable[str], beat: Beat) -> float:
    """The newest of some times of change, in seconds since 1970, but no later than Stash's clock shows."""
    newest = max(map(seconds_of, times), default=0.0)
    return min(newest, beat.told_at or newest)


def _begin_at(second: float, record: Record) -> None:
    """From now on nothing is looked for up to this second."""
    record.set_fact(Fact.PULSE_BEGINS, str(second))


def _is_as_read(scene: Scene, record: Record) -> bool:
    known = record.outcome(scene.id)
    return known is not None and known.content == content_key(scene)


def _has_its_cover(scene: Scene, record: Record, stash: StashClient) -> bool:
    """Whether Stash shows the cover that it did when the scene was sent; costs a conditional request."""
    etags = record.cover_etags(scene.id)
    try:
        return not etags or any(stash.fetch(cover_path(scene.id), etag, 1) is None for etag in etags)
    except SceneTrouble:
        return False
