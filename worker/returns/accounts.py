"""Whose plays count. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plex.playing import OWNER
from validation.names import name_key, name_keys


@dataclass(frozen=True)
class Accounts:
    """The numbers of the accounts whose plays count, and names that no account has."""

    numbers: frozenset[int]
    unknown: tuple[str, ...] = ()


def whose(names: Sequence[str], known: Mapping[int, str]) -> Accounts:
    """The accounts of these names; of none, the owner's alone. ``known``: the server's accounts, by number."""
    if not names:
        return Accounts(frozenset({OWNER}))
    wanted = name_keys(names)
    there = name_keys(known.values())
    numbers = frozenset(number for number, name in known.items() if name and name_key(name) in wanted)
    return Accounts(numbers, tuple(name for name in names if name_key(name) not in there))
