"""Single facts that outlive a process, each under a name of its own."""

from __future__ import annotations

from enum import Enum
from math import isfinite

from worker.storage.rows import shown
from worker.storage.tables import Tables


class Fact(Enum):
    """Every fact there is; the value is its name in the table."""

    #: When the next scheduled comparison is due, in seconds since 1970.
    RECONCILE_AT = "reconcile_at"
    #: How often the comparison that is due waited for tasks of Stash's.
    POSTPONED = "postponed"
    #: What it waits for, or waited for the last time: a sentence.
    WAITED_FOR = "waited_for"
    #: Up to which time of change by Stash's clock the pulse has nothing to look for, in seconds since 1970: what came
    #: before its first look, or is left to a comparison.
    PULSE_BEGINS = "pulse_begins"
    #: A fingerprint of the settings by which Plex was written.
    SETTINGS = "settings"
    #: Why a scheduled comparison stopped itself: a sentence.
    GUARD = "guard"
    #: Since when nothing is written, as the setting "Only look" wants it, in seconds since 1970.
    ONLY_LOOK = "only_look"
    #: Since when there are changes that were only looked at, in seconds since 1970: everything is to be compared anew.
    COMPARE_ANEW = "compare_anew"
    #: Why nothing is sent until a person acts: a sentence.
    PAUSED = "paused"
    #: Since when that is because Plex refuses every write while it can be read, in seconds since 1970.
    REFUSED_SINCE = "refused_since"
    #: That everything stays in Plex as it is until a person lets it go: a sentence.
    ALL_HELD = "all_held"
    #: The undo that held everything, by its number in the journal.
    ALL_HELD_BY = "all_held_by"
    #: What of the settings cannot be used: a list of sentences, as JSON.
    SETTING_FAULTS = "setting_faults"
    #: Why Stash does not let the background worker in: a sentence.
    SESSION = "session"
    #: Why Plex did not answer when it was asked last, or did not let us in, in a sentence; absent where it did.
    PLEX_SILENT = "plex_silent"
    #: Since when that is so, or since when it answers, in seconds since 1970; absent before it was asked.
    PLEX_SINCE = "plex_since"
    #: The same of Stash, as the background worker reaches it.
    STASH_SILENT = "stash_silent"
    STASH_SINCE = "stash_since"
    #: Since when Plex's events are heard, in seconds since 1970; and why they are not: a sentence.
    EVENTS_HEARD = "events_heard"
    EVENTS_SILENT = "events_silent"
    #: When a person last had everything tried again that a server did not keep, in seconds since 1970.
    TRIED_AGAIN = "tried_again"
    #: This installation's identity in Plex.
    CLIENT_IDENTIFIER = "client_identifier"


class Facts(Tables):
    """The table ``facts``."""

    def set_fact(self, fact: Fact, value: str) -> None:
        """Keep a fact; an empty value removes it."""
        with self._database:
            if value:
                self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (fact.value, value))
            else:
                self._database.execute("DELETE FROM facts WHERE name = ?", (fact.value,))

    @property
    def is_looking_only(self) -> bool:
        """Whether nothing is written: no outcome and no memory is changed then."""
        return bool(self.fact(Fact.ONLY_LOOK))

    def fact(self, fact: Fact) -> str:
        """A fact, or empty."""
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (fact.value,)).fetchone()
        return shown(row[0]) if row else ""

    def number(self, fact: Fact) -> float | None:
        """A fact that is a number; None where there is none, or something else."""
        try:
            found = float(self.fact(fact))
        except ValueError:
            return None
        return found if isfinite(found) else None
