"""When to try again, as pure functions, and all waiting times in one place."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, fields

#: Divides every waiting time of a process: for demonstrations and tests, which would rather not wait.
TIME_SCALE = "PLEXSYNC_TIME_SCALE"


@dataclass(frozen=True)
class Timing:
    """Waiting times of the worker, in seconds."""

    #: Between two looks into the inbox.
    poll: float = 0.5
    #: The same after so long without anything to do: an idle worker is to cost next to nothing.
    quiet_poll: float = 1.0
    quiet: float = 60.0
    #: For how long scenes are sent in one go before other things are looked after; an event ends that.
    stretch: float = 5.0
    #: From an event until work begins: its hook is about to end, and somebody waits for that.
    saving: float = 0.05
    #: Between two looks at Stash: our settings, whether we are enabled, what was changed; and while it has tasks to do.
    about: float = 60.0
    about_busy: float = 20.0
    #: How long a hook may take to tell of a change that Stash shows already.
    telling: float = 15.0
    #: Between two moments in which it is looked whether a comparison is due.
    chore: float = 5.0
    #: How old our settings may be when somebody saves a scene.
    fresh_settings: float = 2.0
    #: How long another program may keep a database locked before that counts as trouble.
    patience: float = 10.0
    #: How long Stash may be silent before the worker gives it up; it is asked at least once a minute.
    stash_gone: float = 7 * 24 * 3600.0
    #: How long an update of the plugin may take, between removing its files and writing the new ones.
    updating: float = 5.0
    #: Between two looks at Plex's change counter while scenes wait to appear there.
    new_files: float = 30.0
    #: How old the index may be to be believed that Plex lacks a file.
    believe_miss: float = 2.0
    #: First and longest wait after a temporary fault of one scene; doubled each time.
    backoff: float = 5.0
    longest_backoff: float = 600.0
    #: First and longest wait between two probes while Plex is down, longest while Stash is; doubled each time.
    probe: float = 2.0
    longest_probe: float = 60.0
    #: Between two tries while a setting has to be corrected.
    pause: float = 60.0
    #: How long a scene may be missing in Plex before it is parked.
    give_up_missing: float = 24 * 3600.0
    #: How long "soon" is: until a pass after a changed setting, a long outage, or a scan that is under way.
    soon: float = 300.0
    #: An hour, where a setting counts in hours.
    hour: float = 3600.0
    #: An outage of Plex that is long enough to compare the libraries afterwards.
    long_outage: float = 3600.0
    #: How long Plex is not asked again to scan the same folder.
    rescan: float = 600.0
    #: How long nobody may have saved anything before Stash's log is to hear of it, and how long it waits for that.
    news_quiet: float = 2.0
    news_longest: float = 60.0
    #: A Plex that was not asked for so long is asked which server it is, before it is written to.
    identity: float = 300.0
    #: Between two looks at what was played in Plex; and while its events cannot be heard.
    ask_plays: float = 3600.0
    ask_plays_unheard: float = 600.0
    #: Between two looks at what all of Plex's items show of it.
    list_views: float = 24 * 3600.0
    #: How long a task waits for Plex to come back before it leaves the rest to the worker.
    task_patience: float = 20.0

    def faster(self, scale: float) -> Timing:
        """The same times divided by ``scale``."""
        return Timing(**{field.name: getattr(self, field.name) / scale for field in fields(self)})


def timing_from_environment() -> Timing:
    """The usual times, divided by PLEXSYNC_TIME_SCALE where that is set to a number above 0."""
    try:
        scale = float(os.environ.get(TIME_SCALE, "1"))
    except ValueError:
        scale = 1.0
    return Timing().faster(scale) if scale > 0 and scale != 1 else Timing()


#: Tries of a scene that fails while Plex and Stash work, before it is parked.
MOST_ATTEMPTS = 8

#: The same while no other scene works either: about a day at the longest backoff.
MOST_ATTEMPTS_ALONE = 200


def backoff(timing: Timing, attempts: int, chance: Callable[[], float]) -> float:
    """Seconds to wait after the n-th failure of a scene: doubled each time, between half and all of it.

    ``chance`` gives numbers from 0 to 1, so that scenes that failed together do not return together.
    """
    full = min(timing.backoff * 2.0 ** min(attempts - 1, 30), timing.longest_backoff)
    return full * (0.5 + 0.5 * chance())


#: Share of the time a scene may be missing, up to which it is looked for at the interval beside it: in minutes
#: at first, then hours. Of 24 hours: each minute for 5, each 5 minutes for an hour, then half-hourly, 2-hourly.
_MISSING_STEPS = ((5 / 1440, 1 / 1440), (60 / 1440, 5 / 1440), (360 / 1440, 30 / 1440), (1.0, 120 / 1440))


def missing_delay(timing: Timing, waited: float) -> float | None:
    """Seconds until a scene that Plex lacks is looked for again, by how long it waited; None: give up."""
    share = max(0.0, waited) / timing.give_up_missing
    for until, interval in _MISSING_STEPS:
        if share < until:
            return interval * timing.give_up_missing
    return None
