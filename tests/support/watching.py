"""A worker's part that brings plays back, between both doubles, and somebody who plays in Plex."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from plex.streams import PlayState
from tests.doubles.plex.ratings import settings_moved
from tests.support.pairs import Pair
from tests.support.workbench import EMPTY_PLEX, Workbench, loaded_workbench
from worker.returns.heard import Heard, HeardFiles
from worker.returns.returning import Means, PlexReturns
from worker.tasks.context import TaskContext
from worker.timing import Timing


class Watching:
    """``returns`` as the worker has it; its clock is the workbench's, and both servers follow it."""

    def __init__(self, workbench: Workbench, *, listens: bool = False) -> None:
        self.workbench, self.clock = workbench, workbench.clock
        self.listens = listens
        self.files = HeardFiles(workbench.data)
        workbench.stash.stash.clock.follow(self.clock)
        workbench.plex.advance(self.clock.now - time.time())
        self.returns = self._made()

    def _made(self) -> PlexReturns:
        made = PlexReturns(self.workbench.data, replace(Timing(), pause=0.0), self.clock)
        if not self.listens:
            made.listen = lambda means: None  # type: ignore[method-assign]
        return made

    def work(self) -> None:
        """One round of the worker."""
        bench = self.workbench
        worker = bench.worker
        means = Means(bench.record, worker.config, bench.client, lambda: worker.plex_client, lambda: True)
        self.returns.work(means)

    def kill(self) -> None:
        """End the worker as kill -9 does, and start another."""
        self.returns.close()
        self.workbench.kill()
        self.workbench.open()
        self.returns = self._made()

    def task(self, function: Callable[[TaskContext], str], settings: Mapping[str, Any], **arguments: str) -> str:
        """Run a task, for which the worker makes room."""
        return self.workbench.task(function, settings, **arguments)

    def pass_time(self, seconds: float) -> None:
        """Time passes, for everybody."""
        self.clock.now += seconds
        self.workbench.plex.advance(seconds)

    def tell(self, pair: Pair, state: str, offset: float, *, session: str = "1", account: int | None = 1) -> None:
        """A player tells how far it is, and the listener hears it."""
        server = str(self.workbench.worker.plex_client.server.machineIdentifier)
        self.files.keep(
            Heard(
                at=self.clock.now,
                server=server,
                session=session,
                player="player",
                item=str(pair.key),
                offset=offset,
                state=PlayState(state),
                account=account,
            )
        )

    def watched(self, pair: Pair, *, user: str | int = 1) -> None:
        """Somebody plays it in Plex from beginning to end, and nobody listens."""
        self.workbench.plex.play(pair.key, "playing", {"state": "stopped", "offset": 60_000}, user=user)

    def marked(self, pair: Pair, *, played: bool = True) -> None:
        """The owner marks it in Plex as played, or as unplayed."""
        url = f"{self.workbench.plex.url}/:/{'scrobble' if played else 'unscrobble'}"
        assert self.workbench.person.get(url, params={"key": str(pair.key), "identifier": "x"}).status_code == 200

    def match(self, pair: Pair, guid: str) -> None:
        """The owner takes the item for another one."""
        url = f"{self.workbench.plex.url}/library/metadata/{pair.key}/match"
        assert self.workbench.person.put(url, params={"guid": guid}).status_code == 200

    def back_up(self) -> Callable[[], None]:
        """Copy all that Plex keeps of what was played; the function puts it back."""
        state = self.workbench.plex._state
        with state.lock:
            kept = deepcopy((state.settings, state.playback.history))

        def put_back() -> None:
            with state.lock:
                state.settings, state.playback.history = deepcopy(kept)
                for item in state.items.values():
                    settings_moved(state, item)

        return put_back

    def ask(self) -> None:
        """So much later that Plex is asked what was played, and what its items show."""
        self.pass_time(25 * 3600)
        self.work()

    def plays(self, pair: Pair) -> list[int]:
        """The plays that Stash shows of a scene, newest first."""
        return [int(second) for second in self.workbench.library.scenes[pair.scene].play_history]

    def resumes(self, pair: Pair) -> float:
        """Where Stash resumes it."""
        return self.workbench.library.scenes[pair.scene].resume_time

    def played(self, pair: Pair) -> float:
        """How long Stash says it was played."""
        return self.workbench.library.scenes[pair.scene].play_duration

    def matched(self, *, seconds: float = 60.0, **in_plex: Any) -> Pair:
        """A scene and its item that PlexSync wrote to."""
        before = self.clock.now
        pair = self.workbench.pair(duration=int(seconds * 1000), **in_plex)
        self.workbench.plex.advance(self.clock.now - before)
        self.workbench.library.scenes[pair.scene].files[0].duration = seconds
        pair.in_stash(title=f"Scene {pair.scene}")
        self.workbench.sync(pair.scene)
        return pair


@contextmanager
def watching(folder: Path, *, listens: bool = False, **settings: Any) -> Iterator[Watching]:
    """Empty doubles, and plays and positions that come back, with what is given on top. ``guest``: another token."""
    guest = settings.pop("guest", "")
    on = {"skip_poster": True, "plays_from_plex": True, "resume_from_plex": True, **settings}
    with loaded_workbench(folder, {}, EMPTY_PLEX, on, guest_token=guest) as bench:
        made = Watching(bench, listens=listens)
        with closing(made.returns):
            yield made
