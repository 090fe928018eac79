"""The setting "Only look, write nothing": what the record keeps of it, and what follows when it is switched off.

While it is on, hooks and comparisons are planned and told of, and nothing of that is noted. So everything is compared
anew once it is off, and an old plan is never carried out.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

from validation.config import PlexSyncConfig
from validation.outcomes import Ended
from worker.datadir import DataDir
from worker.items.foreseen import Foreseen, document_of
from worker.storage.facts import Fact
from worker.storage.journal_documents import read_changes
from worker.storage.journal_words import changes_text
from worker.storage.plan_files import forget_looked_at, keep_looked_at
from worker.storage.plan_reading import Document, counted, newest_plans
from worker.storage.record import Record

log = logging.getLogger(__name__)


class KeptLooks:
    """Keeps what was looked at last in one file of bounded size. Covers are not compared for it."""

    covers = False

    def __init__(self, record: Record, data: DataDir) -> None:
        self._record = record
        self._data = data

    def saw(self, foreseen: Foreseen) -> None:
        """Keep what there is to tell of a scene. Raises sqlite3.Error, OSError."""
        _begin(self._record, self._data)  # whoever had these settings used
        if foreseen.is_told:
            keep_looked_at(self._data, {"at": round(self._record.now), **document_of(foreseen)})


def note_setting(record: Record, config: PlexSyncConfig, data: DataDir) -> None:
    """Work begins with these settings. Raises sqlite3.Error, OSError."""
    if config.only_look and not record.is_looking_only:
        log.warning("%s", config.headline)
        _begin(record, data)
    elif record.is_looking_only and not config.only_look:
        record.set_fact(Fact.ONLY_LOOK, "")
        log.warning("Plex is written to again. Both libraries are compared in full soon.")


def _begin(record: Record, data: DataDir) -> None:
    if not record.is_looking_only:
        forget_looked_at(data)
        record.set_fact(Fact.COMPARE_ANEW, str(record.now))
        record.set_fact(Fact.GUARD, "")  # what it stopped is told of now, and stopped anew afterwards
        record.set_fact(Fact.ONLY_LOOK, str(record.now))


def is_to_be_compared_anew(record: Record, config: PlexSyncConfig) -> bool:
    """Whether a full comparison is due, since changes were only looked at."""
    return not config.only_look and bool(record.fact(Fact.COMPARE_ANEW))


def compared(record: Record, config: PlexSyncConfig) -> None:
    """Both libraries were compared in full."""
    if not config.only_look:
        record.set_fact(Fact.COMPARE_ANEW, "")


def looked_at_lines(data: DataDir, most: int) -> Iterator[str]:
    """How many scenes would be updated, and those that were looked at last, newest first."""
    rows = newest_plans(data.looked_at)
    many = counted(rows, Ended.TO_UPDATE.value)
    yield f"Scenes that would be updated, among those that were looked at last: {many:,}."
    for row in rows[:most]:
        yield f"  scene {row.get('scene')}: {_says(row)}"


def _says(row: Document) -> str:
    items = row.get("items")
    found = [item.get("changes") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    said = [changes_text(read_changes(json.dumps(changes))) for changes in found if changes]
    return "; ".join(said) or f"{Ended(row.get('ended')).words}{_because(row.get('why'))}"


def _because(why: object) -> str:
    return f": {why}" if why else ""
