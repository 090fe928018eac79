"""Reading the server itself: version, configuration, plugins, jobs, log."""

from __future__ import annotations

import os
from typing import Any

from tests.doubles.stash.jobs import Job
from tests.doubles.stash.plugin_log import LogLine
from tests.doubles.stash.plugin_manifest import Manifest, Operation
from tests.doubles.stash.registry import Info, Resolvers, request_of, to_int

resolvers = Resolvers()

# The database version that belongs to the schema: v0.30.
_DATABASE_SCHEMA = 75


@resolvers.field("Query", "version")
def version(_: Any, info: Info) -> dict[str, str]:
    return {
        "version": request_of(info).stash.switches.version,
        "hash": "00000000",
        "build_time": "2026-01-11 00:00:00",
    }


@resolvers.field("Query", "systemStatus")
def system_status(_: Any, info: Info) -> dict[str, Any]:
    folder = request_of(info).stash.folder
    return {
        "databaseSchema": _DATABASE_SCHEMA,
        "databasePath": os.path.join(folder, "stash-go.sqlite"),
        "configPath": os.path.join(folder, "config.yml"),
        "appSchema": _DATABASE_SCHEMA,
        "status": "OK",
        "os": "linux",
        "workingDir": os.path.join(folder, "cwd"),
        "homeDir": folder,
    }


@resolvers.field("Query", "configuration")
def configuration(_: Any, info: Info) -> dict[str, Any]:
    stash = request_of(info).stash
    return {
        "general": {
            "stashes": [
                {"path": path, "excludeVideo": False, "excludeImage": False} for path in stash.switches.stashes
            ],
            "databasePath": os.path.join(stash.folder, "stash-go.sqlite"),
            "configFilePath": os.path.join(stash.folder, "config.yml"),
            "pluginsPath": stash.plugins.folder,
            "parallelTasks": 1,
            "apiKey": stash.sessions.api_key,
            "username": stash.sessions.user,
            "password": "*" * 8 if stash.sessions.password else "",
            "maxSessionAge": stash.sessions.max_age,
            "logLevel": stash.switches.log_level,
            "pythonPath": stash.plugins.python,
        }
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


@resolvers.field("Query", "pluginTasks")
def plugin_tasks(_: Any, info: Info) -> list[dict[str, Any]] | None:
    enabled = request_of(info).stash.plugins.enabled()
    return [task for manifest in enabled for task in _plugin(manifest, True)["tasks"] or ()] or None


def _plugin(manifest: Manifest, enabled: bool) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": manifest.id,
        "name": manifest.display_name,
        "description": manifest.description or None,
        "url": manifest.url or None,
        "version": manifest.version or None,
        "enabled": enabled,
        "requires": list(manifest.requires) or None,
        "settings": [
            {"name": s.name, "display_name": s.display_name, "description": s.description, "type": s.type}
            for s in manifest.settings
        ]
        or None,
    }

    def operation(entry: Operation) -> dict[str, Any]:
        return {"name": entry.name, "description": entry.description, "plugin": described}

    described["tasks"] = [operation(task) for task in manifest.tasks] or None
    described["hooks"] = [
        {**operation(hook), "hooks": list(hook.triggered_by) or None} for hook in manifest.hooks
    ] or None
    return described


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
