"""What the listener heard, one small file each, until the owner of the data has dealt with it."""

from __future__ import annotations

import os
import time
from contextlib import suppress

from pydantic import BaseModel, ConfigDict, ValidationError

from plex.streams import PlayState
from worker.datadir import DataDir
from worker.system import write_durably

#: Events that are dealt with at once.
MOST = 200


class Heard(BaseModel):
    """A player told how far it is. ``at``: when that was heard, in seconds since 1970; ``offset`` in seconds;
    ``account``: whose session it is, None where nobody could tell."""

    model_config = ConfigDict(frozen=True)

    at: float
    server: str
    session: str
    player: str
    item: str
    offset: float
    state: PlayState
    account: int | None = None


class HeardFiles:
    """The folder of what was heard."""

    def __init__(self, data: DataDir) -> None:
        self._folder, self._drafts = data.heard, data.drafts

    def keep(self, heard: Heard) -> None:
        """Put it there for good. Raises OSError."""
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        name = f"{time.time_ns():020d}-{os.urandom(4).hex()}.json"
        write_durably(self._folder, self._drafts, name, heard.model_dump_json().encode())

    def names(self) -> list[str]:
        """The files that lie there, oldest first, so many as are dealt with at once."""
        try:
            return sorted(name for name in os.listdir(self._folder) if name.endswith(".json"))[:MOST]
        except FileNotFoundError:
            return []

    def read(self, name: str) -> Heard | None:
        """What a file says; None for one that is not what ``keep`` made. Raises OSError."""
        with open(os.path.join(self._folder, name), "rb") as file:
            try:
                return Heard.model_validate_json(file.read())
            except ValidationError:
                return None

    def remove(self, names: list[str]) -> None:
        """They were dealt with. Raises OSError."""
        for name in names:
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(self._folder, name))
