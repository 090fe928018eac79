"""A scene's cover, compared with the poster and the background that an item shows. What differs is put up by
worker/items/hanging.py.

Plex keeps every upload and has no way to delete one, so nothing is uploaded that it holds. Its list of an item's
pictures costs a request, and is read only when the address of the shown picture moved since that was seen, and once a
picture was put up (worker/items/readback.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from plex.exceptions import PlexFailed, PlexNotFound, PlexPermanentError
from plex.places import PLACES, Pictures, Place
from stash.pictures import NoPicture, Picture
from validation.errors import ConfigurationError
from worker.items.covers import Closed, Covers, Hanging, as_listed
from worker.items.covers_ahead import CoverAnswer, FetchCover
from worker.items.target import Target
from worker.metadata.decisions import Policy
from worker.metadata.memory import ItemMemory, PictureMemory, RefusedPicture
from worker.metadata.pictures import (
    MOST_VAIN,
    PictureDecision,
    ShownPicture,
    as_known,
    as_seen,
    decide_picture,
)


def new_covers(target: Target, places: Iterable[str], memory: ItemMemory, fetch: FetchCover, policy: Policy) -> Covers:
    """Begin to compare a scene's cover with what an item shows in some places, which are keys of PLACES; ``compare`` of
    what this returns does the rest.

    Stash is asked once, with the last ETag where all places have the same. Only looks.
    """
    covers = Covers()
    known = {PLACES[name]: memory.pictures.get(name, PictureMemory()) for name in places}
    if known:
        cover = _Cover(fetch, list(known.values()))
        covers.awaited = lambda: _compare_all(target, known, cover, policy, covers)
    return covers


def _compare_all(
    target: Target, known: Mapping[Place, PictureMemory], cover: _Cover, policy: Policy, covers: Covers
) -> None:
    cover.wait()
    for place, one in known.items():
        if cover.is_told:
            _Comparison(target, place, policy, covers).compare(cover, cover.seen(place, one))


class _Cover:
    """A scene's cover, of which the bytes are fetched when they are needed."""

    def __init__(self, fetch: FetchCover, known: Sequence[PictureMemory]) -> None:
        self._fetch = fetch
        # Of what version 1.0.0 uploaded, the key can be made of the bytes alone.
        etags = {one.etag if one.cover or not one.sha256 else "" for one in known}
        self._begun = fetch(etags.pop() if len(etags) == 1 else "")
        self._answer: CoverAnswer = None

    def wait(self) -> None:
        """Until Stash has answered."""
        self._answer = self._begun()

    @property
    def is_told(self) -> bool:
        """Whether Stash said what the cover is."""
        return not isinstance(self._answer, NoPicture) or bool(self._answer.etag)

    @property
    def fault(self) -> str:
        """Why it cannot be sent, though a person chose it."""
        return self._answer.fault if isinstance(self._answer, NoPicture) else ""

    def seen(self, place: Place, known: PictureMemory) -> PictureMemory:
        """What is remembered of a place, with this cover in it."""
        answer = self._answer
        if answer is None:
            return known
        key = place.key_of(answer.content) if isinstance(answer, Picture) else ""
        same = key == known.cover and (bool(key) or answer.etag == known.etag)
        refused = known.refused if same else None
        return replace(known, etag=answer.etag, cover=key, refused=refused)

    def content(self, place: Place, key: str) -> bytes | None:
        """The bytes that get this key in Plex; None when it is another picture by now."""
        if self._answer is None:
            self._answer = self._fetch("")()
        answer = self._answer
        return answer.content if isinstance(answer, Picture) and place.key_of(answer.content) == key else None


