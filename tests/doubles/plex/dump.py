"""Everything the double knows of an item, as plain data for tests and for `/__double__/state`."""

from __future__ import annotations

from typing import Any

from tests.doubles.plex.images import SHELVES, selected
from tests.doubles.plex.model import TAG_ELEMENTS, Item
from tests.doubles.plex.state import OWNER, State


def dump_item(state: State, item: Item) -> dict[str, Any]:
    """Fields under their wire names; tag lists under their edit names (`genre`, `actor`, `label`, …)."""
    settings = state.settings.get((OWNER, item.guid))
    return {
        "ratingKey": item.id,
        "section": item.section,
        "type": item.type,
        "guid": item.guid,
        **item.fields,
        "titleSort": item.title_sort,
        "duration": item.duration,
        "addedAt": item.added_at,
        "updatedAt": item.updated_at,
        "deletedAt": item.deleted_at,
        "changedAt": item.changed_at,
        "userRating": settings.rating if settings else None,
        "viewCount": settings.view_count if settings else 0,
        "ratings": {account: row.rating for (account, guid), row in state.settings.items() if guid == item.guid},
        "locked": sorted(item.locks or ()),
        "tags": {kind: [t.tag.text for t in item.tags(kind)] for kind in TAG_ELEMENTS if item.tags(kind)},
        "roles": [{"tag": t.tag.text, "role": t.text, "thumb": t.thumb or t.tag.thumb} for t in item.tags("actor")],
        "media": [
            [{"id": p.id, "file": p.file, "size": p.size, "deletedAt": p.deleted_at} for p in media.parts]
            for media in item.media
        ],
        "posters": list(item.shelves["posters"].keys) if item.shelves and "posters" in item.shelves else [],
        "selected": {SHELVES[kind]: selected(item, kind) for kind in SHELVES if selected(item, kind)},
    }


def dump_state(state: State) -> dict[str, Any]:
    """Sections, items and what was done to them. Large for a large library: ask for one item instead."""
    return {
        "server": {"name": state.name, "machineIdentifier": state.machine_identifier},
        "clock": state.clock(),
        "editsWithoutId": state.edits_without_id,
        "itemsHitWithoutId": state.items_hit_without_id,
        "appliedWrites": state.applied_writes,
        "sections": [
            {
                "key": section.key,
                "title": section.title,
                "type": section.type,
                "locations": [place.path for place in section.locations],
                "refreshing": section.refreshing,
                "contentChangedAt": section.content_changed_at,
                "items": len(section.items),
            }
            for section in state.sections.values()
        ],
        "items": [dump_item(state, item) for item in state.items.values()],
        "disk": {path: file.size for path, file in state.disk.items()},
    }
