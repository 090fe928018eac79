"""`scene_filter`: which scenes match, with the meanings that Stash's SQL gives (pkg/sqlite/criterion_handlers.go).

Worth knowing: EQUALS on a text is SQL's LIKE, so `_` and `%` in the value match anything and case does not
count; INCLUDES takes each word of the value by itself unless the value stands in double quotes; times are
compared as text, each in the offset that it was written in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tests.doubles.stash.clock import rfc3339
from tests.doubles.stash.model import Group, Performer, Scene, Studio, Tag
from tests.doubles.stash.registry import to_int

Criterion = Mapping[str, Any]
Test = Callable[[Scene], bool]
_T = TypeVar("_T", int, float, str)


def scene_test(scene_filter: Criterion) -> Test:
    """One test for the whole filter. Raises ValueError for what Stash refuses."""
    tests: list[Test] = []
    for name, criterion in scene_filter.items():
        if criterion is not None and name not in ("AND", "OR", "NOT"):
            tests.append(_test(name, criterion))

    def own(scene: Scene) -> bool:
        return all(test(scene) for test in tests)

    if scene_filter.get("AND"):
        both = scene_test(scene_filter["AND"])
        return lambda scene: own(scene) and both(scene)
    if scene_filter.get("OR"):
        either = scene_test(scene_filter["OR"])
        return lambda scene: own(scene) or either(scene)
    if scene_filter.get("NOT"):
        other = scene_test(scene_filter["NOT"])
        return lambda scene: own(scene) and not other(scene)
    return own


def lowest_id(scene_filter: Criterion) -> int | None:
    """The id above which alone something can match: keyset paging need not look at those before."""
    criterion = scene_filter.get("id")
    if not criterion or criterion["modifier"] != "GREATER_THAN" or scene_filter.get("OR"):
        return None
    return int(criterion["value"])


def _test(name: str, criterion: Any) -> Test:
    if name == "organized":
        return lambda scene: scene.organized is criterion
    if name == "is_missing":
        return _missing(criterion)
    if name == "path":
        matches = text_test(criterion)
        return lambda scene: any(matches(file.path) for file in scene.files) or (
            not scene.files and criterion["modifier"] == "IS_NULL"
        )
    if name in _NUMBERS:
        number, holds = _NUMBERS[name], _compare(criterion, criterion["value"], criterion.get("value2") or 0)
        return lambda scene: holds(number(scene))
    if name == "stash_id_endpoint":
        return _with_stash_id(criterion)
    if name in ("created_at", "updated_at"):
        holds_time = _compare(criterion, criterion["value"], criterion.get("value2") or "9999")
        return lambda scene: holds_time(rfc3339(getattr(scene, name)))
    return _related(name, criterion)


_NUMBERS: dict[str, Callable[[Scene], float | None]] = {
    "id": lambda scene: scene.id,
    "play_count": lambda scene: scene.play_count,
    "rating100": lambda scene: scene.rating100,
}


def _compare(criterion: Criterion, low: _T, high: _T) -> Callable[[_T | None], bool]:
    """What is NULL matches nothing but IS_NULL, as in SQL."""
    modifier = criterion["modifier"]
    if modifier == "IS_NULL":
        return lambda value: value is None
    if modifier == "NOT_NULL":
        return lambda value: value is not None
    tests: dict[str, Callable[[_T], bool]] = {
        "EQUALS": lambda value: value == low,
        "NOT_EQUALS": lambda value: value != low,
        "GREATER_THAN": lambda value: value > low,
        "LESS_THAN": lambda value: value < low,
        "BETWEEN": lambda value: low <= value <= high,
        "NOT_BETWEEN": lambda value: not low <= value <= high,
    }
    if modifier not in tests:
        raise ValueError(f"unsupported modifier {modifier}")
    holds = tests[modifier]
    return lambda value: value is not None and holds(value)


def text_test(criterion: Criterion) -> Callable[[str], bool]:
    value, modifier = criterion["value"], criterion["modifier"]
    if modifier in ("EQUALS", "NOT_EQUALS"):
        pattern = _like(value)
        return lambda text: (pattern.fullmatch(text) is not None) is (modifier == "EQUALS")
    if modifier in ("INCLUDES", "EXCLUDES"):
        patterns = [_like(f"%{word}%") for word in _words(value)]
        return lambda text: any(p.fullmatch(text) for p in patterns) is (modifier == "INCLUDES")
    if modifier in ("MATCHES_REGEX", "NOT_MATCHES_REGEX"):
        try:
            regex = re.compile(value)
        except re.error as error:
            raise ValueError(f"error parsing regexp: {error}") from error
        return lambda text: (regex.search(text) is not None) is (modifier == "MATCHES_REGEX")
    if modifier in ("IS_NULL", "NOT_NULL"):
        return lambda text: (text.strip() == "") is (modifier == "IS_NULL")
    raise ValueError(f"unsupported string filter modifier {modifier}")


def _words(value: str) -> list[str]:
    stripped = value.strip()
    unquoted = stripped.strip('"')
    return stripped.split() if unquoted == stripped else [unquoted]


def _like(value: str) -> re.Pattern[str]:
    """SQLite's LIKE: any case, `%` any text, `_` any character."""
    parts = (".*" if c == "%" else "." if c == "_" else re.escape(c) for c in value)
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _missing(what: str) -> Test:
    if what != "cover":
        raise ValueError(f"the double does not look for what is missing of {what}")
    return lambda scene: scene.cover is None


