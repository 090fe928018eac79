"""The addresses of the server and of its sections: the path taken apart, the right module called."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.doubles.plex import browse, edits, envelopes, playback, scan, search, sections_api
from tests.doubles.plex.messages import Answer, HTTPFailure, Request, failure, ok
from tests.doubles.plex.model import TYPE_NUMBERS, Section
from tests.doubles.plex.nodes import Node, container
from tests.doubles.plex.state import OWNER

if TYPE_CHECKING:
    from tests.doubles.plex.app import App

Match = re.Match[str]


def _section(app: App, match: Match) -> Section:
    section = app.state.sections.get(int(match[1]))
    if section is None:
        raise HTTPFailure(failure(404))
    return section


# --- the server -----------------------------------------------------------------------------------


def root(app: App, request: Request, _match: Match) -> Answer:
    return envelopes.root(app.state, request.account == OWNER)


def identity(app: App, _request: Request, _match: Match) -> Answer:
    return envelopes.identity(app.state)


def library(_app: App, _request: Request, _match: Match) -> Answer:
    return envelopes.library()


def activities(app: App, _request: Request, _match: Match) -> Answer:
    return scan.activities(app.state)


def agents(_app: App, _request: Request, _match: Match) -> Answer:
    return envelopes.agents()


def nothing(_app: App, _request: Request, _match: Match) -> Answer:
    """An address that exists and has nothing to show here (playlists, clients, hubs)."""
    return Answer(node=container({}))


def prefs(app: App, _request: Request, _match: Match) -> Answer:
    """Two of a real server's many: its name, and whether scans empty the trash."""
    trash = app.state.switches.auto_empty_trash
    rows = [
        Node("Setting", {"id": "FriendlyName", "type": "text", "value": app.state.name, "default": ""}),
        Node("Setting", {"id": "autoEmptyTrash", "type": "bool", "value": trash, "default": True}),
    ]
    return Answer(node=container({}, rows))


def play_sessions(app: App, request: Request, _match: Match) -> Answer:
    return playback.sessions(app.state, request)


def history(app: App, request: Request, _match: Match) -> Answer:
    return playback.history(app.state, request)


def accounts(app: App, request: Request, _match: Match) -> Answer:
    return playback.accounts(app.state, request)


def hub_search(app: App, request: Request, _match: Match) -> Answer:
    return search.hub_search(app.state, request)


def browse_disk(app: App, request: Request, match: Match) -> Answer:
    return browse.services(app.state, request, match[1] or "")


def events(_app: App, _request: Request, _match: Match) -> Answer:
    """Never called: streams take these addresses over before an answer is made."""
    return failure(400)


# --- sections -------------------------------------------------------------------------------------


def everything(app: App, request: Request, _match: Match) -> Answer:
    return app.listing.everywhere(request, newest_first=False)


def recently_added(app: App, request: Request, _match: Match) -> Answer:
    return app.listing.everywhere(request, newest_first=True)


def sections(app: App, _request: Request, _match: Match) -> Answer:
    return envelopes.sections(app.state)


def section_page(app: App, _request: Request, match: Match) -> Answer:
    return envelopes.section_page(_section(app, match))


def list_all(app: App, request: Request, match: Match) -> Answer:
    return app.listing.all(request, int(match[1]))


def list_collections(app: App, request: Request, match: Match) -> Answer:
    others = tuple(pair for pair in request.params if pair[0] != "type")
    params = (*others, ("type", str(TYPE_NUMBERS["collection"])))
    return app.listing.all(replace(request, params=params), int(match[1]))


def list_recent(app: App, request: Request, match: Match) -> Answer:
    params = (*request.params, ("sort", "addedAt:desc"))
    return app.listing.all(replace(request, params=params), int(match[1]))


def edit_section(app: App, request: Request, match: Match) -> Answer:
    return edits.edit_section(app.state, request, _section(app, match))


def filter_choices(app: App, request: Request, match: Match) -> Answer:
    if match[2] not in search.FILTER_NAMES:
        return failure(404)
    return search.filter_choices(app.state, request, _section(app, match), match[2])


def scan_section(app: App, request: Request, match: Match) -> Answer:
    return scan.refresh(app.state, request, _section(app, match))


def scan_all(app: App, request: Request, _match: Match) -> Answer:
    for section in app.state.sections.values():
        scan.refresh(app.state, request, section)
    return Answer(node=container({}))


def cancel_all_scans(app: App, _request: Request, _match: Match) -> Answer:
    for section in app.state.sections.values():
        scan.cancel(app.state, section)
    return Answer(node=container({}))


def analyze_section(app: App, _request: Request, match: Match) -> Answer:
    _section(app, match)
    return ok()


def create_section(app: App, request: Request, _match: Match) -> Answer:
    return sections_api.create(app.state, request)


def edit_section_itself(app: App, request: Request, match: Match) -> Answer:
    return sections_api.edit(request, _section(app, match))


def delete_section(app: App, _request: Request, match: Match) -> Answer:
    return sections_api.delete(app.state, _section(app, match))


def cancel_scan(app: App, _request: Request, match: Match) -> Answer:
    return scan.cancel(app.state, _section(app, match))


def empty_trash(app: App, _request: Request, match: Match) -> Answer:
    return scan.empty_trash(app.state, _section(app, match))
