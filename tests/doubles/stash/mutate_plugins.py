"""Mutations that run and configure plugins, and stop jobs (internal/api/resolver_mutation_plugin.go)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.doubles.stash import plugin_input
from tests.doubles.stash.core import Request, Stash
from tests.doubles.stash.jobs import Job, JobError
from tests.doubles.stash.plugins import PluginError, PluginRun
from tests.doubles.stash.registry import Info, Resolvers, request_of, to_int

resolvers = Resolvers()


@resolvers.field("Mutation", "configurePlugin")
def configure_plugin(_: Any, info: Info, plugin_id: str, input: dict[str, Any]) -> dict[str, Any]:
    """Replaces the plugin's whole map; keys that no yml declares are kept as given."""
    request_of(info).stash.plugins.settings[plugin_id] = dict(input)
    return dict(input)


@resolvers.field("Mutation", "setPluginsEnabled")
def set_plugins_enabled(_: Any, info: Info, enabledMap: dict[str, bool]) -> bool:  # noqa: N803
    disabled = request_of(info).stash.plugins.disabled
    for plugin, enabled in enabledMap.items():
        (disabled.discard if enabled else disabled.add)(plugin)
    return True


@resolvers.field("Mutation", "reloadPlugins")
def reload_plugins(_: Any, info: Info) -> bool:
    request_of(info).stash.plugins.reload()
    return True


@resolvers.field("Mutation", "stopJob")
def stop_job(_: Any, info: Info, job_id: str) -> bool:
    request_of(info).stash.jobs.cancel(to_int(job_id))
    return True


@resolvers.field("Mutation", "stopAllJobs")
def stop_all_jobs(_: Any, info: Info) -> bool:
    request_of(info).stash.jobs.cancel_all()
    return True


@resolvers.field("Mutation", "runPluginTask")
def run_plugin_task(
    _: Any,
    info: Info,
    plugin_id: str,
    task_name: str | None = None,
    description: str | None = None,
    args: list[Mapping[str, Any]] | None = None,
    args_map: dict[str, Any] | None = None,
) -> str:
    """Queues at once, whatever is asked for: a task that does not exist is found out when its turn comes."""
    request = request_of(info)
    stash = request.stash
    given = args_map if args_map is not None else _pairs(args or ())

    def work(job: Job) -> None:
        _run_task(stash, job, plugin_id, task_name, given)

    title = f"Running plugin task: {description or task_name or plugin_id}"
    return str(stash.jobs.add(title, request.session, work).id)


def _run_task(stash: Stash, job: Job, plugin_id: str, task_name: str | None, given: Mapping[str, Any]) -> None:
    """internal/manager/task_plugin.go: once it has started, a task ends FINISHED however it ends."""
    plugins = stash.plugins
    manifest = plugins.find(plugin_id)
    try:
        if plugin_id in plugins.disabled:
            raise PluginError(f"plugin {plugin_id} is disabled")
        if manifest is None:
            raise PluginError(f"no plugin with ID {plugin_id}")
        task = manifest.task(task_name) if task_name is not None else None
        if task_name is not None and task is None:
            raise PluginError(f"no task with name {task_name} in plugin {manifest.display_name}")
    except PluginError as error:
        raise _failed(stash, f"Error creating plugin task: {error}") from error

    def progress(value: float) -> None:
        stash.progress.append((job.id, plugin_id, value))
        stash.jobs.report(job, value)

    run = PluginRun("task", plugin_id, task_name or "", job.id, b"")
    arguments = plugin_input.arguments(given, task.default_args if task is not None else {})
    try:
        process = plugins.start(run, manifest, task, job.session, arguments, progress)
    except PluginError as error:
        raise _failed(stash, f"Error running plugin task: {error}") from error
    result = process.wait(job.cancellation)
    if result is None:  # Stop was pressed; the log shows that as an error, too
        stash.log.add("Error", "Plugin returned error: signal: killed")
    elif result.error is not None:
        stash.log.add("Error", f"Plugin returned error: {result.error}")
    elif result.output is not None:
        stash.log.add("Debug", f"Plugin returned: {json.dumps(result.output)}")


def _failed(stash: Stash, message: str) -> JobError:
    """What ends a job as FAILED, after it was logged (pkg/job/manager.go)."""
    stash.log.add("Error", f"task failed due to error: {message}")
    return JobError(message)


@resolvers.field("Mutation", "runPluginOperation")
def run_plugin_operation(_: Any, info: Info, plugin_id: str, args: dict[str, Any] | None = None) -> Any:
    """At once, in the request. The arguments are exactly the caller's; no defaults."""
    request = request_of(info)
    plugins = request.stash.plugins
    if plugin_id in plugins.disabled:
        raise PluginError(f"plugin {plugin_id} is disabled")
    manifest = plugins.find(plugin_id)
    if manifest is None:
        raise PluginError("Internal system error. Error <runtime error: invalid memory address or nil pointer>")
    run = PluginRun("operation", plugin_id, "", 0, b"")
    arguments = plugin_input.arguments(args or {}, {})
    process = plugins.start(run, manifest, None, request.session, arguments, _ignore(request, plugin_id))
    request.watch()
    result = process.wait(request.cancellation)
    if result is None:
        raise PluginError("operation cancelled")
    if result.error is not None:
        raise PluginError(result.error)
    return result.output


def _ignore(request: Request, plugin_id: str) -> Any:
    """Operations have no progress; the reading is kept all the same."""
    return lambda value: request.stash.progress.append((None, plugin_id, value))


def _pairs(args: Any) -> dict[str, Any]:
    """The deprecated `args`: a list of keys with typed values."""
    return {pair["key"]: _value(pair.get("value")) for pair in args}


def _value(value: Mapping[str, Any] | None) -> Any:
    for kind in ("str", "i", "b", "f"):
        if value is not None and value.get(kind) is not None:
            return value[kind]
    if value is not None and value.get("o") is not None:
        return _pairs(value["o"])
    if value is not None and value.get("a") is not None:
        return [_value(item) for item in value["a"]]
    return None
