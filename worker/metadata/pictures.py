"""Which picture an item is to show as its poster or background. Pure; every rule about covers lives here.

Pictures have Plex's keys for names; an upload's key is made of its bytes. A picture counts as PlexSync's if it is the
one that was put there last, or what Plex showed after that. Any other was chosen by a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from worker.metadata.memory import GivenBack, PictureMemory, RefusedPicture, UnseenPicture
from worker.metadata.refusal import counted

#: Within so many seconds of its answer, a picture that is not shown may only be late.
LATE = 60.0

#: Uploads of the same bytes that Plex answered well and did not have later, before it counts as refused.
MOST_VAIN = 2

#: How the key of every upload begins.
_UPLOAD = "upload:"

#: Keys of uploads that are remembered of a place at most: another upload moves its address.
_MOST_UPLOADS = 5

#: By place, where an item's details say that its picture is; empty where it has none. It ends in the time of the item's
#: last change.
Addresses = Mapping[str, str]


@dataclass(frozen=True)
class ShownPicture:
    """One place of an item: the key of the picture shown there (empty for none), the keys of what it could show, or of
    the uploads among them (None: not known), the address that its details give, which moves with each change, and the
    lock. ``is_listed``: Plex's list says so."""

    chosen: str
    keys: frozenset[str] | None
    address: str
    locked: bool
    is_listed: bool = False


class PictureOrigin(Enum):
    """Whose picture is shown."""

    #: PlexSync never put one there.
    UNTOUCHED = "untouched"
    #: What PlexSync put there, or what Plex made of it.
    OURS = "ours"
    #: What stood there before the last write, which Plex answered a moment ago.
    LATE = "late"
    #: What stood there before the last write, which did not happen.
    BEFORE = "before"
    #: A person's.
    OTHERS = "others"


@dataclass(frozen=True)
class Looked:
    """What is to be remembered of a place once it was looked at, and whose picture it shows."""

    memory: PictureMemory
    origin: PictureOrigin


@dataclass(frozen=True)
class PictureDecision:
    """What to do with one place. ``memory``: what to remember, from the moment before the write if there is one.
    ``kept``: it is left as a person chose it."""

    memory: PictureMemory
    write: bool = False
    kept: bool = False


def look_at_picture(memory: PictureMemory, shown: ShownPicture, now: float) -> Looked:
    """Tell whose picture a place shows. ``now``: seconds since 1970."""
    if memory.back is not None:
        memory = _after_give_back(memory, memory.back, shown, now)
    seen = replace(memory, unseen=None)
    if _is_ours(memory, shown.chosen):
        return Looked(seen, PictureOrigin.OURS)
    if memory.written is None:
        return Looked(seen, PictureOrigin.OTHERS if memory.sha256 else PictureOrigin.UNTOUCHED)
    unseen = memory.unseen
    if unseen is None:
        return Looked(memory, PictureOrigin.OTHERS)
    is_there, is_answered = memory.written in (shown.keys or ()), unseen.answered > 0
    if shown.chosen != unseen.stood:
        are_uploads = memory.written.startswith(_UPLOAD) and shown.chosen.startswith(_UPLOAD)
        if is_answered and not is_there and are_uploads:  # a server that names uploads otherwise
            return Looked(replace(seen, shown=shown.chosen), PictureOrigin.OURS)
        return Looked(seen, PictureOrigin.OTHERS)
    if is_answered and 0 <= now - unseen.answered <= LATE:
        return Looked(memory, PictureOrigin.LATE)
    if is_answered and is_there and not unseen.held:  # it was put up, and somebody chose the former one again
        return Looked(seen, PictureOrigin.OTHERS)
    vain = replace(unseen, vain=unseen.vain + 1, answered=0.0) if is_answered else unseen
    return Looked(replace(memory, unseen=vain), PictureOrigin.BEFORE)


