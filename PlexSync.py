"""Entry point of the plugin: Stash starts it with one JSON document on stdin: a hook, a task, an operation."""

import io
import sys


def main() -> int:
    """Do what we were started for; returns the exit code."""
    speak_utf8()
    raw = b"" if sys.argv[1:2] == ["--worker"] else sys.stdin.buffer.read()
    try:
        return start(raw)
    except EOFError:  # a full disk left half a compiled module behind, and Python trusts it
        import os
        import shutil

        for folder, _, _ in os.walk(os.path.dirname(os.path.abspath(__file__))):
            shutil.rmtree(os.path.join(folder, "__pycache__"), ignore_errors=True)
        return start(raw)


def start(raw: bytes) -> int:
    """Be the worker, take a hook or answer the page (with the standard library alone), or run a task."""
    if sys.argv[1:2] == ["--worker"]:
        return run_worker(sys.argv[2:])
    from worker import hook
    from worker.datadir import DataDir

    try:
        return hook.run(raw, DataDir())
    except hook.NotAHook:
        return run_task(raw)


def run_worker(arguments: "list[str]") -> int:
    """Be the background worker. Nobody reads what it prints, so what stops it goes into the log file."""
    from worker.datadir import DataDir, note
    from worker.launcher import take_lock
    from worker.packages.environment import ensure_packages, explain, imports

    data = DataDir()
    lock = take_lock(data, arguments)  # first: of many that start at once, one installs and imports
    try:
        ensure_packages(data, lambda line: note(line, "INFO"))
        with imports():
            from reconciliation.chores import UsualChores
            from worker.service import run_worker as run
            from worker.tasks.questions.answers import Answers
    except ImportError as error:
        return note(explain(error, data))
    return run(lock, UsualChores, Answers)


def run_task(raw: bytes) -> int:
    """Run the task, or the operation of the page, that the input names."""
    import json

    from worker.datadir import DataDir

    data, content = DataDir(), json.loads(raw)
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
    except ImportError as error:
        return BY_MODE[mode].without_packages(content, data, explain(error, data))
    return int(task.perform(content, data))


def too_old() -> int:
    """Say in one sentence that this Python is too old; this file is readable by Python 3.6."""
    sentence = "PlexSync needs Python 3.10 or newer, and Stash started it with " + sys.version.split()[0] + ". "
    sentence += "Install a newer Python and enter its path under Settings > System > Python executable path."
    sys.stderr.write("\x01e\x02" + sentence + "\n")
    sys.stdout.write('{"error":"' + sentence + '"}')
    return 1


def speak_utf8() -> None:
    """Stash reads UTF-8; Python writes the encoding of the system's language, on Windows another one."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(too_old() if sys.version_info < (3, 10) else main())
