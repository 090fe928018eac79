"""Whether a scene's cover has to be uploaded as poster or background: only when its bytes differ from the last.

Plex never lets go of an upload, so nothing is uploaded twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from stash.client import StashClient
from stash.pictures import NoPicture, Picture, cover_path, fetch_picture
from worker.metadata.memory import ItemMemory, PictureMemory
from worker.metadata.shown import Shown

#: Where a picture is uploaded to, and the field whose lock keeps it there.
SHELVES = {"poster": ("posters", "thumb"), "art": ("arts", "art")}

#: Gives a scene's cover, or None when it still has the mark it is asked with.
FetchCover = Callable[[str], Picture | NoPicture | None]


@dataclass(frozen=True)
class Covers:
    """``upload``: by place, what is new. ``marks``: what to remember. ``kept``: chosen by hand in Plex."""

    upload: dict[str, Picture] = field(default_factory=dict)
    marks: dict[str, PictureMemory] = field(default_factory=dict)
    kept: tuple[str, ...] = ()

    def locks(self, shown: Shown) -> dict[str, str | int]:
        """The locks that keep what is uploaded, as far as they are not set."""
        fields = [SHELVES[place][1] for place in self.upload]
        return {f"{name}.locked": 1 for name in fields if name not in shown.locks}


def cover_of(stash: StashClient, scene_id: int) -> FetchCover:
    """The way to a scene's cover. It raises StashUnavailable, SceneTrouble."""
    return lambda etag: fetch_picture(stash, cover_path(scene_id), etag)


def new_covers(
    shown: Shown, places: Iterable[str], memory: ItemMemory, fetch: FetchCover | None, keep_edits: bool
) -> Covers:
    """Compare the cover with what was uploaded last to each place; asks Stash once, with its mark where that is
    the same for all. Raises StashUnavailable, SceneTrouble."""
    places = list(places)
    if not places or fetch is None:
        return Covers()
    kept = [
        place
        for place in places
        if keep_edits and SHELVES[place][1] in shown.locks and place not in memory.pictures and not memory.pending
    ]
    places = [place for place in places if place not in kept]
    known = {place: memory.pictures.get(place, PictureMemory()) for place in places}
    marks = {one.etag for one in known.values()}
    cover = fetch(marks.pop() if len(marks) == 1 else "") if places else None
    if cover is None:
        return Covers(kept=tuple(kept))
    if isinstance(cover, NoPicture):
        seen = {place: one.model_copy(update={"etag": cover.etag}) for place, one in known.items() if cover.etag}
        return Covers(marks=seen, kept=tuple(kept))
    digest = hashlib.sha256(cover.content).hexdigest()
    return Covers(
        upload={place: cover for place, one in known.items() if one.sha256 != digest},
        marks={place: PictureMemory(etag=cover.etag, sha256=digest) for place in places},
        kept=tuple(kept),
    )
