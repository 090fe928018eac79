"""The guid an item gets: its shape tells which agent the section has."""

from __future__ import annotations

import hashlib
import uuid

from tests.doubles.plex.model import Section

NO_AGENT = "tv.plex.agents.none"


def default_guid(section: Section, kind: str, key: int) -> str:
    """The shape depends on the agent; a rating is kept by it, so it must differ from item to item."""
    digest = hashlib.sha1(f"{section.uuid}/{key}".encode()).hexdigest()
    if kind == "collection":
        return f"collection://{uuid.UUID(digest[:32])}"
    if section.agent == "com.plexapp.agents.none":
        return f"com.plexapp.agents.none://{digest}?lang={section.language}"
    if section.agent == NO_AGENT:
        return f"tv.plex.agents.none://{key}"
    if section.agent.startswith("tv.plex.agents."):
        return f"plex://{kind}/{digest[:24]}"
    return f"local://{key}"
