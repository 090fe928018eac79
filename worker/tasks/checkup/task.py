"""The task "Check Setup": goes through the checklist, and on after a cross wherever that makes sense."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from validation.config import PlexSyncConfig, read_settings
from validation.errors import PlexSyncError
from worker.datadir import DataDir
from worker.plex_link import kept_identifier, make_plex_client
from worker.tasks.checkup.lines import Line, hint, what_next
from worker.tasks.checkup.paths import path_lines
from worker.tasks.checkup.plex_side import enter_plex, library_lines, reach_plex
from worker.tasks.checkup.settings_side import settings_lines
from worker.tasks.checkup.stash_side import photo_lines, stash_lines
from worker.tasks.checkup.surroundings import data_lines, python_lines
from worker.tasks.checkup.worker_side import worker_lines
from worker.tasks.context import TaskContext, hand_over, watched_by_stash
from worker.tasks.selected import selection_lines
from worker.timing import timing_from_environment

log = logging.getLogger(__name__)


def check_setup(context: TaskContext) -> str:
    """Log the checklist line by line; returns what to do next. Changes nothing."""
    lines: list[Line] = []
    steps = checklist(context)
    while True:
        try:
            line = next(steps)
        except StopIteration as done:
            return what_next(lines, done.value)
        log.log(line.level, "%s", line)
        lines.append(line)


def checklist(context: TaskContext) -> Generator[Line, None, str]:
    """Every line, in order; returns how many scenes are found, in a few words."""
    yield from python_lines()
    yield from data_lines(context.data)
    found, config = "", PlexSyncConfig()
    facts = yield from stash_lines(context.stash)
    context.secrets.keep_out(context.stash.secrets)
    if facts is None:
        yield hint("Settings, Plex and paths were not checked, since the settings are kept in Stash.")
    else:
        config, problems = read_settings(facts.settings)
        context.secrets.keep_out([config.plex_token])
        yield from settings_lines(facts.settings, config, problems)
        yield from selection_lines(context.stash, config, facts.folders)
        found = yield from _plex_lines(context, config)
        yield from photo_lines(config)
    yield from worker_lines(context.data)
    return found


def _plex_lines(context: TaskContext, config: PlexSyncConfig) -> Generator[Line, None, str]:
    identifier = kept_identifier(context.data)
    if not config.plex_url or not (yield from reach_plex(config, identifier)) or not config.plex_token:
        return ""
    client = make_plex_client(config, identifier)
    try:
        server = yield from enter_plex(client)
        if server is None:
            return ""
        movies = yield from library_lines(server, config.plex_libraries)
        if not movies.chosen:
            return ""
        return (yield from path_lines(context.stash, config, server, movies))
    except (PlexSyncError, OSError, sqlite3.Error) as error:
        yield hint(f"The paths could not be looked at to the end: {error}")
        return "the paths were not looked at"
    finally:
        client.close()


@contextmanager
def unasked_context(plugin_input: dict[str, Any], data: DataDir) -> Iterator[TaskContext]:
    """As ``worker.tasks.context.task_context``, but makes nothing and asks nobody: what fails there is a line here.

    Raises StashUnavailable when Stash did not say where it is.
    """
    with watched_by_stash(plugin_input) as (stash, secrets):
        arguments = plugin_input.get("args") or {}
        hand_over(stash.connection, data)
        yield TaskContext(stash, PlexSyncConfig(), data, timing_from_environment(), secrets, arguments)
