"""What else can be done to an item: delete, match, refresh, split, merge."""

from __future__ import annotations

import re

from tests.doubles.plex import agent, collecting, collection_api
from tests.doubles.plex.details import existing
from tests.doubles.plex.guids import default_guid
from tests.doubles.plex.messages import Answer, Request, failure, ok
from tests.doubles.plex.model import Item, Media, Section
from tests.doubles.plex.nodes import Node, container
from tests.doubles.plex.paths import stem
from tests.doubles.plex.state import State

_EXTERNAL_ID = re.compile(r"(imdb|tmdb|tvdb)-\w+")


def delete(state: State, item: Item) -> Answer:
    """`DELETE /library/metadata/{id}`: the item and its files, if the server allows it."""
    if item.type == "collection":
        return collection_api.delete(state, item)
    if not state.switches.media_deletion:
        return failure(403)
    remove(state, item)
    return ok()


def remove(state: State, item: Item) -> None:
    """The item and its files are gone, and those who listen are told."""
    for part in item.files():
        state.disk.pop(part.file, None)
    collecting.drop(state, item)
    state.events.timeline(item.section, item.id, 1, item.title, 9)


def delete_media(state: State, item: Item, media_id: int) -> Answer:
    """`DELETE …/media/{id}`: one version with its files; the last one takes the item with it."""
    media = next((row for row in item.media if row.id == media_id), None)
    if media is None:
        return failure(404)
    if not state.switches.media_deletion:
        return failure(403)
    for part in media.parts:
        state.disk.pop(part.file, None)
    state.drop_media(item, media)
    if item.media:
        _changed(state, item)
    else:
        collecting.drop(state, item)
    return ok()


def refresh(state: State, item: Item) -> Answer:
    """`PUT …/refresh`: the agent writes all that is not locked; a "none" agent has nothing to write."""
    state.applied_writes += 1
    agent.refresh(state, item)
    return ok()


def unmatch(state: State, item: Item) -> Answer:
    """The item loses its agent's guid, and with it the ratings kept under that."""
    _give_guid(state, item, f"local://{item.id}")
    _changed(state, item)
    return ok()


def match(state: State, request: Request, item: Item) -> Answer:
    """`PUT …/match?guid=…&name=…`."""
    if not request.get("guid"):
        return failure(400)
    _give_guid(state, item, request.get("guid"))
    if request.get("name") and "title" not in (item.locks or ()):
        item.fields["title"] = request.get("name")
        state.field_moved(item, "titleSort")
    if request.get("name") and item.known is not None:
        item.known.fields["title"] = request.get("name")
    _changed(state, item)
    return ok()


def matches(state: State, request: Request, item: Item) -> Answer:
    """`GET …/matches`: one suggestion, made of the title that was asked for or the item's own.

    A title like `imdb-tt0165832` finds the item with that id, or nothing.
    """
    title = request.get("title") or item.title
    section = state.sections[item.section]
    known = _by_external_id(section, title)
    if known is None and _EXTERNAL_ID.fullmatch(title):
        return Answer(node=container({}))
    if known is not None:
        title, guid = known.title, known.guid
    else:
        guid = default_guid(section, item.type, item.id)
    row = Node("SearchResult", {"guid": guid, "name": title, "score": 100})
    return Answer(node=container({}, [row]))


def _by_external_id(section: Section, text: str) -> Item | None:
    """The item that an agent would find for `imdb-tt0165832`, as plexapi's getGuid asks for it."""
    for item in section.items.values():
        guids = (item.elements or {}).get("Guid")
        if isinstance(guids, list) and any(str(row["id"]).replace("://", "-") == text for row in guids):
            return item
    return None


def split(state: State, item: Item) -> Answer:
    """Every version but the first becomes an item of its own."""
    for media in item.media[1:]:
        state.drop_media(item, media)
        _separate(state, item, media)
    _changed(state, item)
    return ok()


def merge(state: State, request: Request, item: Item) -> Answer:
    """`PUT …/merge?ids=2,3`: their versions join this item, and they are gone."""
    for other in existing(state, request.get("ids")):
        if other is item:
            continue
        versions = list(other.media)
        collecting.drop(state, other)
        for media in versions:
            item.media.append(media)
            for part in media.parts:
                state.remember_file(item, part)
    _changed(state, item)
    return ok()


def _separate(state: State, item: Item, media: Media) -> None:
    section = state.sections[item.section]
    key = state.new_key()
    state.add_item(
        Item(
            id=key,
            section=item.section,
            type=item.type,
            guid=default_guid(section, item.type, key),
            fields={"title": stem(media.parts[0].file)},
            added_at=state.now(),
            updated_at=state.now(),
            duration=item.duration,
            media=[media],
        )
    )


def _give_guid(state: State, item: Item, guid: str) -> None:
    """Ratings and plays are kept by guid, so the item now has those of the new one."""
    item.guid = guid
    for name in ("guid", "userRating", "lastRatedAt", "viewCount", "lastViewedAt"):
        state.field_moved(item, name)


def _changed(state: State, item: Item) -> None:
    state.applied_writes += 1
    state.show_change(item)
    state.count_change(item)
