"""Scanning: answered at once, done later. New files become items, missing ones go to the trash.

A path outside every location is skipped without a word; nothing hands out a handle for the scan. It shows
only in `refreshing`, `/activities`, notifications and the section's times.
"""

from __future__ import annotations

import uuid

from tests.doubles.plex import agent, collecting
from tests.doubles.plex.library_file import add_entry
from tests.doubles.plex.messages import Answer, Request
from tests.doubles.plex.model import TYPE_NUMBERS, Item, Part, Section
from tests.doubles.plex.nodes import Node, container
from tests.doubles.plex.paths import extension, inside
from tests.doubles.plex.state import State

_VIDEOS = frozenset(("mp4", "m4v", "mkv", "avi", "wmv", "mov", "mpg", "mpeg", "flv", "webm", "ts", "mts"))


def refresh(state: State, request: Request, section: Section) -> Answer:
    """`GET` or `POST /library/sections/{id}/refresh[?path=][&force=1]`: queue a scan of all or of one folder.

    With `force=1` the agent also writes every item again: it is no plain scan (plexapi's tests).
    """
    folder = request.get("path").rstrip("/\\")
    if not folder or any(inside(folder, place.path) for place in section.locations):
        _queue(state, section, folder, request.flag("force"))
    return Answer(node=container({}))


def cancel(state: State, section: Section) -> Answer:
    """`DELETE` of the same address: what is running stops."""
    for key in [key for key, row in state.activities.items() if row["section"] == str(section.key)]:
        _end(state, section, key)
    return Answer(node=container({}))


def empty_trash(state: State, section: Section) -> Answer:
    """Items in the trash go for good, and so do parts whose files are gone."""
    for item in list(section.items.values()):
        for media in list(item.media):
            media_gone = all(part.deleted_at is not None for part in media.parts)
            if media_gone and item.deleted_at is None:
                state.drop_media(item, media)
        if item.deleted_at is not None:
            collecting.drop(state, item)
            state.events.timeline(section.key, item.id, 1, item.title, 9)
    return Answer()


def at_once(state: State, section: Section) -> None:
    """All that is on disk is found now, without a word."""
    _scan(state, section, "")
    section.scanned_at = section.updated_at = state.now()


def activities(state: State) -> Answer:
    """`GET /activities`."""
    rows = [
        Node(
            "Activity",
            {"uuid": key, "type": "library.update.section", "cancellable": True, "userID": 1,
             "title": f"Scanning {row['title']}", "subtitle": row["folder"], "progress": 0},
        )
        for key, row in state.activities.items()
    ]  # fmt: skip
    return Answer(node=container({}, rows))


def _queue(state: State, section: Section, folder: str, force: bool) -> None:
    """Scans run one after the other."""
    key = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{section.key}/{folder}/{state.changes}/{state.clock()}"))
    section.refreshing = True
    state.activities[key] = {"section": str(section.key), "title": section.title, "folder": folder}
    _announce(state, key, "started", section)
    begin = max(state.timer(), state.scan_free_at)
    state.scan_free_at = begin + state.switches.scan_delay
    state.later(state.scan_free_at - state.timer(), lambda: _run(state, section, folder, key, force))


def _run(state: State, section: Section, folder: str, key: str, force: bool) -> None:
    if key not in state.activities:
        return
    _scan(state, section, folder)
    if force:
        for item in list(section.items.values()):
            if not folder or any(inside(part.file, folder) for part in item.files()):
                agent.refresh(state, item)
    section.scanned_at = section.updated_at = state.now()
    _end(state, section, key)
    if state.switches.auto_empty_trash:
        empty_trash(state, section)


def _end(state: State, section: Section, key: str) -> None:
    del state.activities[key]
    section.refreshing = any(row["section"] == str(section.key) for row in state.activities.values())
    _announce(state, key, "ended", section)


def _announce(state: State, key: str, event: str, section: Section) -> None:
    activity = {"uuid": key, "type": "library.update.section", "title": f"Scanning {section.title}"}
    state.events.publish("activity", "ActivityNotification", {"event": event, "uuid": key, "Activity": activity})


def _scan(state: State, section: Section, folder: str) -> None:
    places = [folder] if folder else [place.path for place in section.locations]

    def looked_at(path: str) -> bool:
        return any(inside(path, place) for place in places)

    known = {part.file for item in section.items.values() for part in item.files()}
    missing = [
        (item, part)
        for item in section.items.values()
        for part in item.files()
        if part.file not in state.disk and looked_at(part.file)
    ]
    fresh = [path for path in state.disk if path not in known and looked_at(path) and extension(path) in _VIDEOS]
    if state.switches.moved_file_keeps_key:
        fresh = [path for path in fresh if not _moved(state, missing, path)]
    # Shows and music need a scanner that reads names; only movie sections grow here.
    for path in fresh if section.type == "movie" else ():
        _add(state, section, path)
    for item, part in missing:
        if part.file not in state.disk:
            _mark_missing(state, item, part)
    for item in section.items.values():
        for part in item.files():
            if part.deleted_at is not None and part.file in state.disk:
                _mark_found(state, item, part)
            elif part.file in state.disk and looked_at(part.file):
                _look_again(state, item, part)


def _moved(state: State, missing: list[tuple[Item, Part]], path: str) -> bool:
    """The same content under a new path, while the old one is gone: the same item, if that is switched on."""
    for item, part in missing:
        if part.content == state.disk[path].content and part.file not in state.disk:
            state.forget_file(item, part)
            part.file = path
            state.remember_file(item, part)
            _mark_found(state, item, part)
            state.show_change(item)
            state.count_change(item)
            return True
    return False


def _add(state: State, section: Section, path: str) -> None:
    file = state.disk[path]
    entry = {"file": path, "size": file.size, "content": file.content, **file.fields}
    item = add_entry(state, section, entry)
    kind = TYPE_NUMBERS[item.type]
    state.events.timeline(section.key, item.id, kind, item.title, 0)
    agent.refresh(state, item)
    delay = state.switches.analysis_delay
    if delay > 0:
        media, updated = item.media, item.updated_at
        item.media, item.updated_at = [], None

        def analysed() -> None:
            item.media, item.updated_at = media, updated
            state.field_moved(item, "updatedAt")
            state.count_change(item)

        state.later(delay, analysed)


def _look_again(state: State, item: Item, part: Part) -> None:
    """A file that was replaced in place: the item stays, with the new file's size."""
    file = state.disk[part.file]
    if part.size is not None and part.size != file.size:
        part.size, part.content = file.size, file.content
        state.show_change(item)
        state.count_change(item)


def _mark_missing(state: State, item: Item, part: Part) -> None:
    """Soft deletion: the part first, the item when no part is left."""
    if part.deleted_at is not None:
        return
    part.deleted_at = state.now()
    if all(other.deleted_at is not None for other in item.files()):
        item.deleted_at = state.now()
    state.show_change(item)
    state.count_change(item)


def _mark_found(state: State, item: Item, part: Part) -> None:
    if part.deleted_at is None and item.deleted_at is None:
        return
    part.deleted_at = item.deleted_at = None
    state.show_change(item)
    state.count_change(item)
