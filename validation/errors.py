"""The error tree: which faults pass, which stay, and who has to act.

    PlexSyncError
    ├── TransientError              passes by itself; the scene stays in the queue
    │   ├── SceneTrouble            Stash answers, but fails at this one scene
    │   ├── StashTrouble            Stash answers, but fails at every scene; none is at fault
    │   ├── StashUnavailable        Stash does not answer, or not as Stash
    │   │   ├── stash.StashRefused      it answers, and does not let us in
    │   │   ├── stash.StashSilent       nobody is at its address
    │   │   └── stash.UnclearAnswer     it answers, and not with all that was asked for
    │   │       └── stash.PartialAnswer     it could not read some of that
    │   ├── StorageTrouble          the data folder is full, locked or gone; no scene is at fault
    │   └── plex.PlexTemporaryError
    │       ├── plex.PlexFailed         Plex answers 500
    │       ├── plex.PlexUnreachable    Plex does not answer at all
    │       ├── plex.PlexListMoved      a list changed while it was read
    │       ├── plex.PlexNotReady       Plex answers that it is still starting
    │       │   └── plex.PlexNotConnected   the first request failed (also a PlexUnreachable)
    │       └── plex.PlexNotFound       the file is not in Plex (yet)
    └── PermanentError              the same try would fail again; the scene is parked with this text
        ├── SceneFault              what Stash says of this scene cannot be sent
        ├── DamagedRow              what PlexSync itself remembers of this scene's item cannot be read
        ├── ConfigurationError      a person has to change a setting; the worker pauses, no scene is at fault
        │   └── plex.PlexConfigurationError (also a PlexPermanentError)
        └── plex.PlexPermanentError
            ├── plex.PlexRefused        this one item, or everything, as behind a proxy
            │   ├── plex.PlexForbidden      a change is not allowed (also a PlexConfigurationError)
            │   └── plex.PlexTooLong        a request is said to be too long
            ├── plex.PlexAmbiguous      several items fit and nothing tells them apart
            └── plex.PlexConflict       one item holds files of several scenes

A name with a room before it is defined there. The text of every error is one sentence for a person, free of tokens,
keys and cookies.
"""

from __future__ import annotations

#: Statuses that pass by themselves although they are not 5xx: a timeout, "too early" and "too many".
PASSING_STATUSES = frozenset({408, 425, 429})


class PlexSyncError(Exception):
    """Everything PlexSync raises on purpose."""


class TransientError(PlexSyncError):
    """Passes by itself: try again later."""


class PermanentError(PlexSyncError):
    """Trying the same again would fail the same way."""


class ConfigurationError(PermanentError):
    """Nothing can work until a person changes a setting."""


class StashUnavailable(TransientError):
    """Stash does not answer, or what answers is not Stash."""


class StorageTrouble(TransientError):
    """The data folder cannot be used at this moment."""


class SceneTrouble(TransientError):
    """Stash is there, but fails at this one scene; the next try may work."""


class StashTrouble(TransientError):
    """Stash is there, but cannot read any scene now."""


class SceneFault(PermanentError):
    """What Stash says of this one scene is nothing that could be sent."""


class DamagedRow(PermanentError):
    """A row that something depends on cannot be read; the text names its table, and what can be done. ``number``: the
    row's."""

    def __init__(self, text: str, number: int) -> None:
        super().__init__(text)
        self.number = number


def classify_http_error(status_code: int) -> type[TransientError] | type[PermanentError]:
    """Which branch of the tree an HTTP status belongs to.

    Every 5xx, known or not (Cloudflare's 520-530, 599), and 408, 425, 429 pass by themselves; 401 and 403
    need a person; other statuses that are not a success are permanent.
    """
    if status_code >= 500 or status_code in PASSING_STATUSES:
        return TransientError
    if status_code in (401, 403, 498):
        return ConfigurationError
    return PermanentError
