"""The settings of a collection, as plexapi reads and writes them."""

from __future__ import annotations

from tests.doubles.plex import collecting
from tests.doubles.plex.model import Item
from tests.doubles.plex.nodes import Node, Scalar
from tests.doubles.plex.state import State

# Setting -> its values and their names (plexapi/collection.py). The first of each is the default.
_SETTINGS = {
    "collectionMode": {
        -1: "Library default",
        0: "Hide collection",
        1: "Hide items in this collection",
        2: "Show this collection and its items",
    },
    "collectionSort": {0: "Release date", 1: "Alphabetical", 2: "Custom"},
    "collectionFilterBasedOnUser": {0: "Admin user", 1: "Current user"},
}


def prefs_node(collection: Item) -> Node:
    """The `Preferences` element that `includePreferences=1` adds."""
    rows = []
    for name in _names(collection):
        values = _SETTINGS[name]
        default = next(iter(values))
        attrs: dict[str, Scalar] = {"id": name, "type": "int", "default": default}
        attrs["value"] = collection.fields.get(name, default)
        attrs["enumValues"] = "|".join(f"{number}:{text}" for number, text in values.items())
        rows.append(Node("Setting", attrs))
    return Node("Preferences", {}, rows)


def set_pref(state: State, collection: Item, name: str, value: str) -> bool:
    """Whether it is a setting that this collection has, with a value that it takes; others are ignored."""
    if name not in _names(collection) or value not in map(str, _SETTINGS[name]):
        return False
    if name == "collectionSort":
        collecting.set_order(state, collection, int(value))
    else:
        collection.fields[name] = int(value)
    return True


def _names(collection: Item) -> tuple[str, ...]:
    """A smart collection has no order of its own, and nobody filters an ordinary one."""
    return ("collectionMode", "collectionFilterBasedOnUser" if collection.content else "collectionSort")
