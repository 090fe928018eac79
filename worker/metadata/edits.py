"""The arguments of the edits that carry out a plan, each short enough for a request line. Pure.

An edit is one PUT with everything in its query. Behind a reverse proxy the request line may be limited to
8 KiB (nginx's default), which a long summary or a few hundred tags exceed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from string import ascii_letters, digits
from urllib.parse import quote

from validation.names import tag_key
from worker.metadata.decisions import TagsDecision
from worker.metadata.plan import RATING, Plan
from worker.metadata.shown import Shown, ShownTag

#: Bytes that the changes of one edit may take in the request line; the rest of the line is address and id.
LONGEST = 6000

#: What urllib.parse.quote leaves as it is.
_UNQUOTED = (ascii_letters + digits + "_.-~").encode()

Arguments = dict[str, str | int]


def edit_arguments(
    plan: Plan, shown: Shown, split_tags: bool = True, locks: Mapping[str, int] | None = None
) -> list[Arguments]:
    """The edits of a plan for an item that shows ``shown``, usually one.

    Each field is locked: unlocked ones fall back at Plex's next refresh. A list of tags that is too long for one
    edit is spread over several, which adds up on a server that appends tags; ``split_tags`` off writes it in
    one long edit all the same, for one that replaces them. One value that is too long has an edit of its own.
    ``locks``: of pictures, by ``thumb.locked`` and the like.
    """
    pieces: list[Arguments] = [{**locks}] if locks else []
    for name, text in plan.texts.items():
        if name != RATING:
            pieces.append({f"{name}.value": text.write or "", f"{name}.locked": int(text.lock)})
    for name, tags in plan.tags.items():
        known = {tag_key(tag.name): tag for tag in (*shown.tags.get(name, ()), *tags.returned)}
        # A name that no request holds is not taken away before it is there: it did not get through, most likely.
        remove = tuple(one for one in tags.remove if tag_key(one) in known or _quoted_length(quote(one)) <= LONGEST)
        tags = replace(tags, remove=remove)
        pieces.extend(_tag_pieces(name, tags, known, plan.photos if name == "actor" else {}, split_tags))
    # What may be refused for its length comes last: the rest is written by then.
    return _joined(sorted(pieces, key=is_long))


def is_long(edit: Arguments) -> bool:
    """Whether an edit is longer than what is joined: it holds one value, or one list, that cannot be any shorter."""
    return _length(edit) > LONGEST


def list_arguments(lists: Mapping[str, TagsDecision]) -> list[Arguments]:
    """The edits that change lists of tags alone, as they stand in ``lists``, on whatever item; usually one."""
    return _joined(piece for name, one in lists.items() for piece in _tag_pieces(name, one, {}, {}, split=True))


def _tag_pieces(
    name: str, decision: TagsDecision, known: Mapping[str, ShownTag], photos: Mapping[str, str], split: bool
) -> Iterable[Arguments]:
    """One list of tags. ``known``: what is shown there, by key, whose roles and photos are written along."""
    by_key = {tag_key(actor): photo for actor, photo in photos.items()}
    lock: Arguments = {f"{name}.locked": int(decision.lock)}
    yield from ({**lock, f"{name}[].tag.tag-": part} for part in _removals(decision.remove))
    piece, length = dict(lock), _length(lock)
    for position, tag in enumerate(decision.full or ()):
        shown = known.get(tag_key(tag), ShownTag(tag))
        one = _tag_arguments(f"{name}[{position}]", tag, shown.role, by_key.get(tag_key(tag)) or shown.photo)
        longer = _length(one)
        if split and length + longer > LONGEST:
            yield piece
            piece, length = dict(lock), _length(lock)
        piece |= one
        length += longer
    yield piece


def _tag_arguments(place: str, tag: str, role: str, photo: str) -> Arguments:
    arguments: Arguments = {f"{place}.tag.tag": tag}
    if role:
        arguments[f"{place}.tagging.text"] = role
    if photo:
        # Which of the two a client shows differs by version: tag.thumb is the name's on the whole server.
        arguments[f"{place}.tag.thumb"] = arguments[f"{place}.tagging.thumb"] = photo
    return arguments


def _removals(tags: Iterable[str]) -> Iterable[str]:
    """Tags to remove as Plex wants them: quoted here and once more with the rest, since a comma separates and
    %2C is one inside a name; as many in a piece as fit."""
    part = ""
    for tag in tags:
        longer = f"{part},{quote(tag)}" if part else quote(tag)
        if part and _quoted_length(longer) > LONGEST // 2:
            yield part
            longer = quote(tag)
        part = longer
    if part:
        yield part


def _joined(pieces: Iterable[Arguments]) -> list[Arguments]:
    """As few edits as the pieces fit into, in their order."""
    edits: list[Arguments] = []
    length = 0
    for piece in pieces:
        # Two pieces of one list carry the same lock; two removals of one list are two edits.
        clash = edits and any(key in edits[-1] and not key.endswith(".locked") for key in piece)
        longer = _length({key: value for key, value in piece.items() if not edits or key not in edits[-1]})
        if edits and not clash and length + longer <= LONGEST:
            edits[-1] |= piece
            length += longer
        else:
            edits.append(dict(piece))
            length = _length(piece)
    return edits


def _length(arguments: Arguments) -> int:
    return sum(_quoted_length(key) + _quoted_length(str(value)) + 2 for key, value in arguments.items())


def _quoted_length(text: str) -> int:
    """How long a text is in an address: all but a few bytes become three. Makes no copy to keep."""
    encoded = text.encode()
    return len(encoded) + 2 * len(encoded.translate(None, _UNQUOTED))
