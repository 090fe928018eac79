"""Entry point of the plugin: Stash starts it with one JSON document on stdin; what it does stands in worker/main.py."""

import io
import sys


def main() -> int:
    """Do what we were started for; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):  # Stash reads UTF-8; Windows would write another encoding
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    raw = b"" if sys.argv[1:2] == ["--worker"] else sys.stdin.buffer.read()
    try:
        return start(raw)
    except (ImportError, SyntaxError) as error:
        from worker.incomplete import tell

        return tell(error)
    except EOFError:  # a full disk left half a compiled module behind, and Python trusts it
        import os
        import shutil

        for folder, _, _ in os.walk(os.path.dirname(os.path.abspath(__file__))):
            shutil.rmtree(os.path.join(folder, "__pycache__"), ignore_errors=True)
        return start(raw)


def start(raw: bytes) -> int:
    """Go where the plugin begins; raises EOFError where one of its compiled modules is cut off."""
    from worker.main import main as run

    return run(raw)


def too_old() -> int:
    """Say in one sentence that this Python is too old; this file is readable by Python 3.6."""
    sentence = "PlexSync needs Python 3.10 or newer, and Stash started it with " + sys.version.split()[0] + ". "
    sentence += "Install a newer Python and enter its path under Settings > System > Python executable path."
    sys.stderr.write("\x01e\x02" + sentence + "\n")
    sys.stdout.write('{"error":"' + sentence + '"}')
    return 1


if __name__ == "__main__":
    sys.exit(too_old() if sys.version_info < (3, 10) else main())
