"""Whether Plex is being asked at all. Only "Plex does not answer" opens the circuit; one probe closes it."""

from __future__ import annotations

from worker.timing import Timing


class CircuitBreaker:
    """Closed: Plex answers. Open: nothing is sent but one probe now and then. Times by the caller's clock."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._wait = 0.0
        self.down_since: float | None = None
        self.next_probe = 0.0

    @property
    def is_open(self) -> bool:
        """Whether Plex is taken to be down."""
        return self.down_since is not None

    def failed(self, now: float) -> bool:
        """Plex did not answer; says whether the circuit opened only now."""
        news = self.down_since is None
        self.down_since = now if self.down_since is None else self.down_since
        self._wait = min(max(self._wait * 2, self._timing.probe), self._timing.longest_probe)
        self.next_probe = now + self._wait
        return news

    def answered(self) -> bool:
        """Plex answered a probe; says whether the circuit was open. Only ``worked`` makes the waits short again."""
        news = self.is_open
        self.down_since = None
        return news

    def worked(self) -> None:
        """A scene was sent: Plex works."""
        self._wait = 0.0

    def may_probe(self, now: float) -> bool:
        """Whether it is time for a probe; a clock that jumped back does not put it off."""
        return self.is_open and not now < self.next_probe <= now + self._timing.longest_probe
