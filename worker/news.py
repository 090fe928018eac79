"""What a person who saves should know: one line, which the next hook writes into Stash's log (worker/hook.py).

The worker itself cannot write there. It leaves a line when a burst of edits is over, so that a bulk edit makes one;
while no hook has fetched it, what happens since joins it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from validation.outcomes import Ended
from worker.datadir import DataDir
from worker.jobs.tally import Tally
from worker.logs import SecretsFilter
from worker.system import replace
from worker.timing import Timing

#: Outcomes that nobody has to be told of.
_NO_NEWS = {Ended.UNCHANGED, Ended.GONE}


@dataclass(frozen=True)
class Holdup:
    """Why nothing is sent, in a sentence, and for how many scenes that is so."""

    why: str = ""
    scenes: int = 0

    def __str__(self) -> str:
        return f"{self.why} {self.scenes:,} scene{' waits' if self.scenes == 1 else 's wait'}." if self.why else ""


class News:
    """Collects what is to be told, and leaves it where hooks look."""

    def __init__(self, data: DataDir, secrets: SecretsFilter, timing: Timing, clock: Callable[[], float]) -> None:
        self._data = data
        self._secrets = secrets
        self._timing = timing
        self._clock = clock
        self._edited = self._since = 0.0
        #: What is in the file, and what came since.
        self._left, self._fresh = Tally(), Tally()
        self._left_why = ""
        self._known = Holdup()
        #: The last reason that a hook has fetched, and when that was noticed.
        self._told_why, self._told_at = "", 0.0

    def edited(self) -> None:
        """Somebody saved something just now."""
        self._edited = self._clock()

    def sent(self, tally: Tally) -> None:
        """What became of some scenes; the tally is empty afterwards."""
        if not _is_news(self._fresh):
            self._since = self._clock()
        tally.hand_over(self._fresh)

    def leave(self, holdup: Holdup) -> None:
        """Leave a line if there is something to tell and the burst is over."""
        if not _is_news(self._fresh) and holdup == self._known:
            return
        now = self._clock()
        if _within(now - self._edited, self._timing.news_quiet) and _within(
            now - self._since, self._timing.news_longest
        ):
            return
        self._known = holdup
        self._take_back(now)
        self._fresh.hand_over(self._left)
        told = holdup.why == self._told_why and _within(now - self._told_at, self._timing.hour)
        self._left_why = "" if told else holdup.why
        lately = f"Lately: {self._left.summary()}" if _is_news(self._left) else ""
        self._write(" ".join(part for part in (lately, str(holdup) if self._left_why else "") if part))

    def _take_back(self, now: float) -> None:
        """Remove the line that was left; one that is not there any more was fetched, and begins anew."""
        try:
            os.unlink(self._data.news)
        except OSError:
            self._left.clear()
            if self._left_why:
                self._told_why, self._told_at = self._left_why, now
        if not self._known.why:
            self._told_why = ""  # the next time it is news again

    def _write(self, line: str) -> None:
        if not line:
            return
        draft = f"{self._data.news}.{os.getpid()}"
        try:
            with open(
                os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline=""
            ) as file:
                file.write(self._secrets.masked(line))
            replace(draft, self._data.news)
        except OSError:
            return  # a full disk, which is told of elsewhere; this is a convenience


def _is_news(tally: Tally) -> bool:
    return any(count for outcome, count in tally.counts().items() if outcome not in _NO_NEWS)


def _within(passed: float, seconds: float) -> bool:
    """Whether it is so many seconds at most; a clock that was set back does not make it so."""
    return 0 <= passed < seconds
