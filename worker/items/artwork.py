"""Whether a scene's cover has to be uploaded as poster or background: only when its bytes differ from those of the
last upload.

Plex keeps every upload and has no way to delete one, so nothing is uploaded twice.
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

#: Fetches a scene's cover; None when its ETag is still the one that is passed along.
FetchCover = Callable[[str], Picture | NoPicture | None]


@dataclass(frozen=True)
class Covers:
    """What becomes of a scene's cover, by place (a key of SHELVES).

    ``upload``: pictures that are new there. ``memories``: what to remember of each. ``kept``: places whose picture
    was chosen by hand in Plex and stays.
    """

    upload: dict[str, Picture] = field(default_factory=dict)
    memories: dict[str, PictureMemory] = field(default_factory=dict)
    kept: tuple[str, ...] = ()

    def locks(self, shown: Shown) -> dict[str, str | int]:
        """The locks that keep what is uploaded, as far as they are not set."""
        fields = [SHELVES[place][1] for place in self.upload]
        return {f"{name}.locked": 1 for name in fields if name not in shown.locks}


def cover_of(stash: StashClient, scene_id: int) -> FetchCover:
    """What fetches a scene's cover. Its calls raise StashUnavailable, StashRefused and SceneTrouble."""
    return lambda etag: fetch_picture(stash, cover_path(scene_id), etag)


def new_covers(shown: Shown, places: Iterable[str], memory: ItemMemory, fetch: FetchCover, keep_edits: bool) -> Covers:
    """Compare a scene's cover with what was uploaded last to each place.

    Stash is asked once, with the last ETag where all places have the same. ``keep_edits``: a picture that was locked
    before the first upload counts as chosen by hand. Raises what ``fetch`` raises.
    """
    places = list(places)
    if not places:
        return Covers()
    kept = [
        place
        for place in places
        if keep_edits and SHELVES[place][1] in shown.locks and place not in memory.pictures and not memory.pending
    ]
    places = [place for place in places if place not in kept]
    known = {place: memory.pictures.get(place, PictureMemory()) for place in places}
    etags = {one.etag for one in known.values()}
    cover = fetch(etags.pop() if len(etags) == 1 else "") if places else None
    if cover is None:
        return Covers(kept=tuple(kept))
    if isinstance(cover, NoPicture):
        seen = {place: one.model_copy(update={"etag": cover.etag}) for place, one in known.items() if cover.etag}
        return Covers(memories=seen, kept=tuple(kept))
    digest = hashlib.sha256(cover.content).hexdigest()
    return Covers(
        upload={place: cover for place, one in known.items() if one.sha256 != digest},
        memories={place: PictureMemory(etag=cover.etag, sha256=digest) for place in places},
        kept=tuple(kept),
    )
