"""Reading scenes: findScene, findScenes, and the fields of a scene that are more than an attribute."""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.doubles.stash.clock import rfc3339
from tests.doubles.stash.filters import lowest_id, scene_test
from tests.doubles.stash.model import Performer, Scene, Tag
from tests.doubles.stash.registry import Info, Resolvers, request_of, to_int

resolvers = Resolvers()

DEFAULT_PAGE = 25

# Seconds that a real Stash with 10,000 scenes was seen to take for each scene.
COST_OF_SCENE = 0.000_25
COST_OF_TEXTS = 0.000_05
COST_OF_TAGS = 0.001_6
COST_OF_PERFORMERS = 0.000_7
#: For each scene of a library that is sorted by what has no index: SQLite alone takes 22 ms for 100,000.
COST_OF_SORTING = 0.000_000_4

_DIGITS = re.compile(r"(\d+)")

# pkg/sqlite/scene.go, sceneSortOptions: of those, what the double can sort by.
_SORTS: dict[str, Callable[[Scene], Any]] = {
    "id": lambda scene: scene.id,
    "title": lambda scene: _natural(scene.title or scene.path.rpartition("/")[2]),
    "path": lambda scene: scene.path,
    "date": lambda scene: scene.date or "",
    "created_at": lambda scene: rfc3339(scene.created_at),
    "updated_at": lambda scene: rfc3339(scene.updated_at),
    "play_count": lambda scene: scene.play_count,
    "random": lambda scene: (scene.id * 52_959_209) % 2_147_483_647,
}


@dataclass(slots=True)
class FoundScenes:
    """`count` is worked out only if asked for, as in Stash."""

    scenes: list[Scene]
    all: Callable[[], Iterable[Scene]]
    counted: int | None = None

    @property
    def count(self) -> int:
        return sum(1 for _ in self.all()) if self.counted is None else self.counted


@resolvers.field("Query", "findScene")
def find_scene(_: Any, info: Info, id: str | None = None) -> Scene | None:
    request = request_of(info)
    request.cost += COST_OF_SCENE
    return None if id is None else request.stash.library.scenes.get(to_int(id))


@resolvers.field("Query", "findScenes")
def find_scenes(
    _: Any,
    info: Info,
    scene_filter: Mapping[str, Any] | None = None,
    scene_ids: list[int] | None = None,
    ids: list[str] | None = None,
    filter: Mapping[str, Any] | None = None,
) -> FoundScenes:
    """By ids (then filter and paging count for nothing), or by filter; no ids at all are no question for any."""
    request = request_of(info)
    library = request.stash.library
    wanted = [to_int(text) for text in ids or ()] or scene_ids
    refuse_duplicates(ids or ())
    with library.lock:
        if wanted:
            chosen = _by_ids(request.stash.library.scenes, wanted)
            found = FoundScenes(chosen, lambda: chosen)
        else:
            found = _search(request, scene_filter or {}, filter or {})
            if (filter or {}).get("sort", "id") != "id":
                request.cost += COST_OF_SORTING * len(library.scenes)
    request.cost += COST_OF_SCENE * len(found.scenes)
    return found


def refuse_duplicates(ids: Iterable[object]) -> None:
    """What Stash says of an id that is there twice (internal/api/input.go)."""
    seen = set()
    for one in ids:
        if one in seen:
            raise ValueError(f"validating ids: duplicate id found: {one}")
        seen.add(one)


def _by_ids(scenes: Mapping[int, Scene], wanted: list[int]) -> list[Scene]:
    """One id that is missing, or there twice, fails the whole (pkg/sqlite/scene.go, FindMany)."""
    left = dict.fromkeys(wanted)
    found = []
    for number in wanted:
        if number not in scenes or number not in left:
            raise LookupError(f"scene with id {number} not found")
        del left[number]
        found.append(scenes[number])
    return found


