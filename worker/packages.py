"""Where the installed packages come from. Standard library only: called before anything else is imported.

In this order: PlexSync's own folder for this Python, if it holds exactly what ``requirements.lock`` names; the
environment of this Python, if its versions fit ``requirements.txt``; else they are installed into that folder
(worker/installer.py). With the folder in place, a start reads two small files and imports nothing more.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES

from worker.datadir import PLUGIN_FOLDER, DataDir

REQUIREMENTS = os.path.join(PLUGIN_FOLDER, "requirements.txt")
LOCK = os.path.join(PLUGIN_FOLDER, "requirements.lock")

TYPE_CHECKING = False
if TYPE_CHECKING:  # every start would pay for the import
    from collections.abc import Callable

    #: Takes one line about what is going on, for the person who waits.
    Say = Callable[[str], object]


class PackagesMissing(ImportError):
    """There are no packages to work with; the text is one sentence that says what helps."""


def ensure_packages(data: DataDir, say: Say) -> None:
    """Make the installed packages importable, installing them first where they are missing.

    Raises:
        PackagesMissing: they are missing and could not be installed.
    """
    folder = own_folder(data)
    if not is_complete(folder):
        if sys.flags.no_site:
            import site

            site.main()  # we are started without the installed packages (python -S)
        missing = missing_here()
        if not missing:
            forget_failure(data)
            return
        from worker.installer import install

        install(data, folder, missing, say)
    if folder not in sys.path:
        sys.path.insert(0, folder)  # first: nothing else that is installed may take the place of a pinned package


def own_folder(data: DataDir) -> str:
    """PlexSync's own folder of packages for this Python, whether it exists or not."""
    return os.path.join(data.site, python_tag())


def python_tag() -> str:
    """What compiled packages depend on: kind and version of Python, system, processor and C library.

    Such as ``cpython-311-x86_64-linux-gnu``, ``cpython-313t-darwin-arm64``, ``cp312-win_amd64``.
    """
    tag = EXTENSION_SUFFIXES[0].split(".")[1]
    if sys.platform == "win32":
        return tag
    machine = os.uname().machine
    if machine not in tag:
        tag += f"-{machine}"
    if sys.platform == "linux" and "musl" not in tag and not _has_glibc():
        tag += "-musl"  # early Pythons 3.10 call themselves "gnu" there, too
    return tag


def is_complete(folder: str) -> bool:
    """Whether a folder holds what the lock file names: the copy of that file is laid into it last."""
    try:
        with open(os.path.join(folder, os.path.basename(LOCK)), "rb") as copy, open(LOCK, "rb") as lock:
            return copy.read() == lock.read()
    except OSError:
        return False


def missing_here() -> str:
    """The first package of ``requirements.txt`` that this Python's environment lacks in a version that fits.

    Empty when it lacks none. Raises PackagesMissing when that file is missing itself.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        with open(REQUIREMENTS, encoding="utf-8") as file:
            requirements = read_requirements(file.read())
    except OSError as error:
        raise PackagesMissing(f"PlexSync is not whole ({error}). Install it again.") from None
    for name, conditions in requirements:
        try:
            if not fits(version(name), conditions):
                return name
        except (PackageNotFoundError, TypeError):  # what is half removed has no version: None
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


def forget_failure(data: DataDir) -> None:
    """From now on, hooks start workers again."""
    try:
        os.unlink(data.install_failed)
    except OSError:
        return  # there is none, or it stays: it counts for some minutes only (worker/launcher.py)


def explain(error: ImportError, data: DataDir) -> str:
    """One sentence about an import that failed, with what helps."""
    if isinstance(error, PackagesMissing):
        return str(error)
    folder = own_folder(data)
    if is_complete(folder):
        helps = f"Delete the folder {folder} and run the task again: the packages are then installed anew"
    else:
        helps = f"Run: {sys.executable} -m pip install --upgrade --force-reinstall -r {REQUIREMENTS}"
    return f'PlexSync cannot load the Python package "{error.name}" ({error}). {helps} - nothing is lost meanwhile.'


def _numbers(version: str, width: int) -> tuple[int, ...]:
    numbers = [int(number) for number in version.split(".")]
    return tuple(numbers + [0] * (width - len(numbers)))


def _has_glibc() -> bool:
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (ValueError, OSError):
        return False
