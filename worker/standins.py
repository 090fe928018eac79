"""What stands in where a part is not there, so that nobody has to ask whether it is.

A SyncWorker that was handed nothing works all the same: it remembers in memory, has no jobs, and takes items as
plexapi's sections give them.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NoReturn

from plex.client import PlexClient
from plex.exceptions import PlexNotFound
from plex.index import Refresh
from plex.matcher import Match, match_file
from plex.protocols import EditableItem, Library
from plex.sections import choose
from stash.client import Fetched, StashClient
from stash.connection import StashConnection
from validation.config import PlexSyncConfig
from validation.errors import StashUnavailable
from validation.jobs import Job, UpdateType
from validation.scenes import Scene, SceneFile
from worker.items.finder import refuse_to_guess, why_not
from worker.items.foreseen import Foreseen
from worker.items.item_server import ItemServer, Keeper
from worker.items.target import Target
from worker.jobs.scene_numbers import SceneNumbers
from worker.metadata.shown import Shown
from worker.metadata.unlisted import ABSENT
from worker.storage.database import open_in_memory
from worker.storage.jobqueue import Claimed
from worker.storage.lately import Lately
from worker.storage.outcomes import File
from worker.storage.record import Record


class UnknownStash(StashClient):
    """A Stash of which no hook has said yet how to reach it: it does not answer, and has no pictures."""

    def __init__(self) -> None:
        super().__init__(StashConnection(""))

    def execute(self, query: str, variables: Mapping[str, Any] | None = None) -> NoReturn:  # noqa: ARG002
        """Raises StashUnavailable."""
        raise StashUnavailable("No hook has said yet how to reach Stash.")

    def fetch(self, path: str, etag: str, most: int) -> Fetched:  # noqa: ARG002
        """No picture."""
        return Fetched()


class PassingRecord(Record):
    """A record that lies in memory alone, and goes when nobody holds it any more."""

    def __init__(self, clock: Callable[[], float]) -> None:
        database = open_in_memory()
        super().__init__(database, clock)
        weakref.finalize(self, database.close)


class NoJobs:
    """In place of a JobQueue: nothing is due, and what would be put back is let go."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.destroyed = Lately(clock)

    def claim(self, most: int, lists_left: bool = False) -> list[Claimed]:  # noqa: ARG002
        """None."""
        return []

    def is_outdated(self, claimed: Claimed) -> bool:  # noqa: ARG002
        """No."""
        return False

    def add(self, scene_id: int, update_type: UpdateType) -> None:
        """Nowhere to note it."""

    def done(self, claimed: Claimed) -> None:
        """Nothing to finish."""

    def put_back(self, claimed: Claimed, job: Job | None = None) -> None:
        """Nowhere to put it."""

    def count_due(self) -> int:
        """None is."""
        return 0

    def any_missing(self) -> bool:
        """No."""
        return False

    def waited_for(self, most: int) -> list[str]:  # noqa: ARG002
        """Nothing is."""
        return []

    def hasten(self, arrived: Callable[[Iterable[str]], bool]) -> int:  # noqa: ARG002
        """None."""
        return 0


class NoOnlooker:
    """In place of who is told what would be done: it is counted, and nothing more."""

    covers = False

    def saw(self, foreseen: Foreseen) -> None:
        """Nobody is told."""


