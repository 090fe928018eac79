"""What Stash started us for: a hook, an operation of the page, a task; or what a hook started: the worker.

Apart from ``PlexSync.py``, which Python compiles anew at each start: it keeps what it compiled of modules only, and
somebody's Save waits for a hook. Each way imports what it needs once it is taken.
"""

from __future__ import annotations

import os
import sys

from worker.datadir import DataDir, note


def main(raw: bytes) -> int:
    """Do it, with what stood on stdin, and end with its exit code: see ``_leave``."""
    if sys.argv[1:2] == ["--worker"]:
        return _leave(_run_worker(sys.argv[2:]))
    from worker import hook

    data = DataDir()
    try:
        code = hook.run(raw, data)
    except hook.NotAHook:
        code = _run_task(raw, data)
    return _leave(code)


def _leave(code: int) -> int:
    """End here. Python would spend a millisecond on taking itself apart, for which somebody's Save would wait; and
    would wait for threads that read ahead, for minutes where Stash hangs. What is to last is closed by now."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _run_worker(arguments: list[str]) -> int:
    """Be the background worker. Nobody reads what it prints, so what stops it goes into the log file."""
    from worker.launcher import take_lock
    from worker.packages.environment import ensure_packages, explain, imports

    data = DataDir()
    lock = take_lock(data, arguments)  # first: of many that start at once, one installs and imports
    try:
        ensure_packages(data, lambda line: note(line, "INFO"))
        with imports():
            from reconciliation.chores import UsualChores
            from worker.service import run_worker
            from worker.tasks.questions.answers import Answers
    except (ImportError, SyntaxError) as error:
        return note(explain(error, data))
    return run_worker(lock, UsualChores, Answers)


def _run_task(raw: bytes, data: DataDir) -> int:
    """Run the task, or the operation of the page, that the input names."""
    import json

    content = json.loads(raw)
    arguments = content.get("args") if isinstance(content, dict) else None
    if isinstance(arguments, dict) and "operation" in arguments:
        from worker.operations.entry import perform

        return perform(arguments, content.get("server_connection"), data)
    from worker.packages.environment import ensure_packages, explain, imports
    from worker.tasks.table import BY_MODE, refuse

    mode = arguments.get("mode") if isinstance(arguments, dict) else None
    if not isinstance(mode, str) or mode not in BY_MODE:
        return refuse(mode)
    try:
        ensure_packages(data, lambda line: sys.stderr.write(f"\x01i\x02{line}\n"))
        with imports():
            task = BY_MODE[mode].load()
    except (ImportError, SyntaxError) as error:
        return BY_MODE[mode].without_packages(content, data, explain(error, data))
    return int(task.perform(content, data))