def _is_ours(memory: PictureMemory, chosen: str) -> bool:
    if memory.written is None:  # version 1.0.0 did not keep the key of what it uploaded
        return bool(memory.sha256) and chosen.startswith(_UPLOAD)
    return chosen in (memory.written, memory.shown)


def to_give_back(memory: PictureMemory, key: str, is_ours: bool = False) -> PictureMemory:
    """What is remembered of a place from the moment before a former picture is chosen again, by its ``key``, empty for
    none. ``is_ours``: it was PlexSync's, too."""
    return replace(memory, back=GivenBack(key=key, is_ours=is_ours), chosen=None)


def _after_give_back(memory: PictureMemory, back: GivenBack, shown: ShownPicture, now: float) -> PictureMemory:
    """What is remembered of a place where a former picture was to be shown again. An answer of 200 does not tell that
    it is; while ours is shown, nothing of it is forgotten."""
    is_ours = _is_ours(memory, shown.chosen)
    if shown.chosen == back.key or not (back.key or is_ours):
        left = PictureMemory(etag=memory.etag, cover=memory.cover, refused=memory.refused)
        ours = replace(left, written=back.key, before=memory.before, locked=memory.locked)
        return ours if back.is_ours else left
    if is_ours and 0 <= now - back.answered <= LATE:
        return memory
    return replace(memory, back=None)


def decide_picture(
    cover: str, shown: ShownPicture, memory: PictureMemory, keep_edits: bool, now: float
) -> PictureDecision:
    """Decide on one place. ``cover``: the key of the scene's cover; ``keep_edits``: what a person chose stays, which a
    picture counts as that was locked before PlexSync's first."""
    looked = look_at_picture(memory, shown, now)
    known, origin = looked.memory, looked.origin
    if origin is PictureOrigin.LATE and known.written == cover:
        return PictureDecision(known)
    seen = as_seen(known, shown)
    put_up = replace(seen, written=cover, shown=None, sha256="", back=None)
    if shown.chosen == cover:
        ours = seen if origin is PictureOrigin.UNTOUCHED else put_up
        return PictureDecision(replace(ours, unseen=None, refused=None))
    if origin is PictureOrigin.OURS and known.written == cover:
        return PictureDecision(seen)
    users = shown.locked if origin is PictureOrigin.UNTOUCHED else origin is PictureOrigin.OTHERS
    if users and keep_edits:
        return PictureDecision(seen, kept=True)
    vain = known.unseen.vain if known.unseen and known.written == cover else 0
    held = cover in (shown.keys or ())
    unseen = UnseenPicture(stood=shown.chosen, address=shown.address, held=held, vain=vain)
    begun = replace(put_up, unseen=unseen, chosen=None, address="")
    if origin is PictureOrigin.UNTOUCHED:
        begun = replace(begun, before=_before(shown), locked=shown.locked)
    return PictureDecision(begun, write=True)


def _before(shown: ShownPicture) -> str | None:
    """What is shown before the first write; None where the list says that nothing is, and the details that something
    is."""
    return shown.chosen or (None if shown.address else "")


def as_known(memory: PictureMemory, address: str, locked: bool) -> ShownPicture | None:
    """What a place shows, where that is known without asking Plex for its list, by the ``address`` in the details: it
    is as it was seen last, or as it was before a write that did not happen."""
    unseen = memory.unseen
    if memory.chosen is not None and is_known(memory, address):
        uploads = None if memory.uploads is None else frozenset(memory.uploads)
        return ShownPicture(memory.chosen, uploads, address, locked)
    if unseen and not unseen.answered and memory.written == memory.cover and unseen.address == address:
        return ShownPicture(unseen.stood, frozenset({memory.cover} if unseen.held else ()), address, locked)
    return None


def as_seen(memory: PictureMemory, shown: ShownPicture) -> PictureMemory:
    """What is remembered of a place, with what it shows."""
    seen = replace(memory, chosen=shown.chosen, address=shown.address)
    if not shown.is_listed:
        return seen
    uploads = tuple(sorted(key for key in shown.keys or () if key.startswith(_UPLOAD)))
    return replace(seen, uploads=uploads if len(uploads) <= _MOST_UPLOADS else None)


