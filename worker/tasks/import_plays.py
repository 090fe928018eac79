"""The task that brings what was played in Plex before plays came back by themselves."""

from __future__ import annotations

import logging

from plex.playing import read_accounts
from stash.activity import read_rules
from validation.config import PlexSyncConfig
from validation.errors import ConfigurationError
from worker.metadata.labels import many
from worker.returns.accounts import whose
from worker.returns.noting import Noting
from worker.returns.past import Past, look_back
from worker.returns.scenes import ScenesOfItems
from worker.returns.sending import Sending
from worker.storage.journal_entries import Cause
from worker.storage.record import Record
from worker.storage.returned import PlayCounts, ReturnState
from worker.tasks.context import TaskContext
from worker.tasks.sending import owned_worker
from worker.tasks.undo import confirmed
from worker.tasks.undo_words import HOW

log = logging.getLogger(__name__)

NAME = "Import Plays from Plex"

#: Scenes that are named as examples.
EXAMPLES = 10


def import_plays(context: TaskContext) -> str:
    """Say which plays, and positions, would come from Plex, or, with the argument ``confirm``, bring them; returns the
    line that sums it up.

    Raises ConfigurationError: plays do not come from Plex. PermanentError: ``confirm`` is something else. Raises as
    ``worker.tasks.sending.owned_worker``, and StashUnavailable, the errors of plex/exceptions.py.
    """
    go_ahead = confirmed(context)
    if not context.config.plays_from_plex:
        name = PlexSyncConfig.model_fields["plays_from_plex"].title
        raise ConfigurationError(f'Switch on the setting "{name}" first.')
    with owned_worker(context) as (owned, worker):
        record, server = owned.record, worker.plex_client.server
        machine, rules = str(server.machineIdentifier), read_rules(context.stash)
        if not rules.track:
            return "Nothing comes from Plex: Stash does not track activity (Settings > Interface > Scene Player)."
        names = context.config.accounts_from_plex
        accounts = whose(names, read_accounts(server) if names else {}).numbers
        noting = Noting(record, context.config, machine, rules)
        scenes = ScenesOfItems(record, context.stash, context.config.path_map, machine)
        past = look_back(server, noting, scenes, accounts)
        for line in _lines(past):
            log.info("%s", line)
        if not past.plays and not past.positions:
            return "There is nothing to bring from Plex."
        if not go_ahead:
            counts = PlayCounts(len(past.plays), len(past.by_scene()), len(past.positions))
            return f"{_in_words(counts)} would come from Plex. {HOW}"
        newest = record.newest_played()
        with record.together():
            past.note(noting)
        sending, done = Sending(record), 0
        with record.beside(Cause.TASK, NAME):
            while taken := sending.step(context.stash, Cause.TASK):
                done += taken
                context.progress.show(done, len(past.plays) + len(past.positions))
        line = _became(record, newest)
        record.ended(NAME, line)
        return line


def _became(record: Record, newest: int) -> str:
    """What became of what was noted after an entry, by its number."""
    came = record.count_played(newest, [ReturnState.DONE])
    waits = record.count_played(newest, [ReturnState.DUE, ReturnState.INTENDED])
    stays = record.count_played(newest, [ReturnState.NOT_MADE])
    line = f"{_in_words(came)} came from Plex."
    if came.plays or came.positions:
        line += " Undo Last Run takes them back."
    if waits.plays or waits.positions:
        line += f" {_in_words(waits)} will be tried again in the background, since Stash failed at them."
    if stays.plays or stays.positions:
        line += f" {_in_words(stays)} did not come: Stash failed at them, or has something newer, or the scene is gone."
    return line


def _in_words(counts: PlayCounts) -> str:
    plays = f"{many(counts.plays, 'play')} of {many(counts.scenes, 'scene')}"
    return f"{plays} and {many(counts.positions, 'position')}" if counts.positions else plays


def _lines(past: Past) -> list[str]:
    """Examples, and how many rows of Plex's history are left out, with why."""
    found = [f"Scene {scene}: {many(count, 'play')}" for scene, count in past.by_scene().items()]
    return found[:EXAMPLES] + [f"{count:,} left out: {why}." for why, count in past.left_out.most_common()]
