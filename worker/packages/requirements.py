"""What ``requirements.txt`` asks for, and whether this Python's environment has it."""

from __future__ import annotations

import sys

from worker.packages.folder import REQUIREMENTS, PackagesMissing


def missing_here(folders: list[str] | None = None) -> str:
    """The first package of ``requirements.txt`` that lacks in a version that fits: in this Python's environment, or in
    the given folders alone.

    Empty when it lacks none. Raises PackagesMissing when that file is missing itself.
    """
    from importlib.metadata import distributions

    try:
        with open(REQUIREMENTS, encoding="utf-8") as file:
            requirements = read_requirements(file.read())
    except OSError as error:
        raise PackagesMissing(f"PlexSync is not whole ({error}). Install it again.") from None
    where = sys.path if folders is None else folders
    for name, conditions in requirements:
        found = next(iter(distributions(name=name, path=where)), None)
        try:
            if found is None or not fits(found.version, conditions):
                return name
        except (TypeError, KeyError):  # what is half removed has no version
            return name
    return ""


def read_requirements(text: str) -> list[tuple[str, str]]:
    """Names and conditions (``~=4.18``) of a requirements file that has one plain requirement a line."""
    import re

    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    return [(re.split(r"[~>=<]", line)[0].strip(), re.sub(r"^[^~>=<]*", "", line)) for line in lines if line]


def fits(installed: str, conditions: str) -> bool:
    """Whether a version meets conditions such as ``~=4.18`` or ``>=2.1,<3``. Versions before a release do not.

    Raises ValueError for a condition of another kind.
    """
    import re

    version = re.match(r"(\d+(?:\.\d+)*)(\.post\d+)?(?:\+.*)?$", installed)
    if version is None:
        return False
    for condition in conditions.split(","):
        match = re.match(r"\s*(~=|>=|==|<)\s*(\d+(?:\.\d+)*)\s*$", condition)
        if match is None:
            raise ValueError(f"PlexSync cannot read the condition {condition!r} in requirements.txt.")
        kind, same = match[1], match[2].count(".")
        width = max(version[1].count("."), same) + 1  # 2.0 is 2
        have, wanted = _numbers(version[1], width), _numbers(match[2], width)
        if not {
            "~=": have >= wanted and have[:same] == wanted[:same],
            ">=": have >= wanted,
            "==": have == wanted and not version[2],
            "<": have < wanted,
        }[kind]:
            return False
    return True


def _numbers(version: str, width: int) -> tuple[int, ...]:
    numbers = [int(number) for number in version.split(".")]
    return tuple(numbers + [0] * (width - len(numbers)))
