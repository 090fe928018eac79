"""Whether both servers answer, and since when, as whoever asked them last has noted it for the page."""

from __future__ import annotations

from dataclasses import dataclass

from worker.storage.facts import Fact
from worker.storage.record import Record


@dataclass(frozen=True)
class Light:
    """The facts about one server."""

    silent: Fact
    since: Fact


PLEX = Light(Fact.PLEX_SILENT, Fact.PLEX_SINCE)
STASH = Light(Fact.STASH_SILENT, Fact.STASH_SINCE)


def note(record: Record, light: Light, silent: str | None) -> None:
    """``silent``: why the server does not answer, empty where it does, None where nobody asked. Written only when that
    has changed. Raises sqlite3.Error."""
    if silent is None or (record.fact(light.since) and record.fact(light.silent) == silent):
        return
    record.set_fact(light.silent, silent)
    record.set_fact(light.since, str(record.now))
