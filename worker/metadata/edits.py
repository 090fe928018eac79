"""The arguments of the edits that carry out a plan, each short enough for a request line. Pure.

An edit is one PUT with everything in its query. Behind a reverse proxy the request line may be limited to
8 KiB (nginx's default), which a long summary or a few hundred tags exceed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from validation.names import tag_key
from worker.metadata.decisions import TagsDecision
from worker.metadata.plan import RATING, Plan

#: Bytes that the changes of one edit may take in the request line; the rest of the line is address and id.
LONGEST = 6000

Arguments = dict[str, str | int]


def edit_arguments(plan: Plan, item: Any, split_tags: bool = True) -> list[Arguments]:
    """The edits of a plan, usually one.

    Each field is locked: unlocked ones fall back at Plex's next refresh. A list of tags that is too long for one
    edit is spread over several, which adds up on a server that appends tags; ``split_tags`` off writes it in
    one long edit all the same, for one that replaces them. One value that is too long has an edit of its own.
    """
    pieces: list[Arguments] = []
    for name, text in plan.texts.items():
        if name != RATING:
            pieces.append({f"{name}.value": text.write or "", f"{name}.locked": int(text.lock)})
    for name, tags in plan.tags.items():
        pieces.extend(_tag_pieces(name, tags, item, plan.photos, split_tags))
    # What may be refused for its length comes last: the rest is written by then.
    return _joined(sorted(pieces, key=lambda piece: _length(piece) > LONGEST))


def _tag_pieces(
    name: str, decision: TagsDecision, item: Any, photos: Mapping[str, str], split: bool
) -> Iterable[Arguments]:
    known = {tag_key(str(role.tag)): role for role in _roles(item)} if name == "actor" else {}
    by_key = {tag_key(actor): photo for actor, photo in photos.items()}
    lock: Arguments = {f"{name}.locked": int(decision.lock)}
    yield from ({**lock, f"{name}[].tag.tag-": part} for part in _removals(decision.remove))
    piece = dict(lock)
    for position, tag in enumerate(decision.full or ()):
        one: Arguments = {f"{name}[{position}].tag.tag": tag}
        role = known.get(tag_key(tag))
        if role is not None and getattr(role, "role", None):
            one[f"{name}[{position}].tagging.text"] = str(role.role)
        photo = by_key.get(tag_key(tag)) or (
            str(role.thumb) if role is not None and getattr(role, "thumb", None) else ""
        )
        if photo:
            # Which of the two a client shows differs by version: tag.thumb is the name's on the whole server.
            one[f"{name}[{position}].tag.thumb"] = one[f"{name}[{position}].tagging.thumb"] = photo
        if split and _length({**piece, **one}) > LONGEST:
            yield piece
            piece = dict(lock)
        piece |= one
    yield piece


def _removals(tags: Iterable[str]) -> Iterable[str]:
    """Tags to remove as Plex wants them: quoted here and once more with the rest, since a comma separates and
    %2C is one inside a name; as many in a piece as fit."""
    part = ""
    for tag in tags:
        longer = f"{part},{quote(tag)}" if part else quote(tag)
        if part and len(quote(longer, safe="")) > LONGEST // 2:
            yield part
            longer = quote(tag)
        part = longer
    if part:
        yield part


def _roles(item: Any) -> list[Any]:
    try:
        return list(getattr(item, "roles", ()))
    except TypeError:
        return []


def _joined(pieces: Iterable[Arguments]) -> list[Arguments]:
    """As few edits as the pieces fit into, in their order."""
    edits: list[Arguments] = []
    for piece in pieces:
        # Two pieces of one list carry the same lock; two removals of one list are two edits.
        clash = edits and any(key in edits[-1] and not key.endswith(".locked") for key in piece)
        if edits and not clash and _length({**edits[-1], **piece}) <= LONGEST:
            edits[-1] |= piece
        else:
            edits.append(dict(piece))
    return edits


def _length(arguments: Arguments) -> int:
    return sum(_quoted_length(key) + _quoted_length(str(value)) + 2 for key, value in arguments.items())


@lru_cache(maxsize=20_000)
def _quoted_length(text: str) -> int:
    return len(quote(text, safe=""))
