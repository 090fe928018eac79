"""Which request goes where: method and path to a kind (for counters and faults) and a handler."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.doubles.plex.messages import Answer, Request

if TYPE_CHECKING:
    from tests.doubles.plex.app import App

Handler = Callable[["App", Request, "re.Match[str]"], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """`write` requests count as writes; `owner` ones are closed to guests; `open` ones need no token."""

    methods: frozenset[str]
    pattern: re.Pattern[str]
    kind: str
    handler: Handler
    write: bool = False
    owner: bool = False
    open: bool = False


def route(
    methods: str,
    pattern: str,
    kind: str,
    handler: Handler,
    *,
    write: bool = False,
    owner: bool | None = None,
    open: bool = False,
) -> Route:
    """`{n}` in a pattern stands for a number, `{ns}` for several with commas. Writes are the owner's."""
    regex = pattern.replace("{n}", r"(\d+)").replace("{ns}", r"(\d+(?:,\d*)*)")
    names = frozenset(methods.split())
    return Route(names, re.compile(regex), kind, handler, write, write if owner is None else owner, open)


class Router:
    """Looks routes up in the order given."""

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self._routes = routes

    def find(self, method: str, path: str) -> tuple[Route, re.Match[str]] | None:
        method = "GET" if method == "HEAD" else method
        for entry in self._routes:
            if method in entry.methods:
                match = entry.pattern.fullmatch(path)
                if match:
                    return entry, match
        return None
