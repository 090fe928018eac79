"""One light look at Stash: our settings, whether it has tasks to do, and which scenes it changed last.

Stash sorts by ``updated_at`` as text of one second's resolution, in the offset that its machine had when the row was
written (pkg/sqlite/timestamp.go): rows of two offsets do not stand in the order of time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from stash.client import StashClient, StashRefused, StashSilent, understood
from stash.paging import number_of, scene_pages
from stash.server import ABOUT_FIELDS, PLUGIN_ID, About, about_in, read_about
from validation.errors import StashUnavailable

#: Scenes in one look.
LOOK = 50

#: Pages of all scenes changed since some time that are read at most, beside a look.
MOST_PAGES = 4

BEAT = f"""
query Beat($plugin: ID!, $look: Int!, $page: Int!, $deeper: Boolean!) {{
  {ABOUT_FIELDS}
  jobQueue {{ status }}
  newest: findScenes(filter: {{per_page: $look, sort: "updated_at", direction: DESC}}) {{ scenes {{ id updated_at }} }}
  deeper: findScenes(filter: {{per_page: $look, page: $page, sort: "updated_at", direction: DESC}})
    @include(if: $deeper) {{ scenes {{ id updated_at }} }}
}}
"""

SINCE = """
query ScenesChangedSince($since: String!, $after: Int!, $count: Int!) {
  findScenes(
    scene_filter: {
      id: {value: $after, modifier: GREATER_THAN}, updated_at: {value: $since, modifier: GREATER_THAN}
    }
    filter: {per_page: $count, sort: "id", direction: ASC}
  ) { count scenes { id updated_at } }
}
"""


class Changed(NamedTuple):
    """A scene, and when it was last changed, as Stash writes it."""

    scene_id: int
    updated_at: str


@dataclass(frozen=True)
class Beat:
    """What a look told. ``busy``: whether Stash has tasks to do. ``newest``: the scenes changed last, the latest text
    first, and ``deeper`` those of the page that was asked for beside; None where Stash could not say. ``told_at``: what
    Stash's clock showed, in seconds since 1970; None where that is not known."""

    about: About
    busy: bool = False
    newest: tuple[Changed, ...] | None = None
    deeper: tuple[Changed, ...] = ()
    told_at: float | None = None


def read_beat(stash: StashClient, page: int = 1) -> Beat:
    """One look. ``page``: which page of the scenes changed last is read beside the first, 1 for none.

    A Stash that fails at lists of scenes still says how we stand; one that is silent is not asked twice. Raises
    StashUnavailable.
    """
    variables = {"plugin": PLUGIN_ID, "look": LOOK, "page": page, "deeper": page > 1}
    try:
        answer = stash.execute(BEAT, variables)
        told_at = stash.told_at
        with understood():
            newest = tuple(map(_changed, answer["newest"]["scenes"]))
            deeper = tuple(map(_changed, answer["deeper"]["scenes"])) if page > 1 else ()
            return Beat(about_in(stash, answer), bool(answer["jobQueue"]), newest, deeper, told_at)
    except (StashRefused, StashSilent):
        raise
    except StashUnavailable:
        return Beat(read_about(stash))


def changed_since(stash: StashClient, since: str) -> Iterator[tuple[Changed, ...]]:
    """Every scene whose time of change is a greater text than ``since``, in pages of up to 500 by number, which stay
    whole while scenes come and go. Raises StashUnavailable."""
    return (page.scenes for page in scene_pages(stash, SINCE, _changed, {"since": since}))


def _changed(scene: Any) -> Changed:
    return Changed(number_of(scene), str(scene["updated_at"]))
