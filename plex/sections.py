"""Which libraries are written to: the movie libraries that the user names, or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from plex.exceptions import PlexConfigurationError
from validation.names import keys_named, name_key, name_keys, without_namesake


class Section(Protocol):
    """A library, as plex/listing.py and plexapi describe it."""

    @property
    def title(self) -> str: ...

    @property
    def type(self) -> str: ...


AnySection = TypeVar("AnySection", bound=Section)


@dataclass(frozen=True)
class Choice(Generic[AnySection]):
    """The movie libraries that are written to and those that are not, and the names that none of them has."""

    chosen: tuple[AnySection, ...]
    others: tuple[AnySection, ...]
    unknown: tuple[str, ...]


def choose(sections: Iterable[AnySection], wanted: Sequence[str]) -> Choice[AnySection]:
    """The movie libraries of the wanted names, compared by their key; all of them when none is named."""
    movies = [section for section in sections if section.type == "movie"]
    names = keys_named(tuple(wanted))
    titles = name_keys(section.title for section in movies)
    return Choice(
        tuple(section for section in movies if not names or name_key(section.title) in names),
        tuple(section for section in movies if names and name_key(section.title) not in names),
        tuple(without_namesake(tuple(wanted), titles)),
    )


def is_choice(titles: Sequence[str], wanted: Sequence[str], are_all: bool) -> bool:
    """Whether libraries of these titles are those of the wanted names and no others; of no names, all movie libraries
    there are, which Plex alone can tell: ``are_all`` says whether it did."""
    keys, names = name_keys(titles), keys_named(tuple(wanted))
    if not names:
        return are_all and bool(keys)
    return bool(keys) and keys <= names and not without_namesake(tuple(wanted), keys)


def choose_sections(sections: Sequence[AnySection], wanted: Sequence[str]) -> tuple[AnySection, ...]:
    """Those that are written to.

    Raises PlexConfigurationError: one is not there, or there is none at all.
    """
    choice = choose(sections, wanted)
    if choice.unknown:
        movies = (*choice.chosen, *choice.others)
        there = ", ".join(f'"{section.title}"' for section in sections if section in movies) or "none"
        raise PlexConfigurationError(
            f'Plex has no movie library called "{choice.unknown[0]}" (setting "Plex libraries"); it has: {there}.'
        )
    if not choice.chosen:
        raise PlexConfigurationError("Plex has no library of the type movie, and PlexSync writes to no other.")
    return choice.chosen