class PassingJobs(NoJobs):
    """Jobs that lie in memory alone and go with it, all due at once.

    Of a scene that was not looked at yet, only number and reason are kept: as jobs, 100,000 take 80 MiB.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._fresh = {reason: SceneNumbers() for reason in UpdateType}
        self._again: dict[int, Job] = {}

    def __len__(self) -> int:
        return sum(map(len, self._fresh.values())) + len(self._again)

    def __contains__(self, scene_id: int) -> bool:
        return self._reason(scene_id) is not None or scene_id in self._again

    def add(self, scene_id: int, update_type: UpdateType) -> None:
        """A scene is to be looked at; a job of it that is there takes this in."""
        if scene_id in self._again:
            self._again[scene_id] = self._again[scene_id].renewed(update_type, 0.0)
            return
        known = self._reason(scene_id)
        if known is not None:
            self._fresh[known].remove(scene_id)
            update_type = Job(scene_id=scene_id, update_type=known).renewed(update_type, 0.0).update_type
        self._fresh[update_type].add(scene_id)

    def sync(self) -> bool:
        """There is nothing that could outlive this process."""
        return True

    def missing(self, scene_id: int) -> None:
        """None waits for a file."""

    def claim(self, most: int, lists_left: bool = False) -> list[Claimed]:
        """Those with the lowest numbers, then those that were put back."""
        jobs = [] if lists_left else list(islice(self._claimed(), most))
        again = [one for one, job in self._again.items() if job.lists_left is lists_left][: most - len(jobs)]
        return [Claimed(0, job) for job in (*jobs, *(self._again.pop(one) for one in again))]

    def put_back(self, claimed: Claimed, job: Job | None = None) -> None:
        """It comes last, unless the scene was added once more meanwhile."""
        job = job or claimed.job
        if self._reason(job.scene_id) is None:
            self._again[job.scene_id] = job

    def count_due(self) -> int:
        """All are."""
        return len(self)

    def _reason(self, scene_id: int) -> UpdateType | None:
        return next((reason for reason, numbers in self._fresh.items() if scene_id in numbers), None)

    def _claimed(self) -> Iterator[Job]:
        while filled := [reason for reason, numbers in self._fresh.items() if numbers]:
            reason = min(filled, key=lambda one: self._fresh[one].lowest)
            scene_id = self._fresh[reason].lowest
            self._fresh[reason].remove(scene_id)
            yield Job(scene_id=scene_id, update_type=reason)


class UnknownServer:
    """In place of the server of items that were handed over: nothing more can be asked of it."""

    machine = ""

    def look(self, rating_keys: Sequence[str]) -> dict[str, Shown]:  # noqa: ARG002
        """They cannot be seen."""
        return {}

    def targets(self, rating_keys: Sequence[str]) -> list[Target]:  # noqa: ARG002
        """None."""
        return []

    def collections(self, record: Record, stash: StashClient) -> Keeper:  # noqa: ARG002
        """Nobody looks after them."""
        return _NoCollections()

    def has_collection(self, section: str, title: str) -> bool:  # noqa: ARG002
        """Nothing is known of any."""
        return False


class _NoCollections:
    def concern(self, shown: Shown, scene: Scene, config: PlexSyncConfig) -> bool:  # noqa: ARG002
        return False

    def follow(self, shown: Shown, scene: Scene, config: PlexSyncConfig) -> None:
        pass

    def follow_undo(self, shown: Shown) -> None:
        pass

    def leave_all(self, shown: Shown) -> None:
        pass


@dataclass(frozen=True)
class _Section:
    """One of plexapi's sections. What has no type of its own, such as a mock, counts as a movie library."""

    title: str
    type: str
    library: Library[EditableItem]

    @classmethod
    def of(cls, section: Any) -> _Section:
        return cls(str(section.title), section.type if isinstance(section.type, str) else "movie", section)


class SectionFinder:
    """In place of an ItemFinder, without an index: plexapi's sections are searched for each file.

    Costs several requests for each file, and each search lists a whole library.
    """

    def __init__(self, config: PlexSyncConfig, client: Callable[[], PlexClient]) -> None:
        self._config = config
        self._client = client

    def refresh(self, max_age: float = 0.0, names: Sequence[str] = ()) -> Refresh:  # noqa: ARG002
        """There is nothing to refresh."""
        return Refresh()

    def prepare(self, scenes: Iterable[Scene]) -> None:
        """There is nothing to prepare: an item comes with its details."""

    def find(self, scene: Scene, anew: bool = False) -> list[Target]:  # noqa: ARG002
        """Every item that holds a file of the scene. Raises as ItemFinder's."""
        libraries = self._sections()
        matches = [(self._match(libraries, file), file) for file in scene.files]
        found = {str(item.ratingKey): item for match, _ in matches for item in match.items}
        if found:
            return [Target.of(item) for item in found.values()]
        for match, file in matches:
            refuse_to_guess(match, file)
        raise PlexNotFound(next(filter(None, (why_not(match) for match, _ in matches)), ABSENT))

    def lacks(self, names: Sequence[str]) -> bool:  # noqa: ARG002
        """Nothing is certain without a list."""
        return False

    def holders(self, files: Iterable[File]) -> None:
        """Nothing is known but what is found."""

    def server(self) -> ItemServer:
        """Nothing is known of it."""
        return UnknownServer()

    def _match(self, libraries: Sequence[Library[EditableItem]], file: SceneFile) -> Match[EditableItem]:
        return match_file(libraries, file.path, self._config.path_map, file.size)

    def _sections(self) -> list[Library[EditableItem]]:
        sections = [_Section.of(section) for section in self._client().server.library.sections()]
        return [one.library for one in choose(sections, self._config.plex_libraries).chosen]
