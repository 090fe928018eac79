"""What a report must not show. Secrets and hosts never; on request no names either: titles, paths, tags, libraries.

Names are masked by what is known to be none: numbers, and the words that PlexSync's own sentences are made of. What
stands in quotes or looks like a path is masked whatever its words are, unless it is a piece of our own sentences to the
letter. The same word becomes the same sign all through a report, so that equal paths stay equal, and the folder that
two of them share stays visible.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping

from worker.hidden import SHORTEST, Hidden
from worker.operations.report.seams import is_closing, pattern_of
from worker.operations.report.vocabulary import WORD

MASK = "***"

#: Hosts that tell nothing of anybody.
OPEN_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "::1", "0.0.0.0", "support.plex.tv"})  # noqa: S104

#: How the file of a picture or of a video ends.
_ENDINGS = frozenset(
    ["mp4", "mkv", "avi", "wmv", "mov", "m4v", "webm", "flv", "mpg", "mpeg", "ts", "jpg", "jpeg", "png", "webp", "gif"]
)
_ENDS = "|".join(sorted(_ENDINGS))

#: What is settled stands between these two until the end, its quotes as the third, and the fourth in front of pieces of
#: our sentences; none of them comes from outside.
_OPEN, _CLOSE, _QUOTE, _OURS = "\ue000", "\ue001", "\ue002", "\ue003"
_SETTLED = f"{_OPEN}[^{_CLOSE}]*{_CLOSE}"

_SECRETS = (
    re.compile(r"(?i)((?:x-plex-token|api_?key|token|password|passwd|secret|session|cookie)[\"']?=[\"']?)[^\s\"'&;,]+"),
    re.compile(r"(?i)((?:x-plex-token|apikey|set-cookie|cookie)[\"']?\s*:\s*[\"']?)[^\s\"'&;,]+"),
    re.compile(r"(?i)(authorization[\"']?\s*[:=]\s*[\"']?(?:bearer |basic )?)[^\s\"',]+"),
    re.compile(r"()\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?"),  # how every JSON web token begins: Stash's API keys are such
)
_URL = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)(?:[^\s/\"'<>]*@)?(\[[^\]\s]*\]|[^\s/:?#\"'<>()]+)")
_PLEX_DIRECT = re.compile(r"(?i)\b[\w-]+\.[0-9a-f]{32}\.plex\.direct\b")
_IPV4 = re.compile(rf"(?<![\w.{_OPEN}])(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?![\w.]*\w)")
_IPV6 = re.compile(rf"(?<![\w:{_OPEN}])(?:[0-9A-Fa-f]{{0,4}}:){{2,7}}[0-9A-Fa-f]{{0,4}}(?![\w:])")

#: A path: to the ending of a video if there is one, else to where a sentence goes on.
_PATH = (
    rf"(?<![\w{_CLOSE}])(?:/(?=\S)|[A-Za-z]:[\\/]|\\\\)"
    rf"(?:[^\"\n{_OPEN}]*?\.(?:{_ENDS})\b|[^\"\n{_OPEN}]*?(?=[ ]\(|;|:[ ]|\.[ ][A-Z]|[ ]=>|\.?$|[\"{_OPEN}]))"
)
_PIECE = re.compile(
    rf"(?P<settled>{_SETTLED})|(?P<url>https?://{_SETTLED}\S*)|(?P<path>{_PATH})|(?P<word>{WORD})", re.MULTILINE
)
_INSIDE = re.compile(rf"(?P<settled>{_SETTLED})|(?P<word>[^\s!-/:-@\[-`{{-~{_OPEN}{_CLOSE}]+)")


class Masker:
    """Masks texts of one report. ``words``: the words that stay, None where names may be shown; ``names``: what may
    stand in quotes; ``folders``: by its path what a folder is called instead; ``seams``: pieces of our sentences."""

    def __init__(
        self,
        secrets: Iterable[str],
        words: frozenset[str] | None,
        names: frozenset[str] = frozenset(),
        folders: Mapping[str, str] | None = None,
        seams: Iterable[str] = (),
    ) -> None:
        self._secrets = [Hidden(one) for one in sorted(set(secrets), key=len, reverse=True) if len(one) >= SHORTEST]
        self._words, self._names, self._seams = words, names, pattern_of(seams)
        self._folders = sorted((folders or {}).items(), key=lambda one: len(one[0]), reverse=True)
        self._hosts: dict[str, str] = {}
        self._signs: dict[str, str] = {}

    def text(self, text: str) -> str:
        """One line of PlexSync's, or one entry of a log with all its lines."""
        text = self._always(text)
        return _opened(text if self._words is None else self._sentence(text))

    def plain(self, text: str) -> str:
        """A text in which there are no names, or masked ones."""
        return _opened(self._always(text))

    def value(self, text: str) -> str:
        """A value that somebody chose, such as a setting: all of it is a name, but for ``{placeholders}`` and hosts."""
        text = self._always(text)
        if self._words is None:
            return _opened(text)
        text = re.sub(r"\{\w+\}|https?://(?=" + _OPEN + ")", lambda found: _settled(found[0]), text)
        return _opened(self._strictly(text))

    def hosts(self) -> list[str]:
        """What each sign of a host stands for, one sentence each."""
        return [f"{sign} is {_kind(host)}." for host, sign in self._hosts.items()]

    def _always(self, text: str) -> str:
        text = re.sub(f"[{_OPEN}{_CLOSE}{_QUOTE}{_OURS}\0]", "?", text)
        for secret in self._secrets:
            text = secret.out_of(text, _settled(MASK))
        for pattern in _SECRETS:
            text = pattern.sub(lambda found: found[1] + _settled(MASK), text)
        for folder, name in self._folders:
            text = re.sub(re.escape(folder) + r"([\\/][^\s\"',;:()]*)?(?![\w-])", self._in_folder(name), text)
        text = _URL.sub(lambda found: found[1] + self._host(found[2]), text)
        text = _PLEX_DIRECT.sub(lambda found: self._host(found[0]), text)
        text = _IPV4.sub(lambda found: self._host(found[0]) if _is_address(found[0]) else found[0], text)
        return _IPV6.sub(lambda found: self._host(found[0]) if _is_address(found[0]) else found[0], text)

    def _in_folder(self, name: str) -> Callable[[re.Match[str]], str]:
        def replaced(found: re.Match[str]) -> str:
            rest = found[1] or ""
            return _settled(name + (rest if self._words is None else self._by_words(rest)))

        return replaced

    def _host(self, host: str) -> str:
        if _OPEN in host:
            return host
        if host.lower() in OPEN_HOSTS or host in self._hosts.values():
            return _settled(host)
        return _settled(self._hosts.setdefault(host.lower(), f"host{len(self._hosts) + 1}"))

    def _sentence(self, block: str) -> str:
        """From the first quote that is no name of ours to the last one, all is masked, but for pieces of our own
        sentences: a title may hold quotes."""
        block = self._seams.sub(_as_ours, block) if self._seams else block
        quotes = [found.span() for found in re.finditer(r'"[^"]*"', block) if found[0][1:-1] not in self._names]
        quotes = [
            (first, last) for first, last in quotes if not re.fullmatch(rf'"(?!.{_OURS}){_SETTLED}"', block[first:last])
        ]
        if block.count('"') % 2:
            first = min([span[0] for span in quotes] + [block.rindex('"')])
            return self._loosely(block[:first]) + self._strictly(block[first:])
        if not quotes:
            return self._loosely(block)
        first, last = quotes[0][0], quotes[-1][1]
        return self._loosely(block[:first]) + self._strictly(block[first:last]) + self._loosely(block[last:])

    def _loosely(self, text: str) -> str:
        names = re.compile(r'"([^"]*)"')
        text = names.sub(lambda found: _settled(found[0]) if _OPEN not in found[0] else found[0], text)
        return _PIECE.sub(self._piece, text)

    def _piece(self, found: re.Match[str]) -> str:
        if found["path"]:
            return self._strictly(found["path"])
        if found["url"]:
            head, _, rest = found["url"].partition(_CLOSE)
            return head + _CLOSE + self._by_words(rest)
        return self._word(found["word"]) if found["word"] else found[0]

    def _by_words(self, text: str) -> str:
        return re.sub(WORD, lambda found: self._word(str(found[0])), text)

    def _word(self, word: str) -> str:
        stays = re.fullmatch(r"v?\d+", word) or word.lower() in (self._words or ())
        return word if stays else self._sign(word)

    def _strictly(self, text: str) -> str:
        return _INSIDE.sub(lambda found: self._sign(found["word"]) if found["word"] else found[0], text)

    def _sign(self, word: str) -> str:
        if word.lower() in _ENDINGS:
            return word
        return self._signs.setdefault(word, f"x{len(self._signs) + 1}")


def _settled(text: str) -> str:
    return f"{_OPEN}{text}{_CLOSE}"


def _opened(text: str) -> str:
    return re.sub(f"[{_OPEN}{_CLOSE}{_OURS}]", "", text).replace(_QUOTE, '"')


def _as_ours(found: re.Match[str]) -> str:
    """A piece of our own is settled, with the quotes in it; those of values before it and behind it stay."""
    text = found[0]
    first = 1 if is_closing(text) else 0
    last = len(text) - 1 if (text.count('"') - first) % 2 else len(text)
    if text[last:] not in ('"', ""):
        last = text.rindex('"')
    inner = text[first:last].replace('"', _QUOTE)
    return text[:first] + _settled(_OURS + inner) + text[last:]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _kind(host: str) -> str:
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "a name with dots" if "." in host else "a name without dots"
    reach = "of this machine" if address.is_loopback else "at home" if address.is_private else "in the internet"
    return f"an IPv{address.version} address {reach}"
