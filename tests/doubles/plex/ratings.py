"""Stars and plays: kept by account and guid, as in `metadata_item_settings`; no lock, no `updatedAt`."""

from __future__ import annotations

from tests.doubles.plex.details import one
from tests.doubles.plex.messages import Answer, Request, failure, ok
from tests.doubles.plex.model import Item
from tests.doubles.plex.nodes import container
from tests.doubles.plex.state import State


def rate(state: State, request: Request) -> Answer:
    """`PUT /:/rate?key=1&identifier=…&rating=8.0`; -1 takes the rating away."""
    item = one(state, request.get("key"))
    try:
        rating = float(request.get("rating"))
    except ValueError:
        return failure(400)
    settings = state.settings_of(request.account, item)
    settings.rating = None if rating < 0 else min(rating, 10.0)
    settings.last_rated_at = None if rating < 0 else state.now()
    _changed(state, item)
    return ok()


def scrobble(state: State, request: Request, played: bool) -> Answer:
    """`GET /:/scrobble` and `/:/unscrobble`: one more play, or none at all.

    The history gets no row (plexapi's tests).
    """
    item = one(state, request.get("key"))
    settings = state.settings_of(request.account, item)
    settings.view_count = settings.view_count + 1 if played else 0
    settings.last_viewed_at = state.now() if played else None
    settings.view_offset = 0
    _changed(state, item)
    return Answer(node=container({}))


def _changed(state: State, item: Item) -> None:
    state.applied_writes += 1
    settings_moved(state, item)


def settings_moved(state: State, item: Item) -> None:
    """An account's row for the item changed."""
    state.count_change(item, content=False)
    for name in ("userRating", "lastRatedAt", "viewCount", "lastViewedAt", "viewOffset", "inProgress"):
        state.field_moved(item, name)
