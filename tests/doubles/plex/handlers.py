"""One small function for each address: takes the path apart and calls the module that knows the subject."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.doubles.plex import (
    actions,
    artwork,
    collection_api,
    edits,
    envelopes,
    meta,
    ratings,
    search,
)  # fmt: skip
from tests.doubles.plex import (
    browse as folders,
)
from tests.doubles.plex import (
    details as items,
)
from tests.doubles.plex import (
    scan as scanning,
)
from tests.doubles.plex.messages import Answer, HTTPFailure, Request, failure, ok
from tests.doubles.plex.model import TYPE_NUMBERS, Item, Section
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


def _item(app: App, match: Match) -> Item:
    return items.one(app.state, match[1])


def _collection(app: App, match: Match) -> Item:
    found = _item(app, match)
    if found.type != "collection":
        raise HTTPFailure(failure(404))
    return found


# --- the server -----------------------------------------------------------------------------------


def root(app: App, request: Request, _match: Match) -> Answer:
    return envelopes.root(app.state, request.account == OWNER)


def identity(app: App, _request: Request, _match: Match) -> Answer:
    return envelopes.identity(app.state)


def library(_app: App, _request: Request, _match: Match) -> Answer:
    return envelopes.library()


def activities(app: App, _request: Request, _match: Match) -> Answer:
    return scanning.activities(app.state)


def agents(_app: App, _request: Request, _match: Match) -> Answer:
    return envelopes.agents()


def nothing(_app: App, _request: Request, _match: Match) -> Answer:
    """An address that exists and has nothing to show here (playlists, sessions, hubs)."""
    return Answer(node=container({}))


def prefs(app: App, _request: Request, _match: Match) -> Answer:
    """Two of a real server's many: its name, and whether scans empty the trash."""
    trash = app.state.switches.auto_empty_trash
    rows = [
        Node("Setting", {"id": "FriendlyName", "type": "text", "value": app.state.name, "default": ""}),
        Node("Setting", {"id": "autoEmptyTrash", "type": "bool", "value": trash, "default": True}),
    ]
    return Answer(node=container({}, rows))


def hub_search(app: App, request: Request, _match: Match) -> Answer:
    return search.hub_search(app.state, request)


def browse(app: App, request: Request, match: Match) -> Answer:
    return folders.services(app.state, request, match[1] or "")


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


def section_folder(app: App, request: Request, match: Match) -> Answer:
    return folders.section_folder(app.state, request, _section(app, match))


def first_characters(app: App, _request: Request, match: Match) -> Answer:
    return search.first_characters(_section(app, match))


def filters(app: App, _request: Request, match: Match) -> Answer:
    return Answer(node=container({}, meta.filter_nodes(_section(app, match), "Directory")))


def sorts(app: App, _request: Request, match: Match) -> Answer:
    return Answer(node=container({}, meta.sort_nodes(_section(app, match), "Directory")))


def filter_choices(app: App, request: Request, match: Match) -> Answer:
    if match[2] not in search.FILTER_NAMES:
        return failure(404)
    return search.filter_choices(app.state, request, _section(app, match), match[2])


def scan(app: App, request: Request, match: Match) -> Answer:
    return scanning.refresh(app.state, request, _section(app, match))


def cancel_scan(app: App, _request: Request, match: Match) -> Answer:
    return scanning.cancel(app.state, _section(app, match))


def empty_trash(app: App, _request: Request, match: Match) -> Answer:
    return scanning.empty_trash(app.state, _section(app, match))


# --- items ----------------------------------------------------------------------------------------


def details(app: App, request: Request, match: Match) -> Answer:
    answer = items.details(app.state, request, match[1])
    if not request.flag("skipRefresh"):
        # A real server looks for changed local media when details are read, and says so.
        activity = {"type": "library.refresh.items", "refreshed": False, "Context": {"key": request.path}}
        app.state.events.publish("activity", "ActivityNotification", {"event": "ended", "Activity": activity})
    return answer


