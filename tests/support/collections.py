"""What tests of collections look at."""

from __future__ import annotations

from typing import Any

from tests.support.pairs import Pair
from tests.support.workbench import Workbench


def collections(workbench: Workbench) -> dict[str, dict[str, Any]]:
    """Every collection of Plex's by its title."""
    return {str(item["title"]): item for item in workbench.plex.items() if item["type"] == "collection"}


def sync(pair: Pair) -> int:
    """Sync the scene, which must neither wait nor be parked afterwards; how many writes that took."""
    pair.workbench.sync(pair.scene)
    assert (pair.workbench.parked(), pair.workbench.waiting()) == ({}, {})
    return pair.workbench.plex.counts()["writes"]


def asked_for_collections(workbench: Workbench) -> list[str]:
    """The requests of the last sync that were about collections, reads included."""
    found = [one for one in workbench.plex.requests if one.kind == "collection" or one.params.get("type") == "18"]
    return [f"{one.method} {one.path}" for one in found]
