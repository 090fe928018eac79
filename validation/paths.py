"""Paths of other machines, compared by their own style, never by the style of the machine PlexSync runs on.

Stash and Plex may see one file as ``/media/a.mp4``, ``D:\\Media\\a.mp4``, ``\\\\nas\\media\\a.mp4`` or
``//nas/media/a.mp4``; one Plex library was recorded with three of these at once. macOS and SMB hand out
decomposed Unicode (NFD), others composed (NFC), for the same name, and Samba letters of its own in place of what
Windows forbids in names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from validation.names import name_key, passing_name_key, spelled

#: What Windows puts in front of paths over 260 characters, on a share and on a drive; Plex was seen to list such ones.
_LONG_SHARE = re.compile(r"^([\\/]{2})(?:\?[\\/]UNC[\\/])+", re.IGNORECASE)
_LONG_DRIVE = re.compile(r"^[\\/]{2}\?[\\/](?=[A-Za-z]:([\\/]|$))")

#: What stands in a name for characters that Windows forbids there, on shares of macOS' and of Samba: first the control
#: characters, then these, of which the last two mean a space and a dot at the end of a name (SFM_* in
#: fs/smb/client/cifs_unicode.h of Linux, vfs_fruit of Samba).
_STANDS_FOR = {0xF000 + number: chr(number) for number in range(1, 0x20)}
_STANDS_FOR |= {0xF020 + number: char for number, char in enumerate('"*:<>?\\| .')}
_BACKSLASH = "\uf026"  # which in Windows' style is no letter
_IN_PATHS = {code: char for code, char in _STANDS_FOR.items() if chr(code) != _BACKSLASH}
_STOOD_FOR_BY = {char: chr(code) for code, char in _STANDS_FOR.items()}

#: Either slash, as a pattern.
_SLASH = r"[/\\]"

_DRIVE = re.compile(r"^[A-Za-z]:([\\/]|$)")

#: Keys that are kept: the paths of the scenes in hand are compared a dozen times, with those of their items.
_IN_HAND = 500


def is_windows(path: str) -> bool:
    """Whether a path is written in Windows' style: a drive letter, or a UNC share with either slash."""
    return bool(_DRIVE.match(path)) or path.startswith(("\\\\", "//"))


def _separators(path: str) -> str:
    """What stands between the components of a path; in POSIX' style, a backslash is a letter like any other."""
    return "/\\" if is_windows(path) else "/"


@lru_cache(maxsize=_IN_HAND)
def path_key(path: str) -> str:
    """The form in which two spellings of one path are equal.

    Composed Unicode for all, and what Samba's letters stand for; Windows' style also ignores case, the direction of
    slashes and the prefix of long paths.
    """
    normal = unicodedata.normalize("NFC", path)
    if not normal.isascii():
        normal = normal.translate(_IN_PATHS)
    normal = _short(normal)
    if is_windows(normal):
        normal = normal.replace("\\", "/").casefold()
    elif normal.startswith("/"):
        normal = normal.replace(_BACKSLASH, "\\")
    return normal.rstrip("/") if len(normal) > 1 else normal


def unmapped(name: str) -> str:
    """A name with the characters that Samba's letters stand for."""
    return name if name.isascii() else name.translate(_STANDS_FOR)


def _short(path: str) -> str:
    """A path without the prefix that Windows gives long ones."""
    return _LONG_DRIVE.sub("", _LONG_SHARE.sub(r"\1", path)) if path[2:3] == "?" else path


def split(path: str) -> list[str]:
    """The components of a path, in composed Unicode: ``/a/b.mp4`` gives ``["a", "b.mp4"]``."""
    normal = unicodedata.normalize("NFC", _short(path))
    if is_windows(normal):
        normal = normal.replace("\\", "/")
    return [part for part in normal.split("/") if part]


def basename(path: str) -> str:
    """The file's name, without its folders, in composed Unicode."""
    parts = split(path)
    return parts[-1] if parts else ""


@lru_cache(maxsize=_IN_HAND)
def file_name_key(path: str) -> str:
    """The form in which the names of two files are equal, whatever folders they lie in."""
    return passing_name_key(unmapped(basename(path)))


def tidied(folder: str) -> str:
    """A folder as a person wrote it, without what systems read over: ``/a//b``, ``/a/./b`` and ``/a/x/../b`` are
    ``/a/b``. Stash and Plex show paths so (Go's filepath.Clean)."""
    between, name = ("[/\\\\]", "[^/\\\\]") if is_windows(folder) else ("/", "[^/]")
    here, above = rf"{between}\.(?={between}|$)", rf"{between}(?!\.\.{between}){name}+{between}\.\.(?={between}|$)"
    text = re.sub(here, "", re.sub(rf"(?<!^)({between}){between}+", r"\1", folder))
    while (shorter := re.sub(above, "", text, count=1)) != text:
        text = shorter
    return text or folder[:1]


