"""Switches that make the Plex double kinder than a real server, for random tests: the product stumbles there yet."""

from __future__ import annotations

from typing import Any

#: Each has a test that shows the fault by itself and is marked as expected to fail. When the last mark goes, this goes.
KINDER: dict[str, Any] = {"held_image": "select", "personal_media": False, "sort_titles": "given"}
