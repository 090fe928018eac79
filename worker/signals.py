"""What the system asks of the worker: to end, when the machine or the service shuts down."""

from __future__ import annotations

import signal
from types import FrameType

from worker.endings import Asked

#: SIGTERM: a shutdown, a stopped service. SIGHUP: a terminal that was closed. Windows knows SIGBREAK instead
#: (https://docs.python.org/3/library/signal.html).
_NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK")


class Signals:
    """Notes the first that comes. It interrupts nothing: the worker looks here between two writes."""

    def __init__(self) -> None:
        self._came = ""

    def listen(self) -> None:
        """From now on, note them instead of dying of them; in the main thread."""
        for name in _NAMES:
            number = getattr(signal, name, None)
            if number is not None:
                signal.signal(number, self._note)

    @property
    def came(self) -> bool:
        """Whether the worker was asked to end."""
        return bool(self._came)

    def check(self) -> None:
        """Raises Asked once one came."""
        if self._came:
            raise Asked(self._came)

    def _note(self, number: int, _: FrameType | None) -> None:
        self._came = self._came or signal.Signals(number).name