@dataclass(frozen=True)
class _Comparison:
    """One place of one item."""

    target: Target
    place: Place
    policy: Policy
    covers: Covers
    #: Its list, where it was opened to be read.
    opened: Pictures | None = None

    def compare(self, cover: _Cover, known: PictureMemory) -> None:
        """``known``: what is remembered, with the present cover in it."""
        name, refused = self.place.name, known.refused
        self.covers.memories[name] = known
        if not known.cover:
            if cover.fault:
                refused = RefusedPicture(fault=cover.fault, at=self.policy.now, final=True)
            if refused:
                self.covers.refuse(self.place, known, refused)
        elif refused and refused.final and refused.at >= self.policy.asked_at:
            self.covers.refuse(self.place, known, refused)
        elif self._is_anothers(known):
            self.covers.kept.append(name)
        else:
            self._decide_if_open(cover, known)

    def _decide_if_open(self, cover: _Cover, known: PictureMemory) -> None:
        try:
            self._decide(cover, known)
        except _ClosedPlace:
            again = lambda found: replace(self, opened=found)._decide(cover, known)  # noqa: E731
            self.covers.closed.append(Closed(self.place, again))

    def _is_anothers(self, known: PictureMemory) -> bool:
        """Whether it was locked before PlexSync put anything there, and is to stay. No need to know what it is."""
        return self.policy.keep_edits and not known.may_be_ours and self._is_locked

    def _decide(self, cover: _Cover, known: PictureMemory) -> None:
        covers, name = self.covers, self.place.name
        try:
            shown, decision = self._decision(known)
        except PlexFailed:
            if self._is_locked and _is_settled(known):
                return  # a server that tells nothing while it is locked; opening it to look would be a write
            raise
        except ConfigurationError:
            raise
        except (PlexNotFound, PlexPermanentError) as error:
            fault = f"its list cannot be read: {error}"
            covers.refuse(self.place, known, RefusedPicture(fault=fault, at=self.policy.now))
            return
        if decision.write:
            self._hang(cover, known, shown, decision.memory)
            return
        covers.memories[name] = decision.memory
        if decision.kept:
            covers.kept.append(name)

    def _decision(self, known: PictureMemory) -> tuple[ShownPicture, PictureDecision]:
        """What the place shows, and what to do about it: nothing is put up there before all its uploads are known."""
        shown = as_known(known, self._address, self._is_locked) or self._listed(opens=not _is_settled(known))
        decision = self._decision_on(shown, known)
        if decision.write and shown.keys is None:
            shown = self._listed()
            decision = self._decision_on(shown, known)
        return shown, decision

    def _decision_on(self, shown: ShownPicture, known: PictureMemory) -> PictureDecision:
        return decide_picture(known.cover, shown, known, self.policy.keep_edits, self.policy.now)

    def _hang(self, cover: _Cover, known: PictureMemory, shown: ShownPicture, memory: PictureMemory) -> None:
        """Plan to put up the cover; ``memory``: what to remember from the moment before."""
        covers = self.covers
        if memory.unseen and memory.unseen.vain >= MOST_VAIN:
            fault = "Plex took it without a word and does not have it"
            covers.refuse(self.place, known, RefusedPicture(fault=fault, at=self.policy.now, final=True))
            return
        is_held = known.cover in (shown.keys or ())
        content = None if is_held else cover.content(self.place, known.cover)
        if content is None and not is_held:
            covers.memories[self.place.name] = replace(known, etag="")  # it changed just now
            return
        former = as_seen(known, shown)
        covers.hangings.append(Hanging(self.place, known.cover, content, former, self._is_locked))
        covers.memories[self.place.name] = memory

    @property
    def _is_locked(self) -> bool:
        return self.place.field in self.target.shown.locks

    @property
    def _address(self) -> str:
        return self.target.shown.pictures.get(self.place.field, "")

    def _listed(self, opens: bool = True) -> ShownPicture:
        return as_listed(self.opened or self._list(opens), self.place, self.target.shown)

    def _list(self, opens: bool) -> Pictures:
        """Plex's list; it may answer 500 while the place is locked. ``opens``: it is looked at behind its lock then."""
        try:
            return self.target.item.pictures(self.place)
        except PlexFailed as error:
            if opens and self._is_locked:
                raise _ClosedPlace from error
            raise


class _ClosedPlace(Exception):
    """Plex tells nothing of a place while it is locked, and to open it is a write."""


def _is_settled(known: PictureMemory) -> bool:
    """Whether the cover is up, as far as is remembered."""
    if known.back is not None:
        return known.back.is_ours and known.back.key == known.cover and known.back.answered > 0
    return known.written == known.cover and not (known.unseen and not known.unseen.answered)
