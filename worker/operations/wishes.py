"""What the page wants done, or asks of Plex: events in the inbox, as hooks drop them; the worker takes them up."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress

from worker.datadir import HOLDS, DataDir
from worker.hook import store
from worker.launcher import ensure_worker
from worker.operations.files import Answer, Files

#: What can be done, and what can be asked (validation/wishes.py checks both once more, and strictly).
ACTIONS = ("wake", "retry", "forget", "sync", "overwrite", "hold", "release", "give_back", "undo", "take_back")
QUESTIONS = ("libraries", "checklist", "compare", "template", "links", "posters", "undo")

#: Actions that are about no scene, and those that are about named ones only.
_WITHOUT_SCENES, _ONLY_NAMED = ("wake", "undo", "take_back"), ("hold", "give_back")

#: What is to stay in Plex as it is, or to get back what it showed: before that is taken up, no write is begun.
_HOLDING = ("hold", "give_back", "undo")

#: What is taken back is named by the number of a run of the journal, or of an entry of what came back from Plex.
_ABOUT = {"undo": "run", "take_back": "entry"}

#: The most scenes in one action; more are "all".
MOST_SCENES = 1000


class NotOffered(Exception):
    """It is no wish that could be carried out; the text is one sentence."""


def act(data: DataDir, connection: object, asked: Answer) -> Answer:
    """Drop an action: ``action``, and ``scenes``, a list of numbers, or the word "all" for all of the state in which
    it makes sense; ``run``, the number of the run that is undone; ``entry``, that of what came back from Plex and is
    taken from Stash again. Raises NotOffered, OSError."""
    action, scenes = asked.get("action"), asked.get("scenes")
    if action not in ACTIONS:
        raise NotOffered(f"PlexSync has no action {str(action)[:40]!r}; it knows: {', '.join(ACTIONS)}.")
    if action in _WITHOUT_SCENES:
        scenes = []
    elif (scenes != "all" or action in _ONLY_NAMED) and not _are_scenes(scenes):
        raise NotOffered(f'The action {action} needs "scenes": "all", or up to {MOST_SCENES:,} numbers of scenes.')
    wish: Answer = {"kind": action, "scenes": None if scenes == "all" else scenes}
    if action in _ABOUT:
        about = asked.get(_ABOUT[action])
        if not _are_scenes([about]):
            raise NotOffered(f"What the action {action} takes back is named by its number ({_ABOUT[action]}).")
        wish[_ABOUT[action]] = about
    _drop(data, connection, "action", wish, HOLDS if action in _HOLDING else "")
    return {"stored": True}


def ask(data: DataDir, connection: object, asked: Answer) -> Answer:
    """Drop a question: ``question``, and ``scene``, ``run`` or ``text`` where it is about one. The answer is looked at
    later under ``id``. Raises NotOffered, OSError."""
    question = asked.get("question")
    if question not in QUESTIONS:
        raise NotOffered(f"PlexSync has no question {str(question)[:40]!r}; it knows: {', '.join(QUESTIONS)}.")
    number, text = os.urandom(16).hex(), asked.get("text")
    event: Answer = {"kind": question, "id": number, "asked": time.time()}
    for about in ("scene", "run"):
        if asked.get(about) is not None:
            if not _are_scenes([asked[about]]):
                raise NotOffered(f"The question {question} is about a {about}, and came with no number of one.")
            event[about] = asked[about]
    if isinstance(text, str):
        event["text"] = text[:10_000]
    _drop(data, connection, "question", event)
    return {"id": number}


def answer_to(files: Files, asked: Answer) -> Answer:
    """The answer to the question ``id``: ``ready`` says whether it is there."""
    number = asked.get("id")
    if not isinstance(number, str) or len(number) != 32 or not set(number) <= set("0123456789abcdef"):
        return {"ready": False}
    with suppress(OSError, ValueError), open(os.path.join(files.data.answers, f"{number}.json"), "rb") as file:
        return {"ready": True, "answer": json.loads(file.read())}
    return {"ready": False}


def _drop(data: DataDir, connection: object, kind: str, content: Answer, mark: str = "") -> None:
    event = {kind: content, "server_connection": connection}  # its kind first: worker/operations/lists.py
    store(json.dumps(event).encode("ascii"), data, mark)
    if mark:
        # A worker that took in events before it was stored sees this; one that takes them in from now on finds it.
        os.close(os.open(data.holding, os.O_CREAT | os.O_WRONLY, 0o600))
    ensure_worker(data)


def _are_scenes(scenes: object) -> bool:
    """Whether these are numbers, of scenes or of something else that is counted from 1."""
    return (
        isinstance(scenes, list)
        and 0 < len(scenes) <= MOST_SCENES
        and all(type(number) is int and 0 < number < 2**63 for number in scenes)
    )
