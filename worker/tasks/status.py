"""The task "Status": what waits and why, what was done last, whether Plex answers. Only looks."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator

from plex.listing import read_sections
from plex.sections import choose_sections
from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError
from validation.jobs import Job
from worker.launcher import ensure_worker
from worker.metadata.labels import label
from worker.only_look import looked_at_lines
from worker.plex_link import kept_identifier, make_plex_client
from worker.storage.database import looked_at
from worker.storage.facts import Fact
from worker.storage.inbox import Inbox
from worker.storage.journal_entries import ReturnChange
from worker.storage.journal_words import return_text
from worker.storage.outcomes import SceneReason
from worker.storage.ownership import Lock
from worker.storage.queue_file import count_jobs, read_jobs
from worker.storage.record import Record
from worker.storage.repair import trouble_named
from worker.storage.returned import ReturnState
from worker.tasks.context import TaskContext
from worker.tasks.reasons import EXAMPLES, Reasons
from worker.tasks.selected import selection_lines

log = logging.getLogger(__name__)

STARTED = "The background worker was not running; it was started, since something waits for it."


def status(context: TaskContext) -> str:
    """Log the whole state line by line; returns the one line that sums it up.

    Raises StorageTrouble: a database cannot be read now.
    """
    for line in (
        *_only_look_lines(context),
        *_worker_lines(context),
        *_plex_lines(context),
        *_selection_lines(context),
    ):
        log.info("%s", line)
    with trouble_named(context.data), looked_at(context.data.database) as database:
        record = Record(database, time.time) if database is not None else None
        for line in (*_waiting_lines(context), *(_record_lines(context, record) if record is not None else ())):
            log.info("%s", line)
        waiting = count_jobs(context.data.queue) + len(Inbox(context.data).names())
        parked = len(record.parked()) if record is not None else 0
    return " ".join(filter(None, (context.config.headline, f"{waiting:,} waiting, {parked:,} parked.")))


def _only_look_lines(context: TaskContext) -> Iterator[str]:
    if context.config.only_look:
        yield context.config.headline
        yield from looked_at_lines(context.data, EXAMPLES)


def _worker_lines(context: TaskContext) -> Iterator[str]:
    if context.woke:
        yield STARTED
    elif Lock(context.data.worker_lock).is_held_elsewhere():
        yield "The background worker is running."
    elif Inbox(context.data).names() and ensure_worker(context.data):
        # Perhaps a hook that came while we looked took us for the worker.
        yield STARTED
    else:
        yield "The background worker is not running; the next saved scene starts it."


def _plex_lines(context: TaskContext) -> Iterator[str]:
    config = context.config
    if config.obstacle:
        yield config.obstacle
        return
    client = make_plex_client(config, kept_identifier(context.data))
    try:
        server = client.server
        titles = [section.title for section in choose_sections(read_sections(server), config.plex_libraries)]
        yield f'Plex answers: "{server.friendlyName}", version {server.version}, at {config.plex_url}.'
        yield f"Libraries written to: {', '.join(titles)}."
    except PlexSyncError as error:
        yield str(error)
    finally:
        client.close()


def _selection_lines(context: TaskContext) -> Iterator[str]:
    for line in selection_lines(context.stash, context.config):
        yield f"{line.text} {line.remedy}".rstrip()


def _waiting_lines(context: TaskContext) -> Iterator[str]:
    new = len(Inbox(context.data).names())
    if new:
        yield f"New in the inbox: {new:,}."
    waiting = Reasons(SceneReason(_reason(job), job.scene_id) for job in read_jobs(context.data.queue))
    yield f"Scenes that wait: {waiting.total:,}." if waiting.total else "No scene waits."
    yield from waiting.lines()


def _reason(job: Job) -> str:
    return job.reason or "waiting for their turn"


def _record_lines(context: TaskContext, record: Record) -> Iterator[str]:
    paused, parked = record.fact(Fact.PAUSED), record.parked()
    yield from filter(None, map(record.fact, (Fact.ALL_HELD, Fact.SESSION, Fact.GUARD, Fact.WAITED_FOR)))
    if paused:
        yield f"Paused: {paused}"
    yield f"Parked until they change in Stash: {len(parked):,}." if parked else "No scene is parked."
    yield from Reasons(SceneReason(one.reason, one.scene_id) for one in parked).lines()
    yield f"Scenes that Plex showed as Stash did when they were last compared: {record.count_finished():,}."
    yield from _listed("Left out by your selection", record.left_out())
    yield from _listed('Held in Plex as they are until "Release Holds"', record.held_scenes())
    yield from _listed("Edits made in Plex that were kept", record.kept())
    yield from _listed("Not shown by Plex although it was written more than once", record.not_shown())
    yield from _listed("Ratings and covers that Plex does not take", record.refused())
    for field in record.fields_left_out():
        yield f"This Plex server does not keep the {label(field)}; it is left out for a week."
    for update in record.latest_updates(EXAMPLES):
        yield f"{_ago(update.at)}: scene {update.scene_id}: {update.detail} written."
    yield from _returned_lines(record, context.config)
    for run in record.last_runs(3):
        yield f"{_ago(run.ended)}: {run.name}: {run.summary}"


def _returned_lines(record: Record, config: PlexSyncConfig) -> Iterator[str]:
    """Whether it is heard what is played in Plex, what came back from there, and the newest of it."""
    heard, silent = record.number(Fact.EVENTS_HEARD), record.fact(Fact.EVENTS_SILENT)
    if config.hears_plays and heard:
        yield f"What is played in Plex is heard; that began {_ago(heard).lower()}."
    elif config.hears_plays and silent:
        yield f"What is played in Plex is not heard, and is asked for instead: {silent}"
    counts = record.count_returned()
    if not any(counts.values()):
        return
    yield f"Came back from Plex: {', '.join(f'{kind.value}s: {count:,}' for kind, count in counts.items())}."
    for one in record.latest_returned(3):
        if one.state is ReturnState.DONE:
            change = ReturnChange(one.id, one.news.kind, one.news.source, one.news.moment, one.before, one.after)
            yield f"  {_ago(one.at)}: scene {one.news.scene_id}: {return_text(change)}."


def _listed(what: str, scenes: Iterable[SceneReason]) -> Iterator[str]:
    found = Reasons(scenes)
    if found.total:
        yield f"{what}: {found.total:,}."
        yield from found.lines()


def _ago(at: float) -> str:
    seconds = max(0.0, time.time() - at)
    for size, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {word} ago"
    return f"{seconds:.0f} seconds ago" if seconds >= 2 else "Just now"
