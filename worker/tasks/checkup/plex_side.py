"""Whether Plex can be reached, takes the token and lets it edit; which libraries it has."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from functools import partial

from plex.client import PlexClient
from plex.exceptions import PlexConfigurationError, PlexNotReady
from plex.listing import SectionState, read_sections
from plex.protocols import Server
from plex.sections import Choice, choose
from plex.wire import get
from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError
from validation.names import name_key
from worker.tasks.checkup.address import Kind, better_address, look_at, plex_direct, what_to_do
from worker.tasks.checkup.lines import Line, hint, note, right, wrong
from worker.tasks.checkup.settings_side import FIND_TOKEN, nearest

#: What a library of each type holds, and how an agent without a source of metadata ends.
_KINDS = {"movie": "movies", "show": "TV shows", "artist": "music", "photo": "photos"}
_NO_AGENT = ".none"

ENTER_OWNERS = 'Enter the token of the account that owns the server in the setting "Plex token"; how to find it:'


def reach_plex(config: PlexSyncConfig, identifier: str) -> Generator[Line, None, bool]:
    """Whether a Plex server answers at the address; says how to find it otherwise. ``identifier``: ours in Plex."""
    url = config.plex_url
    look = partial(look_at, identifier=identifier)
    seen = look(url, connect=config.plex_connect_timeout, verify=not config.plex_skip_tls_verify)
    if seen.kind is Kind.PLEX:
        yield right(f"A Plex server answers at {url}.")
        return True
    direct = plex_direct(url) if seen.kind in (Kind.NAME, Kind.CERTIFICATE) else ""
    yield wrong(*what_to_do(url, seen, better_address(url, seen, look), direct))
    return False


def enter_plex(client: PlexClient) -> Generator[Line, None, Server | None]:
    """Whether Plex takes the token, and lets its account edit. Returns the server, or None."""
    try:
        server: Server = client.server
    except PlexNotReady as error:
        yield wrong(str(error), "Wait a minute.")
        return None
    except PlexConfigurationError as error:
        what, _, _ = str(error).partition(". ")  # what follows says what to do, which is the remedy's part
        if "token" in what:
            yield wrong(f"{what.rstrip('.')}.", f"{ENTER_OWNERS} {FIND_TOKEN}")
        else:
            yield wrong(str(error), 'Correct the setting "Plex address".')
        return None
    except PlexSyncError as error:
        yield wrong(str(error), "Look into Plex's own log, and restart Plex if it stays so.")
        return None
    yield right(f'Plex takes the token: server "{server.friendlyName}", version {server.version}.')
    yield _rights(server)
    return server


def _rights(server: Server) -> Line:
    """Only the account that owns a server may read its settings; nothing is written to find out."""
    try:
        get(server, "/:/prefs")
    except PlexConfigurationError:
        return wrong(
            "The token belongs to an account that the server is only shared with: it may look, and not edit.",
            f"{ENTER_OWNERS} {FIND_TOKEN}",
        )
    except PlexSyncError as error:
        return hint(f"Whether the token's account may edit could not be seen: {error}")
    return right("The token's account owns the server and may edit.")


def library_lines(server: Server, wanted: Sequence[str]) -> Generator[Line, None, Choice[SectionState]]:
    """Each library of the server and what becomes of it. Returns which are written to.

    Where the setting names none that there is, all movie libraries stand for those written to.
    """
    try:
        sections = read_sections(server)
    except PlexSyncError as error:
        yield wrong(f"Plex does not list its libraries: {error}", "Look into Plex's own log.")
        return choose([], ())
    choice = choose(sections, wanted)
    for section in sections:
        yield _describe(section, section in choice.chosen)
    yield from _unknown_names(choice.unknown, sections, none_left=not choice.chosen)
    if not choice.chosen and not choice.others:
        yield wrong(
            "Plex has no library of the type Movies or Other Videos, and PlexSync writes to no other.",
            'In Plex, add a library of the type "Other Videos" with the folders of your scenes.',
        )
    return choice if choice.chosen else choose(sections, ())


def _describe(section: SectionState, chosen: bool) -> Line:
    agent = "no agent" if section.agent.endswith(_NO_AGENT) else f"agent {section.agent}"
    kind = "other videos" if section.type == "movie" and agent == "no agent" else _KINDS.get(section.type, section.type)
    folders = ", ".join(section.locations) or "none"
    what = f'Library "{section.title}": {kind}, {agent}, folders: {folders}.'
    if chosen:
        return right(f"{what} Written to.")
    why = 'it is not named in the setting "Plex libraries"' if section.type == "movie" else "only movies are"
    return note(f"{what} Not written to: {why}.")


def _unknown_names(unknown: Sequence[str], sections: Sequence[SectionState], none_left: bool) -> Iterator[Line]:
    types = {name_key(section.title): section.type for section in sections}
    movies = [section.title for section in sections if section.type == "movie"]
    setting = 'the setting "Plex libraries"'
    for name in unknown:
        kind = types.get(name_key(name))
        if kind is not None:
            text = f'The library "{name}" in {setting} holds {_KINDS.get(kind, kind)}, and only movies are written to.'
            yield wrong(text, f'Take "{name}" out of {setting}.', blocks=none_left)
            continue
        meant = nearest(name, movies)
        there = ", ".join(f'"{title}"' for title in movies) or "none"
        remedy = f'Write "{meant}" instead of "{name}"' if meant else f'Take "{name}" out, or correct it'
        text = f'Plex has no library called "{name}"; it has: {there}.'
        yield wrong(text, f"{remedy} in {setting}.", blocks=none_left)
