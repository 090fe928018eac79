"""While nothing is to come back from Plex, nothing of it runs, is imported, or asks anybody."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.support.harness import ROOT

#: Half an hour of a worker with a saved scene, in a process of its own: what Plex was asked, and what was imported.
_A_WHILE = """
import json, sys
from pathlib import Path
from tests.support.clockwork import clockwork
from tests.support.harness import plex_library, stash_library

with clockwork(Path(sys.argv[1]), stash_library(2), plex_library(2)) as room:
    def story():
        room.save(1, title="Saved")
        yield from room.until(room.settled, 60)
        yield 1800.0
    room.play(story())
    print(json.dumps([room.tries("plex"), sorted(sys.modules)]))
"""


def test_with_everything_off_nothing_is_imported_and_nobody_asked(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _A_WHILE, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    asked, imported = json.loads(done.stdout.splitlines()[-1])
    assert not [path for path in asked if path.startswith(("/status", "/:/eventsource", "/accounts"))]
    assert not {"worker.returns.returning", "worker.returns.listener", "plex.streams", "plex.playing"} & set(imported)
