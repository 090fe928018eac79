"""What a save costs: with PlexSync, with a plugin that does nothing but start Python, and without any."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

from tests.live.visit import Visit
from tests.support.harness import eventually

#: The plugin that does nothing, as a whole.
NOTHING = "PlexSyncLiveNothing"
_MANIFEST = """name: Does nothing
version: 1.0.0
exec: [python, -c, pass]
interface: raw
hooks:
  - name: Does nothing
    triggeredBy: [Scene.Update.Post]
"""

#: In turns, so that what else the machine does falls on each alike; so many saves a turn, each at rest.
TURNS, SAVES, REST = 6, 8, 0.12


@dataclass
class Saves:
    """Milliseconds of each save."""

    bare: list[float] = field(default_factory=list)
    nothing: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        bare, nothing, ours = (median(each) for each in (self.bare, self.nothing, self.ours))
        return (
            f"A save takes {ours:.1f} ms with the plugin, {nothing:.1f} ms with one that does nothing "
            f"({ours / nothing:.2f} times, aim 1.2), {bare:.1f} ms without any."
        )


@contextmanager
def plugin_that_does_nothing(visit: Visit) -> Iterator[None]:
    """A plugin that takes the hook of a saved scene and does nothing; gone afterwards."""
    folder = visit.plugins / NOTHING
    folder.mkdir()
    try:
        (folder / f"{NOTHING}.yml").write_text(_MANIFEST, encoding="utf-8")
        visit.stash.reload_plugins()
        yield
    finally:
        visit.stash.enable(True, NOTHING)  # Stash would remember that it is off
        shutil.rmtree(folder)
        visit.stash.reload_plugins()


def measure(visit: Visit, scene: int) -> Saves:
    """Save a scene again and again, in turns. PlexSync is on, and its worker at rest, at the end and while it is its
    turn."""
    saves = Saves()
    for turn in range(TURNS):
        for name, into, ours, nothing in (
            ("bare", saves.bare, False, False),
            ("nothing", saves.nothing, False, True),
            ("ours", saves.ours, True, False),
        ):
            visit.stash.enable(nothing, NOTHING)
            visit.stash.enable(ours)
            visit.stash.save(scene, title=f"{name} {turn}")
            if ours:
                eventually(lambda turn=turn: visit.shows(scene, title=f"ours {turn}") and visit.idle())  # type: ignore[misc]
            for number in range(SAVES):
                time.sleep(REST)
                into.append(1000 * visit.stash.save(scene, title=f"{name} {turn}.{number}"))
    return saves
