"""Runs the hooks of a change: one process a hook entry, one after the other, while the request waits.

pkg/plugin/plugins.go, ExecutePostHooks: no timeout; the change is stored already; a plugin that cannot be
started, or a client that went away, ends it for all plugins that come after.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from typing import Any, Protocol

from tests.doubles.stash import plugin_input
from tests.doubles.stash.cancellation import Cancellation
from tests.doubles.stash.plugin_log import Log
from tests.doubles.stash.plugin_manifest import Manifest
from tests.doubles.stash.plugins import PluginError, PluginRun, Plugins
from tests.doubles.stash.sessions import Session, Visit

# A hook that was led to by so many runs of itself is not started again (pkg/plugin/plugins.go).
LOOP_LIMIT = 10


class HookCause(Protocol):
    """A request or a job on whose behalf hooks run."""

    @property
    def session(self) -> Session: ...

    @property
    def cancellation(self) -> Cancellation: ...

    def watch(self) -> None:
        """Begin to look whether whoever asked is still there."""


class CancelledError(Exception):
    """The request or job that the hooks belong to is gone."""


class Hooks:
    def __init__(self, plugins: Plugins, log: Log) -> None:
        self._plugins = plugins
        self._log = log
        # Stash lists the fields in the random order of a Go map; the same here, but the same in each run.
        self._shuffle = random.Random(0)

    def fire(
        self, cause: HookCause, trigger: str, entity_id: int, hook_input: Any = None, fields: Iterable[str] = ()
    ) -> None:
        """Run all hooks of `trigger`, e.g. "Scene.Update.Post". Errors end up in the log, never with the caller."""
        names = list(fields)
        self._shuffle.shuffle(names)
        context = plugin_input.hook_context(entity_id, trigger, hook_input, names)
        for manifest in self._plugins.enabled():
            if not manifest.hooks_for(trigger):
                continue
            if cause.session.visited.count((manifest.id, trigger)) >= LOOP_LIMIT:
                message = f"plugin ID '{manifest.id}' already triggered, not re-triggering"
                self._log.add("Debug", message)
                continue
            try:
                self._run_all(cause, manifest, trigger, entity_id, context)
            except (PluginError, CancelledError) as error:
                self._log.add("Error", f"error executing post hooks: {error}")
                return

    def _run_all(
        self, cause: HookCause, manifest: Manifest, trigger: str, entity_id: int, context: dict[str, Any]
    ) -> None:
        visit: Visit = (manifest.id, trigger)
        session = Session(cause.session.user, (*cause.session.visited, visit))
        for hook in manifest.hooks_for(trigger):
            arguments = plugin_input.hook_arguments(context, hook.default_args)
            run = PluginRun("hook", manifest.id, trigger, entity_id, b"")
            process = self._plugins.start(run, manifest, hook, session, arguments, lambda value: None)
            cause.watch()
            result = process.wait(cause.cancellation)
            if result is None:
                process.wait_for_exit(1)
                run.error = "operation cancelled"
                raise CancelledError("operation cancelled")
            if result.error is not None:
                self._log.add("Error", f"{trigger} [{manifest.name}]: returned error: {result.error}")
            elif result.output is not None:
                self._log.add("Debug", f"{trigger} [{manifest.name}]: returned: {_shown(result.output)}")


def _shown(output: Any) -> str:
    return output if isinstance(output, str) else json.dumps(output)
