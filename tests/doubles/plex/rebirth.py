"""A server that is not the one it was: restored from a backup, set up anew behind the same address, its stamps moved.

What is lost is found again by a scan of the same disk, in another order than it came in: the same rating keys then
stand for other files. Only movie sections have a scanner; what other sections lose stays away.
"""

from __future__ import annotations

import hashlib

from tests.doubles.plex import scan
from tests.doubles.plex.library_file import add_section
from tests.doubles.plex.model import Item, Section
from tests.doubles.plex.state import State
from tests.doubles.plex.tagging import TagTable


def restore(state: State, kept: int) -> None:
    """A backup is put back that was made when `kept` was the newest rating key; 0 is one of empty sections."""
    for item in [item for item in state.items.values() if item.id > kept]:
        state.drop_item(item)
    guids = {item.guid for item in state.items.values()}
    state.settings = {name: row for name, row in state.settings.items() if name[1] in guids}
    playback = state.playback
    playback.sessions.clear()
    playback.history = [row for row in playback.history if row.guid in guids]
    state.rewind()
    _find_again(state)


def set_up_anew(state: State) -> None:
    """Another machineIdentifier, sections and items with keys from 1, nothing of what was edited, rated or played."""
    for item in list(state.items.values()):
        state.drop_item(item)
    state.machine_identifier = hashlib.sha1(state.machine_identifier.encode()).hexdigest()
    state.tags = TagTable()
    state.settings.clear()
    state.images.clear()
    state.playback.sessions.clear()
    state.playback.history.clear()
    before = list(state.sections.values())
    state.sections.clear()
    state.last_section = 0
    for number, section in enumerate(before, start=1):
        _make_again(state, section, number)
    state.rewind()
    _find_again(state)


def move_stamps(state: State, seconds: int, item: Item | None = None) -> None:
    """Move `addedAt` and `updatedAt` of an item, or of all items and sections, into the future or back."""
    for row in [item] if item else state.items.values():
        row.added_at += seconds
        state.field_moved(row, "addedAt")
        if row.updated_at is not None:
            state.show_change(row, stamp=row.updated_at + seconds)
        state.count_change(row, content=False)
    for section in () if item else state.sections.values():
        section.created_at += seconds
        section.updated_at += seconds
        section.scanned_at += seconds


def _make_again(state: State, section: Section, key: int) -> None:
    now = state.now()
    entry = {
        "title": section.title, "type": section.type, "agent": section.agent, "scanner": section.scanner,
        "language": section.language, "locations": [place.path for place in section.locations],
        "createdAt": now, "updatedAt": now, "scannedAt": now,
    }  # fmt: skip
    add_section(state, entry, key)


def _find_again(state: State) -> None:
    state.disk = dict(reversed(state.disk.items()))
    for section in state.sections.values():
        scan.at_once(state, section)
