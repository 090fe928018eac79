"""The user's selection as filters of Stash's, which counts with them what selection.py chooses. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from validation.config import PlexSyncConfig
from validation.names import keys_named, name_key, readings
from validation.paths import inside_pattern

#: A ``SceneFilterType`` of Stash's, as JSON.
SceneFilter = Mapping[str, object]

#: The settings that choose scenes.
SETTINGS = (
    "only_organized", "only_with_stash_id", "only_rated", "only_tags", "never_tags", "only_paths", "never_paths"
)  # fmt: skip


def selecting(config: PlexSyncConfig) -> list[str]:
    """The settings that choose scenes and are set."""
    return [key for key in SETTINGS if getattr(config, key)]


def wanted_filter(config: PlexSyncConfig, tags: Mapping[int, str]) -> SceneFilter | None:
    """A filter that the chosen scenes fit, and those that are left out for a folder alone; None when none can.

    ``tags``: the names of Stash's tags by their numbers.
    """
    only, never = _numbers(tags, config.only_tags), _numbers(tags, config.never_tags)
    if config.only_tags and not only:
        return None
    criteria: list[dict[str, object]] = []
    if config.only_organized:
        criteria.append({"organized": True})
    if config.only_with_stash_id:
        criteria.append({"stash_id_endpoint": {"modifier": "NOT_NULL"}})
    if config.only_rated:
        criteria.append({"rating100": {"value": 0, "modifier": "GREATER_THAN"}})
    if only:
        criteria.append({"tags": {"value": only, "modifier": "INCLUDES"}})
    if never:
        criteria.append({"tags": {"value": never, "modifier": "EXCLUDES"}})
    if config.only_paths:
        criteria.append(below(readings(config.only_paths)))
    return all_of(criteria)


def below(folders: Sequence[str]) -> dict[str, object]:
    """A filter for scenes with a file in one of some folders."""
    return {"path": {"value": "|".join(map(inside_pattern, folders)), "modifier": "MATCHES_REGEX"}}


def all_of(criteria: Sequence[Mapping[str, object]]) -> SceneFilter:
    """A filter for what fits all of some filters, of which none has an AND, OR or NOT."""
    joined: dict[str, object] = {}
    for criterion in reversed(criteria):
        joined = {**criterion, "AND": joined} if joined else dict(criterion)
    return joined


def _numbers(tags: Mapping[int, str], names: tuple[str, ...]) -> list[str]:
    keys = keys_named(names)
    return [str(number) for number, name in tags.items() if name_key(name) in keys]
