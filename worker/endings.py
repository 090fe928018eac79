"""Why the background worker ends by itself."""

from __future__ import annotations


class Ending(Exception):
    """The worker is to end; the text says why."""


class Idle(Ending):
    """There is nothing to do, or nothing that can be done; an event from now on needs another worker."""


class Updated(Ending):
    """The plugin's files changed: a new worker takes over."""


class Unwanted(Ending):
    """Stash says that the plugin is disabled, or does not know it any more."""

    def __init__(self) -> None:
        super().__init__("the plugin is disabled or gone from Stash.")
