"""What is held of a scene is left in Plex as it is. Pure."""

from __future__ import annotations

from dataclasses import replace

from worker.metadata.memory import Held, ItemMemory
from worker.metadata.wanted import Wanted


def leaving_held(wanted: Wanted, held: Held) -> Wanted:
    """The same wishes, without any for what is held."""
    if not held.any:
        return wanted
    return replace(
        wanted,
        texts={name: None if held.holds(name) else value for name, value in wanted.texts.items()},
        tags={name: None if held.holds(name) else value for name, value in wanted.tags.items()},
        photos={} if held.holds("actor") else wanted.photos,
        pictures=tuple(name for name in wanted.pictures if not held.holds(name)),
    )


def pictures_not_held(memory: ItemMemory, held: Held) -> ItemMemory:
    """What is remembered of an item, without the pictures that are held."""
    left = {name: one for name, one in memory.pictures.items() if not held.holds(name)}
    return replace(memory, pictures=left)
