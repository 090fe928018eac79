"""What the checklist said, line by line."""

from __future__ import annotations

from collections.abc import Callable

#: What the lines were logged as, each with its level, and the task's last line.
Said = list[tuple[str, str]]
Check = Callable[..., Said]


def crosses(said: Said) -> list[str]:
    """The lines with a cross."""
    return [text for level, text in said if level == "ERROR"]


def hints(said: Said) -> list[str]:
    """The lines with a hint."""
    return [text for level, text in said if level == "WARNING"]


def text(said: Said) -> str:
    """Everything that was said."""
    return "\n".join(line for _, line in said)
