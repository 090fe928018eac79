"""Files that another program uses on Windows, on every system."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest


def windows_says(number: int, code: int = errno.EACCES) -> OSError:
    """The error that Python makes of a number of Windows'."""
    error = OSError(code, "The process cannot access the file because it is being used by another process")
    error.winerror = number  # type: ignore[attr-defined,unused-ignore]
    return error


def failing(monkeypatch: pytest.MonkeyPatch, name: str, path: str, *errors: OSError) -> None:
    """A function of os fails at a path with one error after the other, and works from then on."""
    works, left = getattr(os, name), list(errors)

    def do(first: Any, *rest: Any, **more: Any) -> Any:
        if path in (first, *rest) and left:
            raise left.pop(0)
        return works(first, *rest, **more)

    monkeypatch.setattr(os, name, do)