def folder(path: str) -> str:
    """The folder a file lies in, spelled as the path spells it; empty when it names none.

    The prefix of long paths is left out. A root is its own folder: ``/``, and ``D:\\``, since ``D:`` alone means the
    folder one is in on that drive.
    """
    path = _short(path)
    cut = max(path.rfind(separator) for separator in _separators(path))
    above = path[:cut] if cut > 0 else path[: cut + 1]
    return path[: cut + 1] if _DRIVE.fullmatch(above) else above


def common_tail(one: str, other: str) -> int:
    """How many components two paths share, counted from the end, by their names' keys."""
    count = 0
    for a, b in zip(reversed(split(one)), reversed(split(other)), strict=False):
        if name_key(unmapped(a)) != name_key(unmapped(b)):
            break
        count += 1
    return count


def is_inside(path: str, root: str) -> bool:
    """Whether a path is a folder itself or lies below it, at a component border."""
    return _remainder(path, root) is not None


def inside_pattern(root: str) -> str:
    """A regular expression, for Go's as for Python's, that finds what ``is_inside`` a folder."""
    root = _short(root)
    bare = unicodedata.normalize("NFC", root.rstrip(_separators(root)))
    if not bare:
        return f"^{_SLASH}"
    if not is_windows(root):
        return f"^{''.join(map(_mapped, bare))}(?:/|$)"
    if _DRIVE.match(root):
        start, rest = f"(?:{_SLASH}{{2}}\\?{_SLASH})?{bare[:2]}", bare[2:]
    else:
        start, rest = f"{_SLASH}{{2}}(?:\\?{_SLASH}UNC{_SLASH})*", bare[2:]
    return f"(?i:^{start}{''.join(_SLASH if char in _SLASH else _mapped(char) for char in rest)}(?:{_SLASH}|$))"


def _mapped(char: str) -> str:
    """A regular expression that fits a character of a name, in either form of Unicode, and Samba's letter for it."""
    meant = unmapped(char)
    other = _STOOD_FOR_BY.get(meant, char)
    return f"(?:{spelled(meant)}|{other})" if meant != other else spelled(char)


def _remainder(path: str, prefix: str) -> str | None:
    """What follows a prefix, or None when the path does not lie under it."""
    path, prefix = _short(path), _short(prefix)
    bare = prefix.rstrip(_separators(prefix))
    # Composed and decomposed spellings differ in length: compared as they are spelled, and once more in one form.
    for whole, start in ((path, bare), (unicodedata.normalize("NFC", path), unicodedata.normalize("NFC", bare))):
        head, rest = whole[: len(start)], whole[len(start) :]
        at_border = rest == "" or rest[0] in _separators(path)
        if at_border and (path_key(head) == path_key(start) or head == start == ""):
            return rest
    return None


@dataclass(frozen=True)
class PathRule:
    """One line of the path map: what Stash calls ``stash``, Plex calls ``plex``."""

    stash: str
    plex: str

    def apply(self, path: str) -> str | None:
        """The path as Plex spells it, or None when this rule does not concern it."""
        rest = _remainder(path, self.stash)
        if rest is None:
            return None
        if is_windows(path):
            rest = rest.replace("\\", "/")
        if is_windows(self.plex) and ("\\" in self.plex or "/" not in self.plex):
            rest = rest.replace("/", "\\")
        return self.plex.rstrip(_separators(self.plex)) + rest


@dataclass(frozen=True)
class PathMap:
    """All rules; the longest Stash prefix wins, and a path that no rule concerns stays as it is."""

    rules: tuple[PathRule, ...] = ()

    @classmethod
    def of(cls, rules: Iterable[PathRule]) -> PathMap:
        """A map with its rules in the order in which they are tried."""
        return cls(tuple(sorted(rules, key=lambda rule: -len(path_key(rule.stash)))))

    def to_plex(self, path: str) -> str:
        """A path of Stash's as Plex spells it."""
        for rule in self.rules:
            mapped = rule.apply(path)
            if mapped is not None:
                return mapped
        return path


def parse_path_map(text: str) -> PathMap:
    """Read ``stash prefix => plex prefix``, several separated by ``;`` or new lines.

    Raises:
        ValueError: a rule has not two sides that are whole paths; the text names the rule and the form.
    """
    rules = []
    for piece in re.split(r"[;\n]", text):
        if not piece.strip():
            continue
        sides = [side.strip().strip('"') for side in piece.split("=>")]
        if len(sides) > 2:
            raise ValueError(f'"{piece.strip()}" has more than one arrow; several rules are separated by semicolons')
        if len(sides) < 2 or not all(map(_is_whole, sides)):
            raise ValueError(
                f'"{piece.strip()}" is not a rule; write: folder in Stash => folder in Plex, '
                "for example /data => /media/videos"
            )
        rules.append(PathRule(*map(tidied, sides)))
    return PathMap.of(rules)


def _is_whole(path: str) -> bool:
    """Whether a path begins where paths begin, and not somewhere below."""
    return path.startswith(("/", "\\")) or bool(_DRIVE.match(path))
