"""Every address the double knows. What is not here is a 404 in HTML, as on a real server.

The kinds are those of counters and faults. Order matters: the first pattern that fits wins.
"""

from __future__ import annotations

from tests.doubles.plex import handlers as h
from tests.doubles.plex import item_handlers as i
from tests.doubles.plex.router import Route, route

_EMPTY = "/(?:playlists|clients|butler|library/onDeck|hubs/sections/\\d+)"
_SECTION = "/library/sections/{n}"
_ITEM = "/library/metadata/{n}"
_COLLECTION = "/library/collections/{n}"
_SHELVES = "(posters|arts|clearLogos|squareArts|themes)"
_ONE = "(poster|art|clearLogo|squareArt|theme)"

_SERVER = (
    route("GET", "/", "root", h.root),
    route("GET", "/identity", "identity", h.identity, open=True),
    route("GET", "/library", "library", h.library),
    route("GET", "/library/all", "list", h.everything),
    route("GET", "/library/recentlyAdded", "list", h.recently_added),
    route("GET", "/system/agents", "other", h.agents),
    route("GET", _EMPTY, "other", h.nothing),
    route("GET", "/status/sessions", "sessions", h.play_sessions, owner=True),
    route("GET", "/status/sessions/history/all", "history", h.history),
    route("GET", "/accounts", "accounts", h.accounts, owner=True),
    route("GET", "/activities", "activities", h.activities),
    route("GET", "/:/prefs", "prefs", h.prefs, owner=True),
    route("GET", "/hubs/search", "search", h.hub_search),
    route("GET", "/services/browse(?:/([^/]*))?", "browse", h.browse_disk, owner=True),
    route("GET", "/:/websockets?/notifications|/:/eventsource/notifications", "events", h.events),
)

_SECTIONS = (
    route("GET", "/library/sections/?", "sections", h.sections),
    route("POST", "/library/sections", "section", h.create_section, write=True),
    route("GET POST", "/library/sections/all/refresh", "scan", h.scan_all, owner=True),
    route("DELETE", "/library/sections/all/refresh", "scan", h.cancel_all_scans, owner=True),
    route("PUT", _SECTION, "section", h.edit_section_itself, write=True),
    route("DELETE", _SECTION, "section", h.delete_section, write=True),
    route("PUT", _SECTION + "/analyze", "refresh", h.analyze_section, owner=True),
    route("GET", _SECTION + "/?", "section", h.section_page),
    route("GET", _SECTION + "/all", "list", h.list_all),
    route("PUT", _SECTION + "/all", "edit", h.edit_section, write=True),
    route("GET", _SECTION + "/collections", "list", h.list_collections),
    route("GET POST", _SECTION + "/refresh", "scan", h.scan_section, owner=True),
    route("DELETE", _SECTION + "/refresh", "scan", h.cancel_scan, owner=True),
    route("PUT", _SECTION + "/emptyTrash", "trash", h.empty_trash, owner=True),
    route("GET", _SECTION + "/(recentlyAdded|newest)", "list", h.list_recent),
    route("GET", _SECTION + "/([a-zA-Z]+)", "choices", h.filter_choices),
)

_ITEMS = (
    route("GET", "/library/metadata/{ns}", "details", i.show),
    route("PUT", "/library/metadata/{ns}", "edit", i.edit_items, write=True),
    route("DELETE", _ITEM, "delete", i.delete, write=True),
    route("DELETE", _ITEM + "/media/{n}", "delete", i.delete_media, write=True),
    route("GET", _ITEM + "/children", "children", i.children),
    route("GET", _ITEM + "/allLeaves", "children", i.all_leaves),
    route("GET", _ITEM + "/file", "image", i.image_by_address),
    route("GET", _ITEM + "/(thumb|art|clearLogo|squareArt|theme)(?:/{n})?", "image", i.image),
    route("GET", "/photo/:/transcode", "image", i.small_image),
    route("GET", _ITEM + "/posters", "posters", i.list_posters),
    route("GET", _ITEM + "/" + _SHELVES, "arts", i.list_images),
    route("POST", _ITEM + "/posters", "poster", i.upload_poster, write=True),
    route("POST", _ITEM + "/" + _SHELVES, "art", i.upload_image, write=True),
    route("PUT", _ITEM + "/poster", "poster", i.select_poster, write=True),
    route("PUT", _ITEM + "/" + _ONE, "art", i.select_image, write=True),
    route("DELETE", _ITEM + "/thumb", "poster", i.remove_poster, write=True),
    route("DELETE", _ITEM + "/" + _ONE, "art", i.remove_image, write=True),
    route("PUT", _ITEM + "/refresh", "refresh", i.refresh, owner=True),
    route("PUT", _ITEM + "/analyze", "refresh", i.analyze, owner=True),
    route("GET", _ITEM + "/matches", "match", i.matches, owner=True),
    route("PUT", _ITEM + "/match", "match", i.match, write=True),
    route("PUT", _ITEM + "/unmatch", "match", i.unmatch, write=True),
    route("PUT", _ITEM + "/split", "merge", i.split, write=True),
    route("PUT", _ITEM + "/merge", "merge", i.merge, write=True),
    route("PUT", "/:/rate", "rate", i.rate, write=True, owner=False),
    route("GET PUT", "/:/scrobble", "scrobble", i.scrobble, write=True, owner=False),
    route("GET PUT", "/:/unscrobble", "scrobble", i.unscrobble, write=True, owner=False),
)

_COLLECTIONS = (
    route("POST", "/library/collections", "collection", i.create_collection, write=True),
    route("GET", _COLLECTION, "collection", i.collection),
    route("GET", _COLLECTION + "/(?:children|items)", "collection", i.collection_children),
    route("PUT", _COLLECTION + "/items", "collection", i.collection_add, write=True),
    route("PUT", _COLLECTION + "/items/{n}/move", "collection", i.collection_move, write=True),
    route("PUT", _COLLECTION + "/prefs", "collection", i.collection_prefs, write=True),
    route("PUT", _ITEM + "/prefs", "collection", i.collection_prefs, write=True),
    route("DELETE", _COLLECTION + "/(?:children|items)/{n}", "collection", i.collection_remove, write=True),
    route("DELETE", _COLLECTION, "collection", i.delete_collection, write=True),
)

ROUTES: tuple[Route, ...] = _SERVER + _SECTIONS + _ITEMS + _COLLECTIONS
KINDS = tuple(sorted({entry.kind for entry in ROUTES} | {"other"}))
