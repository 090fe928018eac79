"""Why the background worker ends by itself."""

from __future__ import annotations


class Ending(Exception):
    """The worker is to end; the text says why."""


class Silent(Ending):
    """Stash has not been heard of for days; an event from now on needs another worker."""


class Updated(Ending):
    """The plugin's files changed: a new worker takes over."""


class Unwanted(Ending):
    """Stash says that the plugin is disabled, or does not know it any more."""

    def __init__(self) -> None:
        super().__init__("the plugin is disabled or gone from Stash.")


class Asked(Ending):
    """The system asks every process to end, or a person asks this one. ``signal``: its name."""

    def __init__(self, signal: str) -> None:
        super().__init__(
            f"it was asked to ({signal}). What waits is kept; the next saved scene or task starts another."
        )
