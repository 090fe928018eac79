"""What becomes of a job that failed: it waits as it was, waits longer, or is parked with the reason."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from plex.exceptions import PlexAmbiguous, PlexConflict, PlexForbidden, PlexNotFound, PlexRefused, PlexTemporaryError
from validation.errors import ConfigurationError, PermanentError, PlexSyncError, StashTrouble
from validation.jobs import Job, UpdateType
from validation.outcomes import Ended
from validation.paths import basename
from validation.scenes import Scene
from worker.jobs.claims import Jobs
from worker.jobs.gate import Gate
from worker.jobs.refusals import Fault, Refusals
from worker.jobs.tally import Tally
from worker.metadata.unlisted import ABSENT, HIDDEN, WATCHED
from worker.storage.jobqueue import Claimed
from worker.storage.record import Record
from worker.timing import MOST_ATTEMPTS, MOST_ATTEMPTS_ALONE, Timing, backoff, missing_delay

log = logging.getLogger(__name__)

#: How a scene is counted that was parked for a reason of its own.
_KINDS: dict[type[PlexSyncError], Ended] = {PlexAmbiguous: Ended.AMBIGUOUS, PlexConflict: Ended.CONFLICT}


#: What is said beside the refusal when no scene gets through.
ALL_REFUSED = "So it does for all scenes; if there is a proxy, it has to let PUT, POST and DELETE through."


def kind_of(error: PermanentError) -> Ended:
    """How a scene is counted that is set aside for an error."""
    return _KINDS.get(type(error), Ended.PARKED)


class Failures:
    """Decides by the kind of error, and counts in ``tally``. ``chance`` gives numbers from 0 to 1, ``found`` a
    scene as it was read, if it was, ``holders`` a fingerprint of the items that hold its files."""

    def __init__(
        self,
        queue: Jobs,
        record: Record,
        gate: Gate,
        refusals: Refusals,
        tally: Tally,
        timing: Timing,
        clock: Callable[[], float],
        chance: Callable[[], float],
        found: Callable[[int], Scene | None],
        holders: Callable[[Scene], str | None],
    ) -> None:
        self._queue = queue
        self._record = record
        self._gate = gate
        self._refusals = refusals
        self._tally = tally
        self._timing = timing
        self._clock = clock
        self._chance = chance
        self._found = found
        self._holders = holders
        self._worked_at: float | None = None

    def finished(self, scene_id: int, outcome: Ended) -> None:
        """A scene was dealt with: if Plex was asked for it, one at which Stash fails now is itself at fault.

        Those are tried again that were parked since it owned their item, and may own it no more."""
        if outcome in (Ended.UPDATED, Ended.UNCHANGED):
            self._worked_at = self._clock()
        if self._refusals.finished(scene_id, outcome):
            self._gate.works()
        self._try_again(self._record.released_by(scene_id))

    def _try_again(self, parked: Iterable[int]) -> None:
        for scene_id in parked:
            self._queue.add(scene_id, UpdateType.RECONCILE)

    def handle(self, claimed: Claimed, error: PlexSyncError) -> None:
        """A job failed with an error of the tree."""
        if isinstance(error, PlexNotFound):
            self.wait_for_plex(claimed, str(error))
        elif isinstance(error, PlexRefused):
            self._refused(claimed, error)
        elif isinstance(error, ConfigurationError):
            self._gate.pause(str(error))
            self._queue.put_back(claimed)
        elif isinstance(error, PermanentError):
            owner = error.owner if isinstance(error, PlexConflict) else None
            self._park(claimed, str(error), kind_of(error), owner)
        elif isinstance(error, StashTrouble):
            self._gate.stash_fails(error)
            self._tally.note(claimed.job.scene_id, Ended.FAILED)
            self._queue.put_back(claimed, claimed.job.model_copy(update={"reason": str(error)}))
        elif self._gate.is_down(error):
            self._gate.plex_down(error)
            self._queue.put_back(claimed)
        else:
            self.try_again(claimed, str(error), isinstance(error, PlexTemporaryError))

    def try_again(self, claimed: Claimed, reason: str, by_plex: bool = False) -> None:
        """A job failed, and the fault is its own: it is tried again some times, at growing intervals.

        ``by_plex``: it was Plex that failed, which may do so at all of them.
        """
        job, attempts = claimed.job, claimed.job.attempts + 1
        if attempts >= MOST_ATTEMPTS_ALONE or (attempts >= MOST_ATTEMPTS and self._others_work(job.scene_id, by_plex)):
            self._park(claimed, f"{reason.rstrip('.')}; tried {attempts} times")
            return
        self._tally.note(job.scene_id, Ended.FAILED)
        due = self._clock() + backoff(self._timing, attempts, self._chance)
        self._queue.put_back(claimed, job.model_copy(update={"due": due, "attempts": attempts, "reason": reason}))

    def _refused(self, claimed: Claimed, error: PlexRefused) -> None:
        """Plex, or a proxy before it, refused one scene: parked if it takes others, else it waits with them."""
        job, fault = claimed.job, self._refusals.fault_of(claimed.job.scene_id)
        if fault is Fault.OWN:
            own = "Plex, or a proxy before it, refused to change this item (HTTP 403), and changes others."
            self._park(claimed, own if isinstance(error, PlexForbidden) else str(error))
            return
        if isinstance(error, PlexForbidden):
            self._gate.pause(str(error), until_written=True)
        elif fault is Fault.EVERYBODYS:
            self._gate.pause(f"{error} {ALL_REFUSED}", until_written=True)
        self._tally.note(job.scene_id, Ended.FAILED)
        # Others are tried before it: if it is itself at fault, it must not stand in their way.
        due = self._clock() + backoff(self._timing, self._refusals.count(job.scene_id), self._chance)
        self._queue.put_back(claimed, job.model_copy(update={"due": due, "reason": str(error)}))

    def _others_work(self, scene_id: int, by_plex: bool) -> bool:
        """Whether other scenes can be done. If none can, a server that fails at all of them looks just as one bad
        scene does."""
        if by_plex:
            return self._refusals.others_work(scene_id) is True
        lately = 3 * self._timing.longest_backoff
        return self._worked_at is not None and 0 <= self._clock() - self._worked_at <= lately

    def may_wait(self, job: Job) -> bool:
        """Whether a scene was not missing for so long that it is given up now."""
        return missing_delay(self._timing, self._clock() - (job.missing_since or 0.0)) is not None

    def wait_for_plex(self, claimed: Claimed, reason: str) -> None:
        """Plex lacks the scene's file: it is looked for again, less and less often, and parked after a day."""
        now, job = self._clock(), claimed.job
        # Time in which nobody could look, since Plex was down or this machine slept, is not counted.
        since = min((job.missing_since or now) + max(0.0, now - job.due), now)
        delay = missing_delay(self._timing, now - since)
        if delay is None:
            self._park(claimed, f"{reason}; {HIDDEN if reason.startswith(ABSENT) else WATCHED}", Ended.MISSING)
            return
        self._tally.note(job.scene_id, Ended.MISSING)
        if job.missing_since is None:  # what it owned may be another's now
            self._try_again(self._record.parked_for(job.scene_id))
        scene = self._found(job.scene_id)
        names = tuple(sorted({basename(file.path) for file in scene.files})) if scene is not None else job.files
        said = {"due": now + delay, "missing_since": since, "reason": reason, "attempts": 0, "files": names}
        # Its item will be a new one, so that more than its lists is left.
        self._queue.put_back(claimed, job.model_copy(update={**said, "lists_left": False}))

    def _park(self, claimed: Claimed, reason: str, kind: Ended = Ended.PARKED, owner: int | None = None) -> None:
        log.warning("Scene %d is parked: %s", claimed.job.scene_id, reason)
        self._tally.note(claimed.job.scene_id, kind)
        scene = self._found(claimed.job.scene_id)
        holders = self._holders(scene) if scene is not None else None
        self._record.park(claimed.job, reason, kind, scene, holders, owner)
        self._queue.done(claimed)
