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
            return f"{_counted(past)} would come from Plex. {HOW}"
        with record.together():
            past.note(noting)
        sending, done = Sending(record), 0
        with record.beside(Cause.TASK, NAME):
            while taken := sending.step(context.stash, Cause.TASK):
                done += taken
                context.progress.show(done, len(past.plays) + len(past.positions))
        line = f"{_counted(past)} came from Plex. Undo Last Run takes them back."
        record.ended(NAME, line)
        return line


def _counted(past: Past) -> str:
    plays = f"{many(len(past.plays), 'play')} of {many(len(past.by_scene()), 'scene')}"
    return f"{plays} and {many(len(past.positions), 'position')}" if past.positions else plays


def _lines(past: Past) -> list[str]:
    """Examples, and how many rows of Plex's history are left out, with why."""
    found = [f"Scene {scene}: {many(count, 'play')}" for scene, count in past.by_scene().items()]
    return found[:EXAMPLES] + [f"{count:,} left out: {why}." for why, count in past.left_out.most_common()]