def _with_stash_id(criterion: Criterion) -> Test:
    """Of one endpoint or of any: whether there is an id, or which."""
    endpoint, modifier = criterion.get("endpoint"), criterion["modifier"]

    def known(scene: Scene) -> list[str]:
        return [one.stash_id for one in scene.stash_ids if endpoint in (None, one.endpoint)]

    if modifier in ("IS_NULL", "NOT_NULL"):
        return lambda scene: bool(known(scene)) is (modifier == "NOT_NULL")
    matches = text_test({"value": criterion.get("stash_id") or "", "modifier": modifier})
    return lambda scene: any(matches(one) for one in known(scene))


def _related(name: str, criterion: Criterion) -> Test:
    """tags, performers, studios, groups: by ids. `depth` takes sub-studios and sub-tags along (-1: all)."""
    modifier, depth = criterion["modifier"], criterion.get("depth") or 0
    wanted = {to_int(text) for text in criterion.get("value") or ()}
    excluded = {to_int(text) for text in criterion.get("excludes") or ()}
    if modifier == "EXCLUDES":
        excluded, wanted = excluded | wanted, set()
    if modifier in ("IS_NULL", "NOT_NULL"):
        return lambda scene: (not _shown(scene, name)) is (modifier == "IS_NULL")

    if modifier not in ("INCLUDES", "INCLUDES_ALL", "EXCLUDES", "EQUALS"):
        raise ValueError(f"{modifier} modifier is not supported for multi criterion input")

    def matches(scene: Scene) -> bool:
        items = _shown(scene, name)
        reached = {number for item in items for number in _with_parents(item, depth)}
        if not excluded.isdisjoint(reached):
            return False
        if modifier == "INCLUDES" and wanted:
            return not wanted.isdisjoint(reached)
        return wanted <= reached and (modifier != "EQUALS" or len(items) == len(wanted))

    return matches


def _shown(scene: Scene, name: str) -> Sequence[Performer | Studio | Tag | Group]:
    if name == "studios":
        return [scene.studio] if scene.studio is not None else []
    if name == "groups":
        return [entry.group for entry in scene.groups]
    return scene.tags if name == "tags" else scene.performers


def _with_parents(item: Performer | Studio | Tag | Group, depth: int) -> set[int]:
    """Its own id, and of those above it that a filter with `depth` reaches it by (-1: all)."""
    found = {item.id}
    if depth == 0:
        return found
    parents: Sequence[Studio | Tag] = []
    if isinstance(item, Studio) and item.parent_studio is not None:
        parents = [item.parent_studio]
    elif isinstance(item, Tag):
        parents = item.parents
    for parent in parents:
        found |= _with_parents(parent, depth - 1)
    return found
