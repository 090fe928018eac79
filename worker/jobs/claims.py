"""The queue, as who works it off sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from validation.jobs import Job, UpdateType
from worker.storage.jobqueue import Claimed
from worker.storage.lately import Lately


class Jobs(Protocol):
    """Jobs that are claimed, and then done or put back: worker/storage/jobqueue.py."""

    destroyed: Lately

    def claim(self, most: int, lists_left: bool = False) -> list[Claimed]:
        """Take up to ``most`` jobs that are due: whole ones, or those of which only lists are left."""

    def is_outdated(self, claimed: Claimed) -> bool:
        """Whether a newer job of the scene was dealt with since this one was claimed."""

    def add(self, scene_id: int, update_type: UpdateType) -> None:
        """Note that a scene is dirty."""

    def done(self, claimed: Claimed) -> None:
        """Finish a job for good."""

    def put_back(self, claimed: Claimed, job: Job | None = None) -> None:
        """Let a job wait again, as it was or as ``job`` says."""

    def any_missing(self) -> bool:
        """Whether a job waits for its file to appear in Plex."""

    def waited_for(self, most: int) -> list[str] | None:
        """The names of the files that jobs wait for; None when these are more than ``most``, or not known."""

    def hasten(self, arrived: Callable[[Iterable[str]], bool]) -> int:
        """Make jobs due now that wait for files which Plex has by now; says how many.

        ``arrived``: whether one of some names, by their keys, is new."""
