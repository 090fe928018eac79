"""A Plex on which tags take long, and what came of writing to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.pairs import Pair
from tests.support.workbench import Workbench, running_workbench
from worker.storage.journal_entries import Entry
from worker.storage.journal_reading import latest_entries

#: Seconds that a server takes for tags, and for other fields.
TAG, FIELD = 20.0, 0.05


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def slow_tags(folder: Path, tags_take: float = TAG, **switches: Any) -> Iterator[Workbench]:
    """A Plex on which tags take long by everybody's clock."""
    with running_workbench(folder, tag_write_seconds=tags_take, field_write_seconds=FIELD, **switches) as made:

        def passing(seconds: float) -> None:
            made.plex.advance(seconds)
            made.clock.now += seconds

        made.plex.pass_time(passing)
        yield made
        assert made.plex.edits_without_id == 0


def slow_writes(workbench: Workbench, pairs: list[Pair]) -> int:
    """Sync scenes; how many slow writes that took. They may fail."""
    before = workbench.plex.tag_writes
    workbench.sync(*(pair.scene for pair in pairs))
    workbench.run()
    return workbench.plex.tag_writes - before


def entries(workbench: Workbench) -> list[Entry]:
    """All entries of the journal, oldest first."""
    return latest_entries(workbench.database, 10_000)[::-1]


def looked_at(workbench: Workbench) -> None:
    """Everything was read back as often as it is."""
    for _ in range(3):
        workbench.clock.now += 60
        workbench.run()
