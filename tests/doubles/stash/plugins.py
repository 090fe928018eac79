"""The loaded plugins and how one is started: command line, environment, input (pkg/plugin/plugins.go)."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.doubles.stash.go_json import marshal
from tests.doubles.stash.plugin_input import server_connection
from tests.doubles.stash.plugin_log import Log, PluginLogReader, error_log_level
from tests.doubles.stash.plugin_manifest import Manifest, Operation, load_all
from tests.doubles.stash.plugin_process import PluginProcess
from tests.doubles.stash.sessions import Session, Sessions


class PluginError(Exception):
    """A plugin that cannot be run, in Stash's words."""


@dataclass(slots=True)
class PluginRun:
    """One plugin process and what became of it. `kind` is hook, task or operation."""

    kind: str
    plugin: str
    type: str
    id: int
    input: bytes
    pid: int = 0
    process: PluginProcess | None = None
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        process = self.process
        result = process.result if process is not None else None
        return {
            "kind": self.kind,
            "plugin": self.plugin,
            "type": self.type,
            "id": self.id,
            "pid": self.pid,
            "exit_code": process.exit_code if process is not None else None,
            "seconds": process.seconds if process is not None else 0.0,
            "stdout": result.stdout if result is not None else "",
            "output": result.output if result is not None else None,
            "error": self.error or (result.error if result is not None else None),
            "killed": process is not None and process.cancelled,
            "input": self.input.decode(),
        }


class Plugins:
    """What is loaded, what is switched off, each plugin's settings, and the processes started so far."""

    def __init__(
        self,
        log: Log,
        sessions: Sessions,
        *,
        folder: str | None,
        python: str,
        environment: Mapping[str, str],
        working_folder: str,
        config_folder: str,
        reported_host: str,
    ) -> None:
        self._log = log
        self._sessions = sessions
        self._folder = folder
        self._python = python
        self._environment = dict(environment)
        self._working_folder = working_folder
        self._config_folder = config_folder
        self._reported_host = reported_host
        self._lock = threading.Lock()
        self.port = 0
        self.loaded: list[Manifest] = []
        self.disabled: set[str] = set()
        self.settings: dict[str, dict[str, Any]] = {}
        self.runs: list[PluginRun] = []
        self.reload()

    def reload(self) -> None:
        report: Callable[[str], None] = lambda message: self._log.add("Error", message)  # noqa: E731
        self.loaded = load_all(self._folder, report) if self._folder else []

    def enabled(self) -> list[Manifest]:
        return [manifest for manifest in self.loaded if manifest.id not in self.disabled]

    def find(self, plugin_id: str) -> Manifest | None:
        return next((manifest for manifest in self.loaded if manifest.id == plugin_id), None)

    def attended(self) -> list[PluginProcess]:
        """Those that are not done with: they run, or a child of theirs holds their standard output."""
        with self._lock:
            return [run.process for run in self.runs if run.process is not None and run.process.attended]

    def start(
        self,
        run: PluginRun,
        manifest: Manifest,
        operation: Operation | None,
        session: Session,
        arguments: dict[str, Any],
        progress: Callable[[float], None],
    ) -> PluginProcess:
        """Start the process of `run`. Raises PluginError when it cannot be started."""
        if manifest.interface != "raw":
            raise PluginError(f"the double runs no plugin with interface {manifest.interface}")
        if not manifest.exec:
            raise PluginError("empty exec value in plugin")
        cookie = self._sessions.cookie(session)
        connection = server_connection(cookie, self._reported_host, self.port, self._config_folder, manifest.folder)
        run.input = marshal({"server_connection": connection, "args": arguments})
        name = manifest.name
        reader = PluginLogReader(self._log, manifest.id, name, error_log_level(manifest.error_log), progress)
        process = PluginProcess(reader, lambda text: self._log.add("Warning", text))
        command, environment = self._command(manifest, operation)
        try:
            process.start(command, environment, self._working_folder, run.input)
            run.process, run.pid = process, process.pid
        except OSError as error:
            run.error = f"error running plugin: {error}"
            raise PluginError(run.error) from error
        finally:
            with self._lock:
                self.runs.append(run)
        return process

    def _command(self, manifest: Manifest, operation: Operation | None) -> tuple[list[str], dict[str, str]]:
        """`exec` and `execArgs` with the interpreter and {pluginDir} put in; the environment."""
        program, *rest = [*manifest.exec, *(operation.exec_args if operation is not None else ())]
        environment = {**os.environ, **self._environment}
        if program in ("python", "python3"):
            program = self._python
            path = os.path.dirname(manifest.folder)
            existing = environment.get("PYTHONPATH", "")
            environment["PYTHONPATH"] = f"{existing}{os.pathsep}{path}" if existing else path
        elif shutil.which(program) is None:
            program = os.path.join(manifest.folder, program)
        return [program, *(part.replace("{pluginDir}", manifest.folder) for part in rest)], environment
