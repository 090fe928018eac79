"""Lists as plain requests see them."""

from __future__ import annotations

from typing import Any

import requests

from tests.doubles.plex import PlexDouble

ALL = "/library/sections/1/all?type=1"


def container(plex: PlexDouble, query: str = "", **headers: str) -> dict[str, Any]:
    """A list as JSON, which is quicker to look into than XML."""
    answer = requests.get(
        f"{plex.url}{ALL}{query}",
        headers={"X-Plex-Token": plex.token, "Accept": "application/json", **headers},
        timeout=10,
    )
    found: dict[str, Any] = answer.json()["MediaContainer"]
    return found


def keys(plex: PlexDouble, query: str) -> list[int]:
    return [int(row["ratingKey"]) for row in container(plex, query).get("Metadata", [])]
