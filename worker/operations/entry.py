"""The entry behind Stash's ``runPluginOperation``: answers the page within milliseconds, by the standard library.

Arguments reach the process as the caller gave them (pkg/plugin/args.go of Stash); an answer of ``{"output": X}``
reaches the caller as X, one of ``{"error": "text"}`` as a GraphQL error. The process is killed when the browser's
tab closes, and any number of them run at once: so they only read, or drop one event. None of them knows the token.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from worker.datadir import DataDir
from worker.operations.files import Answer, CannotBeRead, Files, Look, looking_at
from worker.operations.lists import scenes
from worker.operations.overview import fingerprint, overview, version
from worker.operations.preview import preview
from worker.operations.returns import returns
from worker.operations.scene import scene
from worker.operations.wishes import NotOffered, act, answer_to, ask
from worker.waking import anything_waits, lacks_session, runs


def history(files: Files, asked: Answer) -> Answer:
    """See worker/operations/history.py, which takes longer to load than the others to answer."""
    from worker.operations.history import history as look

    return look(files, asked)


#: Everything that can be looked at, several in one operation.
LOOKS: dict[str, Look] = {
    "overview": overview,
    "scenes": scenes,
    "scene": scene,
    "history": history,
    "answer": answer_to,
    "preview": preview,
    "returns": returns,
}


def report(data: DataDir, connection: object, asked: Answer) -> Answer:
    """See worker/operations/report/page.py, which takes longer than the others, since it asks both servers."""
    from worker.operations.report.page import report as written

    return written(data, connection, asked)


#: What is no look: the first two are dropped into the inbox.
OTHERS: dict[str, Callable[[DataDir, object, Answer], Answer]] = {"act": act, "ask": ask, "report": report}


def perform(arguments: Answer, connection: object, data: DataDir) -> int:
    """Do the operation that the arguments name, and answer; returns the exit code."""
    try:
        document: Answer = {"output": answer(arguments, connection, data)}
    except (NotOffered, CannotBeRead) as error:
        document = {"error": str(error)}
    except OSError as error:
        why = f"PlexSync cannot use its folder {data.root} ({error.strerror})."
        document = {"error": f"{why} Make room there, or make it writable for Stash."}
    sys.stdout.write(json.dumps(document, default=_damaged))
    return 1 if "error" in document else 0


def _damaged(value: object) -> str:
    """What stands in a damaged row: bytes where a text belongs."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def answer(arguments: Answer, connection: object, data: DataDir) -> Answer:
    """``look`` at several things at once, each under its name in ``at``; or one of the others.

    Raises NotOffered, CannotBeRead, OSError.
    """
    operation = arguments.get("operation")
    if operation in OTHERS:
        return OTHERS[str(operation)](data, connection, arguments)
    asked = arguments.get("at")
    if operation != "look" or not isinstance(asked, dict) or not asked.keys() <= LOOKS.keys():
        known = ", ".join((*OTHERS, f"look (at {', '.join(LOOKS)})"))
        raise NotOffered(
            f"PlexSync does not know the operation {str(operation)[:40]!r} in this form; it knows: {known}."
        )
    running, now = runs(data), time.time()
    with looking_at(data) as files:
        seen = {name: LOOKS[name](files, given if isinstance(given, dict) else {}) for name, given in asked.items()}
    # After the look at the lock, which a hook may have taken for a worker's.
    if lacks_session(data) if running else anything_waits(data, now):
        with suppress(OSError):
            act(data, connection, {"action": "wake"})
    return {"version": version(), "files": fingerprint(), "now": now, **seen}
