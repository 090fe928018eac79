"""The task "Check Setup": goes through the checklist, and on after a cross wherever that makes sense."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from validation.config import PlexSyncConfig, read_settings
from validation.errors import PlexSyncError
from worker.datadir import DataDir
from worker.jobs.selection_filter import selecting
from worker.plex_link import kept_identifier, make_plex_client
from worker.tasks.checkup.lines import Line, Outlook, hint, what_next
from worker.tasks.checkup.paths import Paths, path_lines
from worker.tasks.checkup.plex_side import enter_plex, library_lines, reach_plex
from worker.tasks.checkup.settings_side import settings_lines
from worker.tasks.checkup.stash_side import photo_lines, stash_lines
from worker.tasks.checkup.surroundings import data_lines, python_lines
from worker.tasks.checkup.worker_side import WorkerSaid, worker_lines
from worker.tasks.context import TaskContext, beside_worker, watched_by_stash
from worker.tasks.selected import count_chosen, selection_lines
from worker.timing import timing_from_environment

log = logging.getLogger(__name__)

Found = TypeVar("Found")


def check_setup(context: TaskContext) -> str:
    """Log the checklist line by line; returns what to do next. Changes nothing."""
    lines: list[Line] = []

    def tell(line: Line) -> None:
        log.log(line.level, "%s", line)
        lines.append(line)

    return what_next(lines, follow_checklist(context, tell))


def follow_checklist(context: TaskContext, tell: Callable[[Line], object]) -> Outlook:
    """``tell`` hears each line as soon as it is known; returns what can be expected."""
    crosses = 0

    def hear(line: Line) -> None:
        nonlocal crosses
        crosses += line.level >= logging.ERROR
        tell(line)

    config, paths = _followed(_both_sides(context), hear)
    said = _followed(worker_lines(context.data, not crosses and paths.looked_at > 0), tell)
    return _outlook(context, config, paths, said)


def _followed(steps: Generator[Line, None, Found], tell: Callable[[Line], object]) -> Found:
    while True:
        try:
            tell(next(steps))
        except StopIteration as done:
            found: Found = done.value
            return found


def _both_sides(context: TaskContext) -> Generator[Line, None, tuple[PlexSyncConfig, Paths]]:
    """The lines about all but the worker; returns the settings, and how many scenes are found."""
    yield from python_lines()
    yield from data_lines(context.data)
    facts = yield from stash_lines(context.stash)
    context.secrets.keep_out(context.stash.secrets)
    if facts is None:
        yield hint("Settings, Plex and paths were not checked, since the settings are kept in Stash.")
        return PlexSyncConfig(), Paths("")
    config, problems = read_settings(facts.settings)
    context.secrets.keep_out([config.plex_token])
    yield from settings_lines(facts.settings, config, problems)
    yield from selection_lines(context.stash, config, facts.folders)
    paths = yield from _plex_lines(context, config)
    yield from photo_lines(config)
    return config, paths


def _outlook(context: TaskContext, config: PlexSyncConfig, paths: Paths, said: WorkerSaid | None) -> Outlook:
    """What a user can expect, and do now."""
    if config.only_look:
        return Outlook(paths.words, instead='see with the task "Preview" what would be written, then switch that off.')
    if said is None or said.all_held or not paths.looked_at:
        return Outlook(paths.words)
    try:
        chosen = count_chosen(context.stash, config)
    except PlexSyncError:
        return Outlook(paths.words)
    is_estimate = not paths.whole or bool(selecting(config))
    would = round(chosen * paths.found / paths.looked_at) if is_estimate else paths.found
    return Outlook(paths.words, max(0, would - said.sent), is_estimate and would > said.sent)


def _plex_lines(context: TaskContext, config: PlexSyncConfig) -> Generator[Line, None, Paths]:
    identifier = kept_identifier(context.data)
    if not config.plex_url or not (yield from reach_plex(config, identifier)) or not config.plex_token:
        return Paths("")
    client = make_plex_client(config, identifier)
    try:
        server = yield from enter_plex(client)
        if server is None:
            return Paths("")
        if config.hears_plays:
            from worker.tasks.checkup.events_side import event_lines

            yield from event_lines(context.stash, client, server, config)
        movies = yield from library_lines(server, config.plex_libraries)
        if not movies.chosen:
            return Paths("")
        return (yield from path_lines(context.stash, config, server, movies))
    except (PlexSyncError, OSError, sqlite3.Error) as error:
        yield hint(f"The paths could not be looked at to the end: {error}")
        return Paths("the paths were not looked at")
    finally:
        client.close()


@contextmanager
def unasked_context(plugin_input: dict[str, Any], data: DataDir) -> Iterator[TaskContext]:
    """As ``worker.tasks.context.task_context``, but makes nothing and asks nobody: what fails there is a line here.

    Raises StashUnavailable when Stash did not say where it is.
    """
    with watched_by_stash(plugin_input) as (stash, secrets), beside_worker(stash.connection, data):
        arguments = plugin_input.get("args") or {}
        yield TaskContext(stash, PlexSyncConfig(), data, timing_from_environment(), secrets, arguments)
