"""What we ask of Stash besides scenes: our settings, whether we are still enabled, its task queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stash.client import StashClient, understood

PLUGIN_ID = "PlexSync"

#: What is asked about us, in a document with the variable ``$plugin``.
ABOUT_FIELDS = "configuration { plugins(include: [$plugin]) general { apiKey } } plugins { id enabled }"
ABOUT = f"query AboutPlexSync($plugin: ID!) {{ {ABOUT_FIELDS} }}"
QUEUE = "query JobQueue { jobQueue { status description } }"


@dataclass(frozen=True)
class About:
    """The plugin's own standing in Stash. ``settings`` holds only keys that somebody set."""

    enabled: bool
    settings: Mapping[str, Any]


def read_about(stash: StashClient) -> About:
    """Our settings and whether we are enabled; from here on the API key is used, if Stash has one.

    Raises StashUnavailable.
    """
    answer = stash.execute(ABOUT, {"plugin": PLUGIN_ID})
    with understood():
        return about_in(stash, answer)


def about_in(stash: StashClient, answer: Mapping[str, Any]) -> About:
    """As ``read_about``, out of an answer to ``ABOUT_FIELDS``. Raises LookupError, TypeError, AttributeError."""
    configuration = answer["configuration"]
    settings = (configuration["plugins"] or {}).get(PLUGIN_ID)
    plugins = {str(plugin["id"]): bool(plugin["enabled"]) for plugin in answer["plugins"] or []}
    stash.use_api_key(str(configuration["general"]["apiKey"] or ""))
    return About(plugins.get(PLUGIN_ID, False), settings if isinstance(settings, Mapping) else {})


def tasks_under_way(stash: StashClient) -> list[str]:
    """What Stash has to do, such as a scan, the one at work first: each in Stash's words. Raises StashUnavailable."""
    answer = stash.execute(QUEUE)
    with understood():
        return [str(task["description"]) for task in answer["jobQueue"] or []]  # null when there is none
