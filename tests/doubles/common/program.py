"""How a double behaves as a program: one JSON line when it listens, gone when its standard input closes."""

from __future__ import annotations

import json
import os
import sys


def announce(**fields: object) -> None:
    """Print `fields` as one line of JSON on stdout and flush, so that a parent can wait for the line."""
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def wait_for_stdin_to_close() -> None:
    """Block until standard input ends. A parent that dies closes it too, so no double outlives its test."""
    try:
        while os.read(0, 65536):
            pass
    except (KeyboardInterrupt, OSError):
        return
