"""What PlexSync remembers of one Plex item: what it wrote, what Plex showed after it, and what stood there before.

Without it, nothing could be removed or given back without harming what a person did by hand in Plex. It is noted
before a write, as one that was not seen yet; what became of it is told by looking at the item, whether the write was
answered, refused, or cut off with the process.

Of some two hundred items it is in hand at a time: dataclasses with slots take a fifth of what pydantic's models would.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NewType

from pydantic import ConfigDict, TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """A write after which Plex was not seen to show anything but what stood there.

    ``stood``: that. ``since``: when this value was first written, in seconds since 1970. ``vain``: how many writes of
    it were answered, read back, and not shown. ``gives_back``: it is what stood before PlexSync's first write.
    ``told``: that it is not shown was counted against the server. ``earlier``: other values that were written before
    it and not seen either, which may still come.
    """

    stood: str
    since: float = 0.0
    vain: int = 0
    gives_back: bool = False
    told: bool = False
    earlier: tuple[str, ...] = ()

    def is_late(self, shown: str) -> bool:
        """Whether what a field shows tells nothing of the write yet."""
        return shown == self.stood or shown in self.earlier

    def is_unsettled(self, shown: str) -> bool:
        """Whether a field that shows what was written may do so since that stood there anyway, and what was written
        before may still come: no look followed an answer yet."""
        return bool(self.earlier) and shown == self.stood and not self.vain


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMemory:
    """One field: the value last written, and value and lock before the first write.

    ``shown``: what Plex showed after the write, where that is something else. ``unseen``: nothing was seen of it yet.
    """

    written: str
    before: str = ""
    locked: bool = False
    shown: str | None = None
    unseen: Unseen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenTags:
    """A change of a list of which not all was seen.

    ``added``: keys of tags that were not seen there yet; ``removed``: tags that were not seen gone. ``stood``: keys of
    those that were there just before. ``unsent``: tags that were there and were not sent along, since this server adds
    to a list; one that replaced it after all took them away. The rest as in Unseen.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    stood: tuple[str, ...] = ()
    unsent: tuple[str, ...] = ()
    since: float = 0.0
    vain: int = 0
    told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenTag:
    """Somebody else's tag that was taken away to mirror Stash; ``role`` and ``photo`` are an actor's."""

    name: str
    role: str = ""
    photo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsMemory:
    """One list of tags: those that PlexSync put there, and the lock before the first write.

    ``twins``: keys of those that somebody else's tag differed from in case only, when ours were added;
    ``photos``: addresses last written as photos of actors, by name; ``respelled``: of tags that Plex shows otherwise
    than they were written, the key as shown by the key as written; ``taken``: others' tags to be given back.
    """

    ours: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()
    locked: bool = False
    photos: dict[str, str] = field(default_factory=dict)
    respelled: dict[str, str] = field(default_factory=dict)
    taken: tuple[TakenTag, ...] = ()
    unseen: UnseenTags | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenPicture:
    """A picture that was put up, or was about to be, and was not seen in Plex's list since.

    ``stood``: the key of what was shown before, and ``address`` its address in the item's details, which moves with
    each change; ``held``: whether Plex had the picture already. ``answered``: when Plex said that it was done, in
    seconds since 1970, 0 where that is not known; ``vain``: how often these bytes were uploaded and not there later.
    """

    stood: str
    address: str = ""
    held: bool = False
    answered: float = 0.0
    vain: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """A former picture that was chosen again, or was about to be, and was not seen in Plex's list since.

    ``key``: its, empty where nothing was shown. ``is_ours``: it was PlexSync's, too. ``answered`` as of an unseen one.
    """

    key: str
    is_ours: bool = False
    answered: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What Plex does not take, while it takes the rest. ``fault``: why, for a person; ``at``: when that was last seen,
    in seconds since 1970. ``final``: it is not tried again until it changes or somebody asks for it.

    Of what Plex failed at: ``tries`` and ``since``, how often and since when.
    """

    fault: str
    at: float = 0.0
    final: bool = False
    tries: int = 0
    since: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPicture(Refusal):
    """A cover. ``locked``: of one at which Plex failed, the lock before."""

    locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedValue(Refusal):
    """The value of a field, empty for none."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureMemory:
    """A poster or background. Pictures are named by Plex's keys; none is named by the empty text.

    ``etag``: of the scene's cover when it was last looked at; ``cover``: the key of that cover, empty when there is
    none to send; ``refused``: that it is not taken. ``written``: what PlexSync put up last, None for nothing;
    ``shown``: what Plex showed after it, where that is another; ``before`` and ``locked``: what was shown before
    PlexSync's first (None where that is not known), and the lock. ``chosen``: what was shown when the list was last
    read, None once that may have moved; ``address``: the picture's in the item's details then; ``uploads``: those in
    the list, None where there were many. ``sha256``: of what version 1.0.0 uploaded. ``back``: a former picture is to
    be shown again; until that is seen, all else says what it did.
    """

    etag: str = ""
    cover: str = ""
    refused: RefusedPicture | None = None
    written: str | None = None
    shown: str | None = None
    before: str | None = None
    locked: bool = False
    unseen: UnseenPicture | None = None
    chosen: str | None = None
    address: str = ""
    uploads: tuple[str, ...] | None = None
    sha256: str = ""
    back: GivenBack | None = None

    @property
    def may_be_ours(self) -> bool:
        """Whether what is shown may be a picture that PlexSync put up."""
        return self.written is not None or bool(self.sha256) or self.back is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What of a scene stays in Plex as it is, until a person lets it go: the ``whole`` scene, or some ``fields``, by
    Plex's name of a field, a list, or a place of a picture. ``reason``: why, in a few words."""

    whole: bool = False
    fields: tuple[str, ...] = ()
    reason: str = ""

    @property
    def any(self) -> bool:
        """Whether anything is held."""
        return self.whole or bool(self.fields)

    def holds(self, name: str) -> bool:
        """Whether a field, a list, or a place of a picture is held."""
        return self.whole or name in self.fields

    def goes_beyond(self, other: Held) -> bool:
        """Whether something is held that ``other`` does not hold."""
        return not other.whole and (self.whole or not set(self.fields) <= set(other.fields))

    def joined(self, other: Held) -> Held:
        """Both at once."""
        fields = tuple(sorted({*self.fields, *other.fields}))
        return Held(whole=self.whole or other.whole, fields=fields, reason=self.reason or other.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRating:
    """The rating that both sides showed when they were last looked at: ``plex`` as it is compared, empty for none,
    ``stash`` 1 to 100. ``rated_at``: as Plex told it, in its seconds, 0 where it did not. ``guid``: what Plex took the
    item for; ``since``: which beginning it belongs to, since another account has other ratings."""

    plex: str = ""
    stash: int | None = None
    rated_at: int = 0
    guid: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemMemory:
    """One item. ``refused``: by field, the values it does not take; ``held``: what was held of its scene, which is gone
    from Stash; ``rating``: as both sides showed it, where ratings are taken from Plex, too."""

    texts: dict[str, TextMemory] = field(default_factory=dict)
    tags: dict[str, TagsMemory] = field(default_factory=dict)
    pictures: dict[str, PictureMemory] = field(default_factory=dict)
    refused: dict[str, RefusedValue] = field(default_factory=dict)
    held: Held = field(default_factory=Held)
    rating: SeenRating | None = None

    @classmethod
    def of_json(cls, text: str) -> ItemMemory:
        """What was kept as a text. Raises ValueError."""
        return _KEPT.validate_json(text)

    def as_json(self) -> str:
        """A text to keep."""
        return _KEPT.dump_json(_Kept(self), exclude_defaults=True).decode()

    @property
    def unseen_fields(self) -> frozenset[str]:
        """The fields and lists that were written, or were about to be, and of which nothing was seen yet."""
        texts = (name for name, one in self.texts.items() if one.unseen)
        return frozenset({*texts, *(name for name, one in self.tags.items() if one.unseen)})


#: A name that pydantic takes settings for, which it does not for the class. Without this one it would keep the last
#: 16,000 texts that it read for the next time: 2 MiB of titles and tags that rarely come again.
_Kept = NewType("_Kept", ItemMemory)
_KEPT = TypeAdapter(_Kept, config=ConfigDict(cache_strings="keys"))
