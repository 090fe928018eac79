"""PlexDouble: a Plex Media Server for tests, in this process, behind a real socket."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from tests.doubles.plex import generate as generator
from tests.doubles.plex import playback, rebirth
from tests.doubles.plex.app import App
from tests.doubles.plex.connection import Connection
from tests.doubles.plex.control import Controls
from tests.doubles.plex.dump import dump_item, dump_state
from tests.doubles.plex.library_file import add_entry, build_state, default_content
from tests.doubles.plex.model import DiskFile
from tests.doubles.plex.recorder import Recorded
from tests.doubles.plex.switches import Switches
from tests.doubles.plex.transport import LOOPBACK, Listener

DEFAULT_TOKEN = "plex-token"


class PlexDouble:
    """Keeps state until it is closed; `stop` and `start` only take it off the network.

    `library` has the form shown in README.md; `generate` adds the shared library of N scenes instead, with
    `generate_synced` as if it had been synced before; every other keyword is one of `Switches`.
    """

    def __init__(
        self,
        library: Mapping[str, Any] | None = None,
        *,
        token: str = DEFAULT_TOKEN,
        generate: int = 0,
        generate_synced: bool = False,
        port: int = 0,
        **switches: Any,
    ) -> None:
        if library and generate:
            raise ValueError("either a library or generate, not both")
        self.token = token
        self._state = build_state(library or {}, Switches(**switches))
        if generate:
            generator.fill(self._state, generate, generate_synced)
        self._state.ready_at = self._state.timer() + self._state.switches.startup_seconds
        self._app = App(self._state, token)
        self._app.listing.warm()
        self._controls = Controls(self)
        self._listener = Listener(port, self._serve)
        self._app.slow_writes.stopping = self._listener.stopping
        self.url = f"http://{LOOPBACK}:{self._listener.port}"

    # --- on and off -------------------------------------------------------------------------------

    def __enter__(self) -> PlexDouble:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Listen (again), on the same port and with the same state."""
        self._listener.open()

    def stop(self) -> None:
        """Refuse connections and end those that are open, until `start`."""
        self._listener.close()

    def close(self) -> None:
        """Stop for good."""
        self._listener.release()

    def down(self, seconds: float, wait: bool = True) -> None:
        """Refuse connections for a time, then listen again. `wait` is for calls from a connection."""
        self._listener.close_for(seconds, wait=wait)

    def restart(self, startup_seconds: float = 0.0, wait: bool = True) -> None:
        """Stop and start again, answering as a server that starts up for `startup_seconds` of its clock."""
        self._listener.close(wait=wait)
        self._state.ready_at = self._state.timer() + startup_seconds
        self._listener.open()

    # --- what was asked ---------------------------------------------------------------------------

    @property
    def requests(self) -> list[Recorded]:
        """Every request since the last reset (the last 20,000), in order of arrival; a copy."""
        return self._app.recorder.kept()

    def counts(self) -> dict[str, int]:
        """Requests by kind since the last reset; "writes" is always there."""
        return self._app.recorder.counts()

    def reset_counts(self) -> None:
        self._app.recorder.reset()

    @property
    def edits_without_id(self) -> int:
        """How many edits named no item and so reached a whole section: the blast radius counter."""
        return self._state.edits_without_id

    @property
    def tag_writes(self) -> int:
        """How many requests changed tags or collections: those that take long in a large section."""
        return self._app.slow_writes.tag_writes

    def pass_time(self, passing: Callable[[float], None]) -> None:
        """Instead of holding a slow write, move all clocks on by its seconds, this one's too."""
        self._app.slow_writes.passing = passing

    @property
    def applied_writes(self) -> int:
        """How many items were changed by edits, images, ratings and the like."""
        return self._state.applied_writes

    # --- what there is ----------------------------------------------------------------------------

    def item(self, rating_key: int | str) -> dict[str, Any]:
        """All of one item; KeyError when there is none."""
        with self._state.lock:
            self._state.settle()
            return dump_item(self._state, self._state.items[int(rating_key)])

    def items(self) -> list[dict[str, Any]]:
        with self._state.lock:
            self._state.settle()
            return [dump_item(self._state, item) for item in self._state.items.values()]

    def find(self, file: str) -> dict[str, Any]:
        """The first item one of whose parts is that file; KeyError when there is none."""
        with self._state.lock:
            self._state.settle()
            return dump_item(self._state, self._state.by_file[file][0])

    def state_dump(self) -> dict[str, Any]:
        with self._state.lock:
            self._state.settle()
            return dump_state(self._state)

    # --- what changes behind the client's back ----------------------------------------------------

    def add_item(self, section_key: int, file: str, size: int, **fields: Any) -> dict[str, Any]:
        """An item that is visible at once. `fields` are those of an item of the library file."""
        with self._state.lock:
            section = self._state.sections[int(section_key)]
            item = add_entry(self._state, section, {"file": file, "size": size, **fields})
            return dump_item(self._state, item)

    def spoil(self, rating_key: int | str, **shown: Any) -> None:
        """From now on an item shows these attributes as they stand here, whatever it has; those of before no more."""
        with self._state.lock:
            self._state.items[int(rating_key)].extra = shown or None

    def add_file(self, section_key: int, path: str, size: int, **fields: Any) -> None:
        """A file appears on disk; a scan of the section makes it an item with those `fields`."""
        with self._state.lock:
            if int(section_key) not in self._state.sections:
                raise KeyError(f"no section {section_key}")
            content = str(fields.pop("content", default_content(path, size)))
            self._state.disk[path] = DiskFile(size, content, fields)

    def remove_file(self, path: str) -> None:
        """A file leaves the disk; Plex learns of it with the next scan. KeyError when it is not there."""
        with self._state.lock:
            del self._state.disk[path]

    def move_file(self, old: str, new: str) -> None:
        """A file is moved or renamed on disk; Plex learns of it with the next scan."""
        with self._state.lock:
            self._state.disk[new] = self._state.disk.pop(old)

    def advance(self, seconds: float) -> None:
        """Move the double's clock on, or back; what comes due is done before this returns."""
        with self._state.lock:
            self._state.advance(seconds)

    def play(self, rating_key: int | str, *steps: str | Mapping[str, Any], user: str | int = 1) -> str:
        """Somebody plays an item; gives the session's key. A step is a state ("playing", "paused", "buffering",
        "stopped") or `{"state": …, "offset": ms, "at": seconds from now, "session": another key to tell}`.

        From 90 % of the duration on the item counts as played. KeyError when there is no such item or account.
        """
        taken = [playback.Step(step) if isinstance(step, str) else playback.Step(**step) for step in steps]
        with self._state.lock:
            account = playback.account_named(self._state, user)
            return playback.play(self._state, self._state.items[int(rating_key)], account, taken)

    @property
    def listeners(self) -> int:
        """How many streams of events are open."""
        return self._state.events.listeners

    def restore(self, kept: int = 0) -> None:
        """Put back a backup that was made when `kept` was the newest rating key, and scan: what came later is
        found anew and untouched, its keys handed out in another order. 0: every key stands for another file.
        """
        with self._state.lock:
            rebirth.restore(self._state, kept)
            self._app.listing.forget()

    def set_up_anew(self) -> None:
        """Another server behind the same address and token, which has scanned the same disk."""
        with self._state.lock:
            rebirth.set_up_anew(self._state)
            self._app.listing.forget()

    def move_stamps(self, seconds: int, rating_key: int | str | None = None) -> None:
        """Move `addedAt` and `updatedAt` of one item, or of all items and sections; `advance` moves the clock."""
        with self._state.lock:
            item = None if rating_key is None else self._state.items[int(rating_key)]
            rebirth.move_stamps(self._state, int(seconds), item)

    # --- faults -----------------------------------------------------------------------------------

    def inject(self, fault: Mapping[str, Any]) -> int:
        """Add a fault, for example {"type": "status", "status": 500, "kind": "edit", "count": 2}."""
        return self._app.faults.inject(fault)

    def faults(self) -> list[dict[str, object]]:
        return self._app.faults.listed()

    def clear_faults(self) -> None:
        self._app.faults.clear()

    def _serve(self, sock: socket.socket) -> None:
        Connection(self._app, self._listener, self._controls).serve(sock)
