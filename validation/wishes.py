"""What the page in Stash wants done or asks, as it lies in the inbox beside the events of hooks."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from validation.jobs import Event, Number, parse_event

#: The most scenes that one action names.
MOST_SCENES = 1000


class ActionKind(str, Enum):
    """What can be done. ``WAKE`` only brings a worker, and the newest way to Stash."""

    WAKE = "wake"
    RETRY = "retry"
    FORGET = "forget"
    SYNC = "sync"
    OVERWRITE = "overwrite"
    HOLD = "hold"
    RELEASE = "release"
    GIVE_BACK = "give_back"
    UNDO = "undo"
    TAKE_BACK = "take_back"


#: What is done with everything only by a task, after a preview.
ONLY_NAMED = frozenset({ActionKind.HOLD, ActionKind.GIVE_BACK})


class QuestionKind(str, Enum):
    """What needs Plex, or the packages, to be answered."""

    LIBRARIES = "libraries"
    CHECKLIST = "checklist"
    COMPARE = "compare"
    TEMPLATE = "template"
    LINKS = "links"
    POSTERS = "posters"
    UNDO = "undo"


class _Wish(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Action(_Wish):
    """Something to be done with ``scenes``, or, where that is None, with all of the state in which it makes sense;
    with a ``run`` of the journal, where it is one that is undone, or the number of an ``entry`` of what came back from
    Plex, where that is."""

    kind: ActionKind
    scenes: tuple[Number, ...] | None = Field(max_length=MOST_SCENES)
    run: Number | None = None
    entry: Number | None = None
    connection: dict[str, Any] = Field(default_factory=dict, repr=False)

    @model_validator(mode="after")
    def _is_whole(self) -> Action:
        about = {ActionKind.UNDO: self.run, ActionKind.TAKE_BACK: self.entry}
        given = {kind for kind, number in about.items() if number is not None}
        if given != about.keys() & {self.kind} or (self.kind in ONLY_NAMED and self.scenes is None):
            raise ValueError("it does not say with what")
        return self


class Question(_Wish):
    """Something to be answered in the file ``id`` of the folder of answers. ``asked``: in seconds since 1970; ``run``:
    one of the journal's."""

    kind: QuestionKind
    id: str = Field(pattern="^[0-9a-f]{32}$")
    asked: float
    scene: Number | None = None
    run: Number | None = None
    text: str = Field(default="", max_length=10_000)
    connection: dict[str, Any] = Field(default_factory=dict, repr=False)


_KINDS: dict[str, type[Action] | type[Question]] = {"action": Action, "question": Question}


def parse_inbox(raw: bytes) -> Event | Action | Question:
    """Read one file of the inbox.

    Raises:
        ValueError: it is neither an event nor a wish; the text says why and repeats nothing of the file.
    """
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        return parse_event(raw)
    kind = next((name for name in _KINDS if isinstance(content, dict) and name in content), None)
    if kind is None or "hook" in content:
        return parse_event(raw)
    connection = content.get("server_connection")
    try:
        return _KINDS[kind](**{**content[kind], "connection": connection if isinstance(connection, dict) else {}})
    except (TypeError, ValidationError) as error:
        raise ValueError(f"no wish of PlexSync's page ({type(error).__name__})") from None