def is_known(memory: PictureMemory, address: str) -> bool:
    """Whether what a place shows is known without asking Plex for its list: it is as it was seen last."""
    return memory.chosen is not None and memory.address == address


def failed_again(refused: RefusedPicture | None, fault: str, locked: bool, now: float) -> RefusedPicture:
    """Plex failed once more at a cover, which may be busy or may never take it. ``locked``: the lock before that."""
    known = refused if refused and refused.tries else RefusedPicture(fault=fault, since=now, locked=locked)
    return counted(known, fault, now)


@dataclass(frozen=True)
class PutUp:
    """A picture that Plex answered to show: its key, and that of the picture which stood there."""

    key: str
    stood: str


@dataclass(frozen=True)
class PicturesAfter:
    """What an item's pictures turned out to be. ``memories``: what to remember, by place. ``chosen``: what Plex's list
    was seen to show there, ours by the key it was written with. ``late``: places that show what stood there before."""

    memories: dict[str, PictureMemory]
    chosen: dict[str, str]
    late: frozenset[str]

    def show(self, put_up: Mapping[str, PutUp]) -> bool:
        """Whether all that was put up was seen."""
        return all(self.chosen.get(place) == put.key for place, put in put_up.items())


def to_be_listed(put_up: Iterable[str], before: Addresses, after: Addresses, is_last: bool) -> list[str]:
    """Of the places where a picture was put up, those of which Plex's list may tell more than their address does: that
    stays while nothing changed. ``is_last``: they are not looked at once more."""
    return [place for place in put_up if is_last or before[place] != after[place]]


def look_at_pictures(
    memories: Mapping[str, PictureMemory],
    put_up: Mapping[str, PutUp],
    before: Addresses,
    after: Addresses,
    listed: Mapping[str, ShownPicture],
) -> PicturesAfter:
    """Look at all places of an item that was written to a moment ago. ``before`` and ``after``: the addresses in its
    details; ``listed``: what Plex's lists say, as far as they were read.

    Only a list tells that a picture is shown. From an address that moved nothing follows: each edit of the item moves
    it, of a lock or of another field, and so does Plex's own agent.
    """
    read = {
        place: _read_back(one, listed[place]) if place in listed else _carried(one, before[place], after[place])
        for place, one in memories.items()
    }
    left = {place: one for place, one in read.items() if one is not None}
    late = {
        place
        for place, put in put_up.items()
        if (listed[place].chosen == put.stood != put.key if place in listed else before[place] == after[place])
    }
    chosen = {place: _as_written(left.get(place), shown.chosen) for place, shown in listed.items()}
    return PicturesAfter(left, chosen, frozenset(late))


def _read_back(memory: PictureMemory, shown: ShownPicture) -> PictureMemory | None:
    """Plex's list was read a moment after a picture was put up there, or given back; None: nothing of ours is left.
    While it shows what stood there, nothing is known."""
    sent = memory.back or memory.unseen
    looked = look_at_picture(memory, shown, sent.answered if sent else 0.0)
    if looked.memory.back or looked.origin in (PictureOrigin.LATE, PictureOrigin.BEFORE):
        return memory
    if memory.back and looked.origin is PictureOrigin.UNTOUCHED:
        return None
    return as_seen(looked.memory, shown)


def _carried(memory: PictureMemory, before: str, after: str) -> PictureMemory:
    """An item was read back a moment after a write of ours: nobody chose another picture meanwhile, and what was known
    of the place still is, under its new address."""
    return replace(memory, address=after) if is_known(memory, before) else memory


def _as_written(memory: PictureMemory | None, chosen: str) -> str:
    if memory is None or memory.written is None or memory.shown != chosen:
        return chosen
    return memory.written