def _search(request: Any, scene_filter: Mapping[str, Any], page_filter: Mapping[str, Any]) -> FoundScenes:
    stash = request.stash
    test = scene_test(scene_filter)
    text = (page_filter.get("q") or "").lower()
    after = lowest_id(scene_filter)

    def everything() -> Iterable[Scene]:
        with stash.library.lock:
            return [s for s in stash.library.scenes_in_order(after) if test(s) and _has_text(s, text)]

    sort = page_filter.get("sort") or "id"
    key = _SORTS.get("random" if sort.startswith("random_") else sort)
    if key is None:
        raise ValueError(f"invalid sort: {sort}")
    descending = page_filter.get("direction") == "DESC"
    start, size = page_bounds(page_filter)
    if sort == "id" and not descending:
        matching = (s for s in stash.library.scenes_in_order(after) if test(s) and _has_text(s, text))
        stop = None if size is None else start + size
        # A real database counts keys without reading rows.
        counted = (
            stash.library.count_above(after) if after is not None and len(scene_filter) == 1 and not text else None
        )
        return FoundScenes(list(itertools.islice(matching, start, stop)), everything, counted)
    stop = None if size is None else start + size
    return FoundScenes(_first(everything(), stop, key, descending)[start:], everything)


def _first(scenes: Iterable[Scene], most: int | None, key: Callable[[Scene], Any], descending: bool) -> list[Scene]:
    """The first ``most`` in order. Of a hundred thousand, those that cannot be among them are not put in order."""
    chosen = [(key(scene), scene) for scene in scenes]
    if most is not None and len(chosen) > most:
        keys = [one for one, _ in chosen]
        border = (heapq.nlargest if descending else heapq.nsmallest)(max(most, 1), keys)[-1]
        chosen = [(one, scene) for one, scene in chosen if (one >= border if descending else one <= border)]
    chosen.sort(key=lambda pair: _last_sort(pair[1]))
    chosen.sort(key=lambda pair: pair[0], reverse=descending)
    return [scene for _, scene in chosen[:most]]


def _last_sort(scene: Scene) -> tuple[int, int, list[tuple[bool, int, str]]]:
    """What stands in the same place otherwise: those without a title by id, then the others by title, whatever
    the direction (`COALESCE(scenes.title, scenes.id) COLLATE NATURAL_CI ASC`)."""
    return (1, 0, _natural(scene.title)) if scene.title else (0, scene.id, [])


def _natural(text: str) -> list[tuple[bool, int, str]]:
    """Any case; numbers inside by their value."""
    parts = (part for part in _DIGITS.split(text.lower()) if part)
    return [(False, int(part), "") if part.isdecimal() else (True, 0, part) for part in parts]


def _has_text(scene: Scene, text: str) -> bool:
    """`q`: every word somewhere in title, details, path or code."""
    if not text:
        return True
    where = f"{scene.title}\n{scene.details}\n{scene.path}\n{scene.code}".lower()
    return all(word in where for word in text.split())


def page_bounds(page_filter: Mapping[str, Any]) -> tuple[int, int | None]:
    """First index and page size; None is everything. per_page 0 gives none, -1 all, absent 25."""
    size = page_filter.get("per_page")
    size = DEFAULT_PAGE if size is None else size
    if size < 0:
        return 0, None
    return (max(page_filter.get("page") or 1, 1) - 1) * size, size


# -- fields of a scene -------------------------------------------------------------------------------------


@resolvers.field("Scene", "title")
def title(scene: Scene, info: Info) -> str:
    request_of(info).cost += COST_OF_TEXTS
    return scene.title


@resolvers.field("Scene", "performers")
def performers(scene: Scene, info: Info) -> list[Performer]:
    request_of(info).cost += COST_OF_PERFORMERS
    return scene.performers


@resolvers.field("Scene", "tags")
def tags(scene: Scene, info: Info) -> list[Tag]:
    """Sorted by sort name or name, whatever order they were given in."""
    request_of(info).cost += COST_OF_TAGS
    return sorted(scene.tags, key=lambda tag: (tag.sort_name or tag.name).lower())


@resolvers.field("Scene", "paths")
def paths(scene: Scene, info: Info) -> dict[str, str]:
    """`t` is `updated_at`: it moves with every edit."""
    address = f"{request_of(info).base_url}/scene/{scene.id}/screenshot"
    return {"screenshot": f"{address}?t={int(scene.updated_at)}"}
