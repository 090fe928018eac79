"""Paths as the server sees them: POSIX, drive letters and UNC, whatever this machine is."""

from __future__ import annotations

import unicodedata

_VERBATIM = "\\\\?\\"


_LONG = 260


def as_listed(path: str, decomposed: bool) -> str:
    """As a list shows it: letters and accents apart if wanted, and `\\\\?\\` before what is too long for Windows."""
    if decomposed and not path.isascii():
        path = unicodedata.normalize("NFD", path)
    if len(path) <= _LONG or separator(path) == "/" or path.startswith(_VERBATIM):
        return path
    return _VERBATIM + ("UNC" + path[1:] if path.startswith("\\\\") else path)


def is_windows(path: str) -> bool:
    """By its beginning; a backslash further on is a letter like any other on POSIX."""
    return path[1:3] in (":\\", ":/", ":") or path.startswith("\\\\")


def separator(path: str) -> str:
    return "\\" if is_windows(path) and "\\" in path else "/"


def base_name(path: str) -> str:
    """Last component."""
    slashed = path.replace("\\", "/") if is_windows(path) else path
    return slashed.rpartition("/")[2]


def stem(path: str) -> str:
    """File name without extension: the title of a freshly scanned personal video."""
    name = base_name(path)
    return name.rpartition(".")[0] or name


def extension(path: str) -> str:
    return base_name(path).rpartition(".")[2].lower()


def inside(path: str, folder: str) -> bool:
    """Whether a path is the folder or below it; on Windows with either slash and in any case."""
    a, b = _comparable(path), _comparable(folder)
    return a == b or a.startswith(b.rstrip("/") + "/")


def _comparable(path: str) -> str:
    if path.startswith(_VERBATIM):
        path = path[len(_VERBATIM) :]
        path = "\\" + path[3:] if path.startswith("UNC\\") else path
    return path.replace("\\", "/").lower() if is_windows(path) else path
