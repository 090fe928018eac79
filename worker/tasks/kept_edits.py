"""The task that overwrites kept edits: fields that a person edited in Plex."""

from __future__ import annotations

import json
import re

from validation.errors import PermanentError
from validation.jobs import LARGEST_ID
from worker.processor import SyncWorker
from worker.storage.ownership import Owned
from worker.storage.wishes import overwrite
from worker.tasks.context import TaskContext
from worker.tasks.sending import send

#: Characters that a sentence repeats of what is no number.
_SHOWN = 40

#: The task's argument that names scenes.
NAMED = "scene_ids"


def overwrite_edits(context: TaskContext) -> str:
    """Write once more to the scenes whose edits in Plex were kept, or only to those named by ``scene_ids``.

    Raises PermanentError: ``scene_ids`` holds something else. Raises as ``worker.tasks.sending.send``.
    """
    named = scene_numbers(context.arguments[NAMED]) if NAMED in context.arguments else None

    def fill(_: SyncWorker, owned: Owned) -> None:
        overwrite(owned.queue, owned.record.scenes_with_kept_edits() if named is None else named)

    return send(context, "Overwrite Edits Made in Plex", fill)


def scene_numbers(given: object) -> list[int]:
    """Scene numbers as a task gets them: one, several in a text with commas, or a list of both; empty is none.

    Raises PermanentError: it holds something else; the text says what.
    """
    pieces = given if isinstance(given, list) else [given]
    return [number for piece in pieces if piece is not None for number in _numbers(piece)]


def _numbers(piece: object) -> list[int]:
    if isinstance(piece, bool) or not isinstance(piece, (str, int)):
        raise _no_number(piece)
    return [_number(text) for text in re.split("[,;]", str(piece)) if text.strip()]


def _number(text: str) -> int:
    text = text.strip()
    # Not isdigit(): that also takes "²". Longer ones are none of SQLite's.
    number = int(text) if re.fullmatch("[0-9]{1,19}", text) else 0
    if not 0 < number <= LARGEST_ID:
        raise _no_number(text)
    return number


def _no_number(piece: object) -> PermanentError:
    shown = piece if isinstance(piece, str) else json.dumps(piece, default=str)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    return PermanentError(f'"{shown}" is no scene number; {NAMED} is one, or several with commas.')
