"""Reading the server itself: version, configuration, plugins, jobs, log."""

from __future__ import annotations

from typing import Any

from tests.doubles.stash.jobs import Job
from tests.doubles.stash.plugin_log import LogLine
from tests.doubles.stash.plugin_manifest import Manifest
from tests.doubles.stash.registry import Info, Resolvers, request_of, to_int

resolvers = Resolvers()


@resolvers.field("Query", "version")
def version(_: Any, info: Info) -> dict[str, str]:
    return {
        "version": request_of(info).stash.switches.version,
        "hash": "00000000",
        "build_time": "2026-01-11 00:00:00",
    }


@resolvers.field("Query", "systemStatus")
def system_status(_: Any, __: Info) -> dict[str, str]:
    return {"status": "OK"}


@resolvers.field("Query", "configuration")
def configuration(_: Any, info: Info) -> dict[str, Any]:
    stash = request_of(info).stash
    return {
        "general": {
            "stashes": [{"path": path} for path in stash.switches.stashes],
            "parallelTasks": 1,
            "apiKey": stash.sessions.api_key,
        },
        "ui": dict(stash.ui),
    }


@resolvers.field("ConfigResult", "plugins")
def plugin_settings(_: Any, info: Info, include: list[str] | None = None) -> dict[str, Any]:
    """Of those asked for, none that has no settings, or an empty map; of all, also these (resolver_model_config.go)."""
    stored = request_of(info).stash.plugins.settings
    if not include:
        return {plugin: dict(values) for plugin, values in stored.items()}
    return {plugin: dict(stored[plugin]) for plugin in include if stored.get(plugin)}


# -- plugins -----------------------------------------------------------------------------------------------


@resolvers.field("Query", "plugins")
def plugins(_: Any, info: Info) -> list[dict[str, Any]] | None:
    """Lists with nothing in them are null: Go's nil slices."""
    stash_plugins = request_of(info).stash.plugins
    return [_plugin(m, m.id not in stash_plugins.disabled) for m in stash_plugins.loaded] or None


def _plugin(manifest: Manifest, enabled: bool) -> dict[str, Any]:
    return {
        "id": manifest.id,
        "name": manifest.display_name,
        "version": manifest.version or None,
        "enabled": enabled,
        "settings": [
            {"name": s.name, "display_name": s.display_name, "description": s.description, "type": s.type}
            for s in manifest.settings
        ]
        or None,
        "tasks": [{"name": task.name, "description": task.description} for task in manifest.tasks] or None,
        "hooks": [{"name": hook.name, "hooks": list(hook.triggered_by) or None} for hook in manifest.hooks] or None,
    }


# -- jobs and log ------------------------------------------------------------------------------------------


@resolvers.field("Query", "jobQueue")
def job_queue(_: Any, info: Info) -> list[Job] | None:
    """Waiting and running jobs; null, not an empty list, when there are none."""
    return request_of(info).stash.jobs.queue() or None


@resolvers.field("Query", "findJob")
def find_job(_: Any, info: Info, input: dict[str, str]) -> Job | None:
    return request_of(info).stash.jobs.find(to_int(input["id"]))


@resolvers.field("Query", "logs")
def logs(_: Any, info: Info) -> list[LogLine]:
    return request_of(info).stash.log.shown()


@resolvers.field("LogEntry", "message")
def message(line: LogLine, _: Info) -> str:
    return line.prefix + line.message
