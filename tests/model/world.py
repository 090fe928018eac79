"""Both doubles, the plugin's parts between them, and one clock for all three: what the model test plays in."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plexapi.server import PlexServer

from reconciliation.engine import Findings
from tests.doubles.plex import PlexDouble, scan
from tests.doubles.stash import StashDouble
from tests.support.clock import RunningClock
from tests.support.harness import plex_library, stash_library
from tests.support.workbench import Workbench
from validation.errors import PlexSyncError, StashUnavailable
from worker.hook import store

SCENES, IN_PLEX = 8, 6


#: The key of a collection that is a search of a person's, with the name of a studio.
SMART = 900


class World(Workbench):
    """Eight scenes, six of them in Plex. ``ahead``: seconds by which Plex's clock is ahead of the others.

    ``settings`` are PlexSync's, ``switches`` the Plex double's.
    """

    def __init__(self, ahead: float = 0.0, settings: Mapping[str, Any] | None = None, **switches: Any) -> None:
        extra = {
            "tags": [{"id": n, "name": f"stash tag {n}"} for n in range(1, 5)],
            "performers": [{"id": n, "name": f"Stash Person {n}"} for n in range(1, 4)],
        }
        stash = StashDouble({**stash_library(SCENES), **extra})
        (section,) = plex_library(IN_PLEX)["sections"]
        smart = {"title": "A Studio", "smart": "type=1&year>>=1900", "ratingKey": SMART, "summary": "A person's."}
        library = {"sections": [{**section, "collections": [smart]}]}
        plex = PlexDouble(library, scan_delay=0, **switches)
        stash.start()
        plex.start()
        self.is_up = True
        self.dates_shift = bool(switches.get("dates_a_day_early"))
        self.abandoned: set[str] = set()
        super().__init__(Path(tempfile.mkdtemp()), stash, plex, clock=RunningClock(), **(settings or {}))
        plex.advance(ahead)

    def advance(self, seconds: float) -> None:
        """Let time pass for Stash, Plex and the worker."""
        self.clock.now += seconds
        self.stash.advance(seconds)
        self.plex.advance(seconds)

    def close(self) -> None:
        """End everything."""
        super().close()
        self.stash.close()
        self.plex.close()
        shutil.rmtree(self.data.root)

    # What the plugin does --------------------------------------------------------------------------------------

    def tell(self, hook: str, number: int) -> None:
        """A hook's event reaches the inbox."""
        store(json.dumps({"hook": {"id": number, "type": hook}}).encode(), self.data)

    def work(self) -> None:
        """Take in events and work off what is due, as the background worker does."""
        try:
            self.inbox.take(self.queue, self.record, self.client)
            self.run()
            self.worker.look_for_new_files()
        except StashUnavailable:
            return

    def compare(self, everything: bool = False) -> Findings | None:
        """A pass as the task does it; None when it failed for want of Plex or Stash."""
        try:
            return self.reconcile(everything)
        except PlexSyncError:
            return None

    # What people do --------------------------------------------------------------------------------------------

    def ask_stash(self, mutation: str, **given: Any) -> Any:
        """A mutation with one ``input``, as Stash's pages ask it."""
        kind = {"metadataScan": "ScanMetadata"}.get(mutation, mutation[0].upper() + mutation[1:])
        fields = "" if mutation.endswith(("Destroy", "Files", "Scan")) else "{id}"
        query = f"mutation($input:{kind}Input!){{{mutation}(input:$input){fields}}}"
        answer = self.stash.graphql(query, {"input": given})
        assert not answer.get("errors"), answer
        return answer["data"][mutation]

    def abandon(self, scene: int) -> None:
        """A scene is about to go: what PlexSync wrote stays with its files, and nobody knows any more whose it is."""
        self.abandoned |= {os.path.basename(file.path) for file in self.stash.stash.library.scenes[scene].files}

    @contextmanager
    def plex_by_hand(self) -> Iterator[Any]:
        """Plex's library as a person with plexapi sees it, whom no fault meets; nothing happens in the same second."""
        self.advance(2)
        box = self.plex._app.faults
        kept, box._faults = box._faults, []
        try:
            yield PlexServer(self.plex.url, self.plex.token).library.section("Clips")
        finally:
            box._faults = kept
        self.advance(2)

    def scan_plex(self) -> None:
        """Plex looks at all its folders."""
        state = self.plex._state
        with state.lock:
            scan._scan(state, state.sections[1], "")

    def heal(self) -> None:
        """No more faults, everything up."""
        self.plex.clear_faults()
        self.stash.clear_faults()
        self.use()
        if not self.is_up:
            self.plex.start()
            self.is_up = True
