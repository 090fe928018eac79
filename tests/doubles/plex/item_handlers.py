"""The addresses of items, their images and collections: the path taken apart, the right module called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.doubles.plex import actions, artwork, collection_api, details, edits, ratings
from tests.doubles.plex.messages import Answer, HTTPFailure, Request, failure, ok
from tests.doubles.plex.model import Item

if TYPE_CHECKING:
    from tests.doubles.plex.app import App

Match = re.Match[str]


def _item(app: App, match: Match) -> Item:
    return details.one(app.state, match[1])


def _collection(app: App, match: Match) -> Item:
    found = _item(app, match)
    if found.type != "collection":
        raise HTTPFailure(failure(404))
    return found


# --- items ----------------------------------------------------------------------------------------


def show(app: App, request: Request, match: Match) -> Answer:
    answer = details.details(app.state, request, match[1])
    if not request.flag("skipRefresh"):
        # A real server looks for changed local media when details are read, and says so.
        activity = {"type": "library.refresh.items", "refreshed": False, "Context": {"key": request.path}}
        app.state.events.publish("activity", "ActivityNotification", {"event": "ended", "Activity": activity})
    return answer


def edit_items(app: App, request: Request, match: Match) -> Answer:
    return edits.apply_to(app.state, request, details.existing(app.state, match[1]))


def delete(app: App, _request: Request, match: Match) -> Answer:
    return actions.delete(app.state, _item(app, match))


def delete_media(app: App, _request: Request, match: Match) -> Answer:
    return actions.delete_media(app.state, _item(app, match), int(match[2]))


def children(app: App, request: Request, match: Match) -> Answer:
    return details.children(app.state, request, match[1])


def all_leaves(app: App, request: Request, match: Match) -> Answer:
    return details.children(app.state, request, match[1], leaves=True)


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


def small_image(app: App, request: Request, _match: Match) -> Answer:
    """The double makes nothing small: it sends the picture behind the address as it is."""
    found = re.fullmatch(r"/library/metadata/(\d+)/(thumb|art)(?:/\d+)?", request.get("url"))
    return artwork.shown(app.state, _item(app, found), artwork.shelf_of(found[2])) if found else failure(404)


def image_by_address(app: App, request: Request, match: Match) -> Answer:
    _item(app, match)
    return artwork.by_address(app.state, request)


def list_images(app: App, _request: Request, match: Match) -> Answer:
    return artwork.listed(app.state, _item(app, match), artwork.shelf_of(match[2]))


def upload_image(app: App, request: Request, match: Match) -> Answer:
    return artwork.upload(app.state, request, _item(app, match), artwork.shelf_of(match[2]))


def select_image(app: App, request: Request, match: Match) -> Answer:
    return artwork.choose(app.state, _item(app, match), artwork.shelf_of(match[2]), request.get("url"))


def remove_image(app: App, _request: Request, match: Match) -> Answer:
    return artwork.take_away(app.state, _item(app, match), artwork.shelf_of(match[2]))


def list_posters(app: App, _request: Request, match: Match) -> Answer:
    return artwork.listed(app.state, _item(app, match), "posters")


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


def collection_prefs(app: App, request: Request, match: Match) -> Answer:
    return collection_api.set_prefs(app.state, request, _collection(app, match))


def collection_move(app: App, request: Request, match: Match) -> Answer:
    return collection_api.move(app.state, request, _collection(app, match), match[2])


def delete_collection(app: App, _request: Request, match: Match) -> Answer:
    return collection_api.delete(app.state, _collection(app, match))
