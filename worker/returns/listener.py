"""Listening to Plex in a thread of its own, which only reads, and lays down what it hears.

So it goes on while a task owns the data. Whose session it is, is asked as soon as that is met: once it has stopped,
nobody knows.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from plex.client import PlexClient
from plex.playing import read_sessions
from plex.streams import Playing, PlayState, listen
from validation.errors import PlexSyncError
from worker.returns.heard import Heard
from worker.timing import Timing

log = logging.getLogger(__name__)

#: Sessions whose user is remembered.
MOST_SESSIONS = 1000

#: Events for which a session's user is asked for in vain.
MOST_QUESTIONS = 3

#: Events that are kept in memory while they cannot be laid down.
MOST_KEPT = 1000


class Listener:
    """Hears what is played. ``client``: a way to Plex of its own; ``keep`` lays an event down (raises OSError).

    ``hears``: whether Plex listens to us just now. ``cuts``: how often that began anew: what was told meanwhile is to
    be asked for. ``silent_because``: why it does not, in a sentence.
    """

    def __init__(
        self, client: PlexClient, keep: Callable[[Heard], None], timing: Timing, clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._keep = keep
        self._timing = timing
        self._clock = clock
        self._stop = threading.Event()
        self._accounts: dict[str, int | None] = {}
        self._asked: dict[str, int] = {}
        self._waiting: list[Heard] = []
        self.hears = False
        self.cuts = 0
        self.silent_because = ""
        self._thread = threading.Thread(target=self._run, name="plex-events", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more; does not wait for the thread, which ends with what it hears next."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the thread to end; says whether it did."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        wait = self._timing.probe
        while not self._stop.is_set():
            try:
                server = str(self._client.server.machineIdentifier)
                for players in listen(self._client):
                    if self._stop.is_set():
                        return
                    wait = self._timing.probe
                    self._is_heard()
                    for one in players:
                        self._lay_down(server, one)
                self._is_silent("Plex ended the stream of its events.")
            except PlexSyncError as error:
                self._is_silent(str(error))
            except Exception as error:  # the thread must not end for what nobody foresaw
                log.exception("Listening to Plex failed in an unforeseen way.")
                self._is_silent(f"Listening failed in an unforeseen way ({type(error).__name__}).")
            self._client.close()
            self._stop.wait(wait)
            wait = min(2 * wait, self._timing.longest_backoff)

    def _is_heard(self) -> None:
        if not self.hears:
            self.cuts += 1
            self.hears, self.silent_because = True, ""
            log.debug("Plex tells what is played.")

    def _is_silent(self, why: str) -> None:
        if self.silent_because != why and not self._stop.is_set():
            log.info("What is played in Plex cannot be heard now, and is asked for instead: %s", why)
        self.hears, self.silent_because = False, why
        self._accounts.clear()  # a server that was restarted hands out its keys anew
        self._asked.clear()

    def _lay_down(self, server: str, one: Playing) -> None:
        heard = Heard(
            at=self._clock(),
            server=server,
            session=one.session,
            player=one.player,
            item=one.item,
            offset=one.offset,
            state=one.state,
            account=self._account(one),
        )
        self._waiting = [*self._waiting, heard][-MOST_KEPT:]
        try:
            while self._waiting:
                self._keep(self._waiting[0])
                self._waiting.pop(0)
        except OSError as error:
            log.warning("What is played in Plex cannot be written down now (%s).", error.strerror)

    def _account(self, one: Playing) -> int | None:
        """Whose session it is; asked for once, or again while that is not known."""
        key = f"{one.session} {one.item}"
        known = self._accounts.get(key)
        if one.state is PlayState.STOPPED:
            self._asked.pop(key, None)
            return self._accounts.pop(key, None)
        if known is not None or self._asked.get(key, 0) >= MOST_QUESTIONS:
            return known
        if len(self._asked) >= MOST_SESSIONS:
            self._accounts.clear()
            self._asked.clear()
        self._asked[key] = self._asked.get(key, 0) + 1
        try:
            found = {f"{row.session} {row.item}": row.account for row in read_sessions(self._client.server)}
        except PlexSyncError as error:
            log.debug("Who plays in Plex could not be asked: %s", error)
            return None
        self._accounts.update(found)
        return self._accounts.get(key)