def edit_items(app: App, request: Request, match: Match) -> Answer:
    return edits.apply_to(app.state, request, items.existing(app.state, match[1]))


def delete(app: App, _request: Request, match: Match) -> Answer:
    return actions.delete(app.state, _item(app, match))


def delete_media(app: App, _request: Request, match: Match) -> Answer:
    return actions.delete_media(app.state, _item(app, match), int(match[2]))


def children(app: App, request: Request, match: Match) -> Answer:
    return items.children(app.state, request, match[1])


def refresh(app: App, _request: Request, match: Match) -> Answer:
    return actions.refresh(app.state, _item(app, match))


def analyze(app: App, _request: Request, match: Match) -> Answer:
    _item(app, match)
    return ok()


def matches(app: App, request: Request, match: Match) -> Answer:
    return actions.matches(app.state, request, _item(app, match))


def match(app: App, request: Request, match: Match) -> Answer:
    return actions.match(app.state, request, _item(app, match))


def unmatch(app: App, _request: Request, match: Match) -> Answer:
    return actions.unmatch(app.state, _item(app, match))


def split(app: App, _request: Request, match: Match) -> Answer:
    return actions.split(app.state, _item(app, match))


def merge(app: App, request: Request, match: Match) -> Answer:
    return actions.merge(app.state, request, _item(app, match))


def rate(app: App, request: Request, _match: Match) -> Answer:
    return ratings.rate(app.state, request)


def scrobble(app: App, request: Request, _match: Match) -> Answer:
    return ratings.scrobble(app.state, request, played=True)


def unscrobble(app: App, request: Request, _match: Match) -> Answer:
    return ratings.scrobble(app.state, request, played=False)


# --- images ---------------------------------------------------------------------------------------


def image(app: App, _request: Request, match: Match) -> Answer:
    return artwork.shown(app.state, _item(app, match), artwork.shelf_of(match[2]))


def image_by_address(app: App, request: Request, match: Match) -> Answer:
    _item(app, match)
    return artwork.by_address(app.state, request)


def list_images(app: App, _request: Request, match: Match) -> Answer:
    return artwork.listed(_item(app, match), artwork.shelf_of(match[2]))


def upload_image(app: App, request: Request, match: Match) -> Answer:
    return artwork.upload(app.state, request, _item(app, match), artwork.shelf_of(match[2]))


def select_image(app: App, request: Request, match: Match) -> Answer:
    return artwork.choose(app.state, _item(app, match), artwork.shelf_of(match[2]), request.get("url"))


def remove_image(app: App, _request: Request, match: Match) -> Answer:
    return artwork.take_away(app.state, _item(app, match), artwork.shelf_of(match[2]))


def list_posters(app: App, _request: Request, match: Match) -> Answer:
    return artwork.listed(_item(app, match), "posters")


def upload_poster(app: App, request: Request, match: Match) -> Answer:
    return artwork.upload(app.state, request, _item(app, match), "posters")


def select_poster(app: App, request: Request, match: Match) -> Answer:
    return artwork.choose(app.state, _item(app, match), "posters", request.get("url"))


def remove_poster(app: App, _request: Request, match: Match) -> Answer:
    return artwork.take_away(app.state, _item(app, match), "posters")


# --- collections ----------------------------------------------------------------------------------


def create_collection(app: App, request: Request, _match: Match) -> Answer:
    return collection_api.create(app.state, request)


def collection(app: App, request: Request, match: Match) -> Answer:
    return collection_api.shown(app.state, request, _collection(app, match))


def collection_children(app: App, request: Request, match: Match) -> Answer:
    return collection_api.children(app.state, request, _collection(app, match))


def collection_add(app: App, request: Request, match: Match) -> Answer:
    return collection_api.add(app.state, request, _collection(app, match))


def collection_remove(app: App, _request: Request, match: Match) -> Answer:
    return collection_api.remove(app.state, _collection(app, match), match[2])


def delete_collection(app: App, _request: Request, match: Match) -> Answer:
    return collection_api.delete(app.state, _collection(app, match))
