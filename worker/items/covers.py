"""What is planned about the pictures of one item, and what became of it by now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from plex.exceptions import PlexFailed, PlexNotReady, PlexUnreachable
from plex.places import Pictures, Place
from validation.errors import ConfigurationError, PlexSyncError, StashUnavailable
from worker.items.target import Target
from worker.metadata.memory import ItemMemory, PictureMemory, RefusedPicture
from worker.metadata.pictures import PutUp, ShownPicture
from worker.metadata.shown import Shown


@dataclass(frozen=True)
class Hanging:
    """A picture to put up: by its bytes, or one that Plex holds already (None). ``former``: what is remembered of the
    place should that fail; ``lock``: the lock it had."""

    place: Place
    key: str
    content: bytes | None
    former: PictureMemory
    lock: bool

    @property
    def is_lock_awaited(self) -> bool:
        """Whether the place gets its lock only once Plex took the picture: at a try after a failed one, so that one
        that fails again has nothing to undo."""
        return self.former.refused is not None and not self.lock


@dataclass(frozen=True)
class Return:
    """A picture that stood in a place before: to be shown again by its key, none where that is empty; None leaves what
    is shown. ``stood``: the key of what is shown now; ``lock``: the lock to be given back."""

    place: Place
    key: str | None
    stood: str
    lock: bool


@dataclass(frozen=True)
class Closed:
    """A place of which Plex tells nothing while it is locked. ``decide`` gets the list, once it was opened."""

    place: Place
    decide: Callable[[Pictures], None]


@dataclass
class Covers:
    """What is done about the pictures of one item.

    ``memories``: what to remember by now, by place; ``leaving``: places of which nothing is once all is done, ``gone``:
    when it is. ``kept``: places whose picture a person chose. ``closed``: what can only be looked at once its lock is
    opened; ``unlocked``: fields of which that was done. ``returns``: pictures to be given back. ``refused``: by place,
    why its cover is not sent; ``news``: those of them that are new. ``hung``: places where a picture was put up.
    ``trouble``: why all has to be tried again, once everything else is written. ``awaited``: looks at the cover, which
    was asked for and not looked at yet.
    """

    memories: dict[str, PictureMemory] = field(default_factory=dict)
    hangings: list[Hanging] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    leaving: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    refused: dict[str, str] = field(default_factory=dict)
    news: dict[str, str] = field(default_factory=dict)
    unlocked: set[str] = field(default_factory=set)
    hung: list[str] = field(default_factory=list)
    trouble: PlexSyncError | None = None
    awaited: Callable[[], None] | None = None

    def compare(self) -> None:
        """Look at the cover, unless that was done: all else tells only then what is to be done.

        Raises what no scene is at fault for; what concerns the pictures of this one is noted as trouble.
        """
        awaited, self.awaited = self.awaited, None
        if awaited is not None:
            with self.noting_trouble():
                awaited()

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return bool(self.hangings or self.unlocked or self.closed or self.returns)

    @property
    def held_bytes(self) -> int:
        """How much the pictures take that are held to be uploaded."""
        return sum(len(one.content) for one in self.hangings if one.content)

    @property
    def waiting(self) -> frozenset[str]:
        """Places of which something is still to be written."""
        places = [one.place for one in self.hangings] + [one.place for one in self.returns]
        planned = {place.name for place in (*places, *(one.place for one in self.closed))}
        return frozenset(planned - set(self.hung) - set(self.refused))

    def chosen(self, place: str) -> str | None:
        """The key of the picture that a place was seen to show, empty for none; None where that is not known."""
        seen = {name: known.chosen for name, known in self.memories.items()}
        seen |= {one.place.name: one.former.chosen for one in self.hangings}
        seen |= {one.place.name: one.stood for one in self.returns}
        return seen.get(place)

    @property
    def put_up(self) -> dict[str, PutUp]:
        """By place, the pictures that Plex answered to show."""
        sent = {one.place.name: PutUp(one.key, one.former.chosen or "") for one in self.hangings}
        sent |= {one.place.name: PutUp(one.key, one.stood) for one in self.returns if one.key is not None}
        return {name: one for name, one in sent.items() if name in self.hung}

    def remembered_in(self, memory: ItemMemory) -> ItemMemory:
        """What is remembered of an item, with its pictures."""
        pictures = {**memory.pictures, **self.memories}
        left = {name: one for name, one in pictures.items() if name not in self.gone}
        return replace(memory, pictures=left)

    def locks(self, shown: Shown) -> dict[str, int]:
        """The locks that keep what is put up, as far as they are not set."""
        first = {one.place.field for one in self.hangings if not one.is_lock_awaited}
        fields = (first - shown.locks) | self.unlocked
        fields -= {one.place.field for one in self.returns}
        return {f"{name}.locked": 1 for name in sorted(fields)}

    def when_listed(self, target: Target, place: Place, decide: Callable[[Pictures], None]) -> None:
        """Let ``decide`` see Plex's list of a place: now, or once the place is opened, where Plex tells nothing of it
        while it is locked. Raises the errors of plex/exceptions.py."""
        try:
            found = target.item.pictures(place)
        except PlexFailed:
            if place.field not in target.shown.locks:
                raise
            self.closed.append(Closed(place, decide))
        else:
            decide(found)

    @contextmanager
    def noting_trouble(self) -> Iterator[None]:
        """What concerns the pictures of this one item is raised once everything else is written; what no scene is at
        fault for, at once."""
        try:
            yield
        except (PlexUnreachable, PlexNotReady, ConfigurationError, StashUnavailable):
            raise
        except PlexSyncError as error:
            self.trouble = error

    def keep(self, place: Place, known: PictureMemory) -> None:
        """Something is remembered of a place, also once all is done."""
        self.memories[place.name] = known
        self.leaving -= {place.name}

    def settle(self) -> None:
        """Everything was done."""
        if not self.trouble:
            self.gone = self.leaving

    def refuse(self, place: Place, known: PictureMemory, refused: RefusedPicture) -> None:
        """A cover is not sent until it changes."""
        told = known.refused and (known.refused.fault, known.refused.final) == (refused.fault, refused.final)
        if not told:
            self.news[place.name] = refused.fault
        self.memories[place.name] = replace(known, refused=refused)
        self.refused[place.name] = refused.fault


def as_listed(found: Pictures, place: Place, shown: Shown) -> ShownPicture:
    """What an item shows in a place, by Plex's list and by its details."""
    address, is_locked = shown.pictures.get(place.field, ""), place.field in shown.locks
    return ShownPicture(found.chosen, found.keys, address, is_locked, is_listed=True)
