"""Which scenes the user wants in Plex, and what has to be read of them, as pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from stash.scenes import Details
from validation.config import PlexSyncConfig
from validation.names import keys_named, name_key, name_keys, readings
from validation.paths import is_inside
from validation.scenes import Scene


def left_out(scene: Scene, config: PlexSyncConfig) -> str:
    """Why the user's selection leaves a scene out, in a few words; empty when it does not."""
    tags = name_keys(tag.name for tag in scene.tags)
    never = [name for name in readings(config.never_tags) if name_key(name) in tags]
    if config.only_organized and not scene.organized:
        return "not organized"
    if config.only_with_stash_id and not scene.stash_ids:
        return "without a StashID"
    if config.only_rated and not scene.rating100:
        return "not rated"
    if config.only_tags and not keys_named(config.only_tags) & tags:
        return "without any of the tags that are chosen"
    if never:
        return f'with the tag "{never[0]}"'
    return left_out_by_folder([file.path for file in scene.files], config)


def left_out_by_folder(paths: Sequence[str], config: PlexSyncConfig) -> str:
    """The same by the folders of a scene's files alone, for who has not read the rest of it."""
    only, never = readings(config.only_paths), readings(config.never_paths)
    if only and paths and not any(is_inside(path, root) for path in paths for root in only):
        return "outside the folders that are chosen"
    shut_out = [root for root in never if any(is_inside(path, root) for path in paths)]
    return f"below {shut_out[0]}" if shut_out else ""


def details_needed(config: PlexSyncConfig) -> Details:
    """What to read of scenes beyond what is always read: only what some setting uses."""
    pictured = (
        config.collection_studio,
        config.collection_parent_studio,
        config.collection_groups,
        config.collection_performers,
        config.collection_favorites,
        config.plex_stash_url,
    )
    return Details(images=any(pictured), stash_ids=config.only_with_stash_id)
