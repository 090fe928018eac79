"""The hook path: what runs while somebody's Save button is waiting.

Budget: at most twice the time of ``python -c pass``. So: os, sys and time, one durable write, no request, and
neither ``json`` (which pulls ``re``, ``enum`` and ``functools``: 10 ms) nor anything installed, unless the
input is not in the form Stash writes.
"""

from __future__ import annotations

import os
import sys
import time

from worker.datadir import DataDir
from worker.launcher import ensure_worker
from worker.neighbours import other_stash
from worker.system import write_durably

#: Stash writes its input with Go's compact encoder, keys in the order of its structs, and escapes quotes
#: inside strings, so these bytes can only be the structure itself (pkg/plugin/common/msg.go).
_HOOK = b'"args":{"hookContext":{"id":'
_CONNECTION = b'{"server_connection":{'
#: Bytes of one line in Stash's log.
LONGEST_LINE = 4000
#: Hooks of which only id and type matter: of scenes, and of what scenes show. When a performer is renamed, no
#: scene's hook is called.
_KNOWN = frozenset(
    f"{kind}.{what}.Post" for kind in ("Scene", "Performer", "Studio", "Tag", "Group") for what in ("Update", "Destroy")
) | {"Scene.Create.Post", "Tag.Merge.Post"}


class Refused(Exception):
    """The input cannot be taken; the text is one sentence for Stash's log."""


class NotAHook(Exception):
    """Well-formed input of another kind: a task."""


def read_hook(raw: bytes) -> bytes:
    """The event to store for a plugin input.

    Only ``id`` and ``type`` of the hook are trusted; ``input`` may be null, an array or megabytes.

    Raises:
        NotAHook: the input belongs to a task.
        Refused: it is no input of Stash's, or a hook that names no scene.
    """
    at = raw.find(_HOOK)
    head = raw[:at]
    if at > 0 and head.startswith(_CONNECTION) and head.endswith(b"},") and b'"settings":' not in head:
        start = at + len(_HOOK)
        comma = raw.find(b",", start, start + 20)
        if comma > 0 and raw.startswith(b'"type":"', comma + 1):
            number, kind = raw[start:comma], raw[comma + 9 : raw.find(b'"', comma + 9, comma + 80)]
            if number.isdigit() and kind.decode("latin-1") in _KNOWN:
                _check(int(number), kind.decode("latin-1"))
                return b'%s"hook":{"id":%s,"type":"%s"}}' % (head, number, kind)
    return _read_any(raw)


def _read_any(raw: bytes) -> bytes:
    """The slow and complete way: any layout of the input."""
    import json

    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refused(
            "PlexSync was started with an input that is not JSON; nothing was stored. "
            "Stash starts it: save a scene or run one of its tasks."
        ) from None
    arguments = content.get("args") if isinstance(content, dict) else None
    context = arguments.get("hookContext") if isinstance(arguments, dict) else None
    if context is None:
        raise NotAHook
    if not isinstance(context, dict):
        raise Refused("Stash called a PlexSync hook without saying which; nothing was stored.")
    number, kind = context.get("id"), context.get("type")
    _check(number, kind)
    event = {"server_connection": content.get("server_connection"), "hook": {"id": number, "type": kind}}
    try:
        return json.dumps(event).encode("ascii")
    except RecursionError:
        raise Refused(
            "Stash called a PlexSync hook with an input that is nested too deeply; it was not stored."
        ) from None


def _check(number: object, kind: object) -> None:
    if not isinstance(kind, str) or kind not in _KNOWN:
        raise Refused(f"PlexSync does not know the hook {str(kind)[:60]!r}; nothing was stored.")
    if type(number) is not int or not 0 < number < 2**63:
        raise Refused(f"The hook {kind} came with the id {str(number)[:40]!r}, which names nothing; it was not stored.")


def store(event: bytes, data: DataDir, mark: str = "") -> bool:
    """Put an event into the inbox; once this returns True, it survives power loss, see ``write_durably``. ``mark``: how
    its name ends (worker/datadir.py).

    Raises OSError: it is not there.
    """
    # Sorted by name, files are sorted by time; the rest keeps two hooks of one moment apart.
    name = f"{time.time_ns():020d}-{os.getpid()}-{os.urandom(4).hex()}{mark}.json"
    try:
        return write_durably(data.inbox, data.drafts, name, event)
    except FileNotFoundError:
        data.create()
        return write_durably(data.inbox, data.drafts, name, event)


def run(raw: bytes, data: DataDir) -> int:
    """Take one hook: store it, see that a worker runs. Returns the exit code.

    Raises:
        NotAHook: see ``read_hook``.
    """
    neighbour = other_stash(raw, data)  # nor may a task of its, or its page, work here
    if neighbour:
        return _fail(neighbour)
    try:
        event = read_hook(raw)
    except Refused as refusal:
        return _fail(str(refusal))
    try:
        fresh = not os.path.isdir(data.root)
        confirmed = store(event, data)
        if fresh:
            other_stash(raw, data)  # there is something to claim now
    except OSError as error:
        return _fail(
            f"PlexSync could not store this change in {data.root} ({error.strerror}), so Plex will not learn of it "
            "until the next full sync. Make room there, or make the folder writable for Stash."
        )
    if not confirmed:
        _log(
            "w",
            f"The change is stored, but the disk of {data.root} did not confirm it, so that a power cut could take it. "
            "See to that disk, or point the environment variable PLEXSYNC_DATA of Stash to a folder on another one.",
        )
    try:
        ensure_worker(data)
    except OSError as error:
        _log("w", f"The change is stored, but no worker could be started: {error.strerror}. The next save tries again.")
    pass_on_news(data)
    sys.stdout.write('{"output":"stored"}')
    return 0


def pass_on_news(data: DataDir) -> None:
    """Write the line into Stash's log that the worker left there (worker/news.py), if there is one: one hook does."""
    mine = f"{data.news}.{os.getpid()}"
    try:
        os.rename(data.news, mine)
    except OSError:
        return  # nothing new, almost always
    try:
        with open(mine, "rb") as file:
            line = file.read(LONGEST_LINE)
        os.unlink(mine)
    except OSError:
        return  # it is said in the log file, too
    _log("i", line.decode("utf-8", "replace").replace("\n", " "))


def _log(level: str, text: str) -> None:
    # Stash's log protocol: 0x01, level, 0x02 in front of each line (pkg/logger/plugin.go).
    sys.stderr.write(f"\x01{level}\x02{text}\n")
    sys.stderr.flush()


def _fail(sentence: str) -> int:
    import json

    _log("e", sentence)
    sys.stdout.write(json.dumps({"error": sentence}))
    return 1
