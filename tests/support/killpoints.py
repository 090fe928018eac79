"""Kills the process it is in at the Nth point at which something lasting happens: no sleep, no chance.

Lies in the ``site-packages`` of an interpreter made for the test (rig.py), whose ``.pth`` file imports it, so
that the product knows nothing of it. Beside it lie:

- ``control``: ``ROLE NUMBER``, for example ``worker 17``. ROLE is hook, task or worker; 0 only counts. Read anew
  whenever it is written, so that a worker that runs already can be armed. Counting starts when it is read.
- ``counted``: ``ROLE PID NUMBER WHAT`` for every point that was passed.
- ``killed``: the same for the one that was not. Then ``control`` is gone: whoever comes next lives.

Points: files made, written, synced, renamed, unlinked; folders made; processes started; statements of SQLite that
write, and commits; requests to Plex before they are sent, and once they are answered but not read.
"""

from __future__ import annotations

import builtins
import os
import select
import signal
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, ClassVar

HERE = os.path.dirname(__file__)
CONTROL, COUNTED, KILLED = (os.path.join(HERE, name) for name in ("control", "counted", "killed"))

_open, _write, _unlink, _stat, _rename = os.open, os.write, os.unlink, os.stat, os.replace
_armed: tuple[str, int] | None = None
_seen = 0
_passed = 0


def role() -> str:
    """What this process is: a hook becomes a task when it has imported what a task needs."""
    if "--worker" in sys.argv:
        return "worker"
    return "task" if "stash.protocol" in sys.modules else "hook"


def point(what: str, first: Callable[[], object] = lambda: None) -> None:
    """Pass a point, or die at it; ``first`` is done before dying."""
    global _armed, _seen, _passed
    try:
        written = _stat(CONTROL).st_mtime_ns
        if written != _seen:
            with builtins_open(CONTROL, encoding="ascii") as control:
                words = control.read().split()
            _seen, _passed, _armed = written, 0, (words[0], int(words[1]))
    except FileNotFoundError:  # nobody is to be killed, or nobody any more: it is taken away at any moment
        return
    if _armed is None or _armed[0] != role():
        return
    _passed += 1
    line = f"{_armed[0]} {os.getpid()} {_passed} {what}\n"
    if _passed != _armed[1]:
        _note(COUNTED, line)
        return
    first()
    _unlink(CONTROL)
    _note(KILLED + ".draft", line)
    _rename(KILLED + ".draft", KILLED)
    os.kill(os.getpid(), signal.SIGKILL)


def _note(path: str, line: str) -> None:
    descriptor = _open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    _write(descriptor, line.encode())
    os.close(descriptor)


def _around(module: Any, name: str) -> None:
    """A point before a call, and one after it."""
    real = getattr(module, name)

    def call(*given: Any, **named: Any) -> Any:
        about = f"{name} {os.path.basename(str(given[0])) if given and isinstance(given[0], str) else ''}".strip()
        point(f"before {about}")
        result = real(*given, **named)
        point(f"after {about}")
        return result

    setattr(module, name, call)


def _watch_files() -> None:
    def open_file(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        # What exists already is not made: the locks, which are opened again and again.
        makes = flags & os.O_CREAT and not os.path.exists(path)
        if makes:
            point(f"before making {os.path.basename(path)}")
        descriptor = _open(path, flags, *rest, **named)
        if makes:
            point(f"after making {os.path.basename(path)}")
        return descriptor

    def write(descriptor: int, content: Any) -> int:
        point("before write")
        point("half of a write", lambda: _write(descriptor, bytes(content)[: len(content) // 2]))
        written = _write(descriptor, content)
        point("after write")
        return written

    def open_stream(path: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        if isinstance(path, str) and set(mode) & set("wax+"):
            point(f"before opening {os.path.basename(path)}")
        return builtins_open(path, mode, *rest, **named)

    setattr(os, "open", open_file)  # noqa: B010 - to mypy, functions of a module are constants
    setattr(os, "write", write)  # noqa: B010
    setattr(builtins, "open", open_stream)  # noqa: B010
    for name in ("fsync", "replace", "rename", "unlink", "remove", "mkdir"):
        _around(os, name)


def _watch_processes(subprocess: ModuleType) -> None:
    _around(subprocess.Popen, "_execute_child")


def _watch_databases(sqlite3: ModuleType) -> None:
    class Cursor(sqlite3.Cursor):  # type: ignore[name-defined,misc]
        def execute(self, statement: str, *given: Any) -> Any:
            _statement(statement)
            return super().execute(statement, *given)

        def executemany(self, statement: str, *given: Any) -> Any:
            _statement(statement)
            return super().executemany(statement, *given)

    class Connection(sqlite3.Connection):  # type: ignore[name-defined,misc]
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def execute(self, *given: Any) -> Any:
            return self.cursor().execute(*given)

        def executemany(self, *given: Any) -> Any:
            return self.cursor().executemany(*given)

        def commit(self) -> None:
            self._ending(super().commit)

        def __exit__(self, *raised: Any) -> Any:
            return self._ending(lambda: super(Connection, self).__exit__(*raised))

        def _ending(self, end: Callable[[], Any]) -> Any:
            open_before = self.in_transaction
            if open_before:
                point("before commit")
            result = end()
            if open_before:
                point("after commit")
            return result

    connect = sqlite3.connect
    sqlite3.connect = lambda *given, **named: connect(*given, **{"factory": Connection, **named})  # type: ignore[attr-defined]


def _statement(statement: str) -> None:
    words = statement.split(None, 3)
    if words and words[0].upper() not in ("SELECT", "WITH"):
        point("before " + " ".join(words[:3]))


def _watch_requests(client: ModuleType) -> None:
    begin, send, answer = (getattr(client.HTTPConnection, name) for name in ("putrequest", "endheaders", "getresponse"))

    def putrequest(self: Any, method: str, url: str, *rest: Any, **named: Any) -> Any:
        self.asked = "" if url.startswith(("/graphql", "/login")) else f"{method} {url.partition('?')[0]}"
        return begin(self, method, url, *rest, **named)

    def endheaders(self: Any, *given: Any, **named: Any) -> Any:
        if self.asked:
            point(f"before {self.asked}")
        return send(self, *given, **named)

    def getresponse(self: Any, *given: Any, **named: Any) -> Any:
        if self.asked:  # the server has done it once its answer arrives
            point(f"unread answer to {self.asked}", lambda: select.select([self.sock], [], [], 10))
        return answer(self, *given, **named)

    client.HTTPConnection.putrequest = putrequest
    client.HTTPConnection.endheaders = endheaders
    client.HTTPConnection.getresponse = getresponse


class _Watch:
    """Watches a module as soon as it is imported, so that a hook need not import what it would not."""

    waiting: ClassVar = {"sqlite3": _watch_databases, "http.client": _watch_requests, "subprocess": _watch_processes}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        watch = self.waiting.pop(name, None)
        if watch is None:
            return None
        spec = sys.modules["_frozen_importlib_external"].PathFinder.find_spec(name, path, target)
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            watch(module)

        spec.loader.exec_module = exec_module
        return spec


builtins_open = builtins.open
if sys.argv and sys.argv[0].endswith("PlexSync.py"):
    _watch_files()
    sys.meta_path.insert(0, _Watch())
