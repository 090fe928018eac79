"""Whether Plex tells what is played, for plays and positions that come back from there."""

from __future__ import annotations

from collections.abc import Iterator

from plex.client import PlexClient
from plex.playing import read_accounts
from plex.protocols import Server
from plex.streams import listen
from stash.activity import read_rules
from stash.client import StashClient
from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError
from worker.returns.accounts import whose
from worker.tasks.checkup.lines import Line, hint, right

#: What a person loses where Plex's events cannot be heard.
_INSTEAD = (
    "Plex is asked for its history instead, every ten minutes: what is played to nine tenths still comes to Stash, "
    "what is left before that, and for how long it was played, does not."
)


def event_lines(stash: StashClient, client: PlexClient, server: Server, config: PlexSyncConfig) -> Iterator[Line]:
    """Listens for a moment, and looks at what else decides on what comes back; nothing while nothing is to."""
    if not config.hears_plays:
        return
    try:
        stream = listen(client)
        next(stream)
        stream.close()
        yield right("Plex lets PlexSync listen to what is played.")
    except (PlexSyncError, StopIteration) as error:
        yield hint(
            f"What is played in Plex cannot be heard: {str(error) or 'Plex ended its events at once.'} {_INSTEAD}"
        )
    try:
        if not read_rules(stash).track:
            yield hint(
                "Nothing that is played in Plex comes to Stash, since Stash tracks no activity: switch that on in "
                "Stash under Settings > Interface > Scene Player."
            )
        unknown = whose(config.accounts_from_plex, read_accounts(server)).unknown if config.accounts_from_plex else ()
    except PlexSyncError as error:
        yield hint(f"Whose plays come to Stash, and by which rules, could not be looked at: {error}")
        return
    for name in unknown:
        yield hint(f'No account in Plex is called "{name}", which the setting "Accounts whose plays count" names.')
