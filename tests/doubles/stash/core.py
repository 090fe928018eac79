"""One Stash: its state and its parts, without the network."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.stash.cancellation import Cancellation, Gate
from tests.doubles.stash.clock import Clock
from tests.doubles.stash.counters import Counters
from tests.doubles.stash.disk import Disk
from tests.doubles.stash.faults import Faults
from tests.doubles.stash.hooks import Hooks
from tests.doubles.stash.jobs import Jobs
from tests.doubles.stash.library import Library
from tests.doubles.stash.library_file import LibraryFile
from tests.doubles.stash.plugin_log import Log
from tests.doubles.stash.plugins import Plugins
from tests.doubles.stash.sessions import DEFAULT_MAX_AGE, Session, Sessions


@dataclass(frozen=True, slots=True)
class Switches:
    """How this Stash is set up. `password` is "user:password"; empty means none is set.

    `reported_host` is the listen address that plugins are told; `version` is what `version` answers.
    """

    password: str = ""
    api_key: str = ""
    session_age: int = DEFAULT_MAX_AGE
    read_cost: bool = False
    reported_host: str = "0.0.0.0"
    version: str = "v0.30.1"
    log_level: str = "Info"
    utc_offset_minutes: int = 0
    external_host: str = ""
    stashes: tuple[str, ...] = ("/media/stash",)


class Stash:
    """Everything but the HTTP server. `folder` holds what the real one's config folder would."""

    def __init__(
        self,
        library: Mapping[str, Any] | None = None,
        *,
        plugins: str | None = None,
        generate: int = 0,
        python: str | None = None,
        environment: Mapping[str, str] | None = None,
        library_folder: str = ".",
        switches: Switches | None = None,
    ) -> None:
        content = dict(library or {})
        self.switches = switches or Switches()
        self.clock = Clock(self.switches.utc_offset_minutes)
        self.log = Log(self.clock, self.switches.log_level)
        user, _, password = (self.switches.password or content.get("password") or "").partition(":")
        self.sessions = Sessions(self.clock, user, password, self.switches.api_key, self.switches.session_age)
        self.library = Library(self.clock)
        self.disk = Disk(self.library)
        self.faults = Faults()
        self.counters = Counters(self.clock)
        self._temporary = tempfile.TemporaryDirectory(prefix="stash-double-")
        self.folder = self._temporary.name
        # Not the plugin's folder, and not the repository: what a plugin imports must come from its own place.
        working_folder = os.path.join(self.folder, "cwd")
        os.mkdir(working_folder)
        self.plugins = Plugins(
            self.log,
            self.sessions,
            folder=os.path.abspath(plugins) if plugins is not None else None,
            python=python or sys.executable,
            environment=environment or {},
            working_folder=working_folder,
            config_folder=self.folder,
            reported_host=self.switches.reported_host,
        )
        self.plugins.settings.update(
            {plugin: dict(values) for plugin, values in content.get("plugin_settings", {}).items()}
        )
        self.plugins.disabled.update(content.get("disabled_plugins", ()))
        #: What Stash's interface keeps of its own settings; a key that was never set is absent.
        self.ui: dict[str, Any] = dict(content.get("ui", {}))
        self.covers = Gate()
        self.hooks = Hooks(self.plugins, self.log)
        self.jobs = Jobs(self.clock)
        # (job id or None, plugin, value) of every progress line, also those that Stash would drop.
        self.progress: list[tuple[int | None, str, float]] = []
        loader = LibraryFile(self.library, library_folder)
        loader.generate(generate)
        loader.load(content)

    def halt(self) -> None:
        """The end of the Stash process: the queue is lost, plugin processes live on with broken pipes."""
        jobs = self.jobs.queue()
        self.jobs.stop()
        for process in self.plugins.attended():
            process.abandon()
        for job in jobs:
            job.cancellation.cancel()
        self.jobs.join()

    def resume(self) -> None:
        self.jobs = Jobs(self.clock)

    def close(self) -> None:
        """End what is still running of what this Stash started itself, and tidy up."""
        self.jobs.stop()
        for process in self.plugins.attended():
            process.kill()
        self.jobs.join()
        self._temporary.cleanup()


@dataclass(slots=True)
class Request:
    """One GraphQL request: what resolvers get as their context, and what hooks run on behalf of.

    `exempt` is the double's own helper, which no fault meets. `cost` sums up the seconds that a real Stash
    takes for what was read (switch `read_cost`).
    """

    stash: Stash
    session: Session
    base_url: str
    watch_client: Callable[[Cancellation], None]
    exempt: bool = False
    cancellation: Cancellation = field(default_factory=Cancellation)
    cost: float = 0.0
    _watched: bool = False

    def watch(self) -> None:
        """From the first hook on: look whether the client goes away."""
        if not self._watched:
            self._watched = True
            self.watch_client(self.cancellation)
