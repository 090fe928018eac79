"""What an entry of the journal says as the text that is kept, and read again. Standard library only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from worker.storage.journal_entries import (
    CollectionAction,
    CollectionChange,
    ItemChanges,
    Numbers,
    PhotoChange,
    PictureChange,
    ReturnChange,
    ReturnKind,
    TagsChange,
    TextChange,
    WrittenTag,
)

_Kind = TypeVar("_Kind")


def written_down(changes: ItemChanges | CollectionChange | ReturnChange) -> str:
    """Changes as the journal keeps them: compact JSON."""
    if isinstance(changes, ReturnChange):
        rest = (changes.source, changes.moment, dict(changes.before), dict(changes.after), int(changes.taken_back))
        document: dict[str, Any] = {"returned": [changes.entry, changes.kind.value, *rest]}
    elif isinstance(changes, CollectionChange):
        parts = (changes.title, changes.section, changes.member, changes.before, changes.after)
        document = {"collection": [changes.action.value, *parts]}
    else:
        document = {
            "title": changes.title,
            "texts": {
                name: [one.before, one.after, *_locks(one.locked_before, one.locked_after)]
                for name, one in changes.texts.items()
            },
            "tags": {name: _tags_document(one) for name, one in changes.tags.items()},
            "pictures": {
                name: [one.before, one.after, *_locks(one.locked_before, one.locked_after)]
                for name, one in changes.pictures.items()
            },
        }
        document = {key: value for key, value in document.items() if value}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def read_changes(text: str | bytes) -> ItemChanges | CollectionChange | ReturnChange:
    """The other way round. Raises ValueError: it is not what ``written_down`` makes, with each value of its type."""
    try:
        document = json.loads(text)
        if "collection" in document:
            action, *parts = _list(document["collection"])
            return CollectionChange(CollectionAction(action), *map(_text, parts))
        if "returned" in document:
            return _read_return(*_list(document["returned"]))
        _look_at_names(document, "title", "texts", "tags", "pictures")
        return ItemChanges(
            title=_text(document.get("title", "")),
            texts={name: _read_text(*_list(one)) for name, one in document.get("texts", {}).items()},
            tags={name: _read_tags(one) for name, one in document.get("tags", {}).items()},
            pictures={name: _read_picture(name, *_list(one)) for name, one in document.get("pictures", {}).items()},
        )
    except (TypeError, KeyError, AttributeError, RecursionError, ValueError) as error:
        raise ValueError(f"this is no entry of the journal ({type(error).__name__})") from None


def _locks(before: bool, after: bool) -> tuple[int, ...]:
    """Both locks, nothing for the usual: open before, set afterwards."""
    return () if (before, after) == (False, True) else (int(before), int(after))


def _a(kind: type[_Kind], value: object) -> _Kind:
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} expected")
    return value


_whole, _list = partial(_a, int), partial(_a, list)


def _text(value: object) -> str:
    _a(str, value).encode()  # half a character, which JSON can spell, is none
    return _a(str, value)


def _look_at_names(document: Mapping[str, Any], *names: str) -> None:
    if not document.keys() <= {*names}:
        raise ValueError("unknown names")


def numbers(document: Mapping[str, Any]) -> Numbers:
    """Numbers by name. Raises TypeError, AttributeError: something else."""
    return {name: one if one is None or type(one) is int else _a(float, one) for name, one in document.items()}


def _read_text(before: object, after: object, *locks: object) -> TextChange:
    return TextChange(_text(before), _text(after), *_read_locks(locks))


def _read_picture(place: str, before: object, after: object, *locks: object) -> PictureChange:
    if place not in ("poster", "art"):  # plex/places.py
        raise ValueError(f"{place} is no picture")
    keys = [None if key is None else _text(key) for key in (before, after)]
    return PictureChange(keys[0], keys[1], *_read_locks(locks))


def _read_locks(locks: Sequence[object]) -> tuple[bool, bool]:
    before, after = map(_whole, locks or (False, True))
    return bool(before), bool(after)


def _read_return(
    entry: object, kind: object, source: object, moment: object, before: Any, after: Any, taken_back: object
) -> ReturnChange:
    what = (ReturnKind(kind), _text(source), moment if moment is None else _whole(moment))
    return ReturnChange(_whole(entry), *what, numbers(before), numbers(after), bool(_whole(taken_back)))


def _tags_document(change: TagsChange) -> dict[str, Any]:
    document: dict[str, Any] = {
        "+": [_tag_document(tag) for tag in change.added],
        "-": [_tag_document(tag) for tag in change.removed],
        "photos": [[one.name, one.before, one.after] for one in change.photos],
        "locks": list(_locks(change.locked_before, change.locked_after)),
    }
    return {key: value for key, value in document.items() if value}


def _tag_document(tag: WrittenTag) -> str | list[str]:
    if tag.written:
        return [tag.name, tag.role, tag.photo, tag.written]
    return [tag.name, tag.role, tag.photo] if tag.role or tag.photo else tag.name


def _read_tags(document: Mapping[str, Any]) -> TagsChange:
    _look_at_names(document, "+", "-", "photos", "locks")
    locked_before, locked_after = _read_locks(document.get("locks", ()))
    return TagsChange(
        added=tuple(map(_read_tag, _list(document.get("+", [])))),
        removed=tuple(map(_read_tag, _list(document.get("-", [])))),
        photos=tuple(PhotoChange(*map(_text, _list(one))) for one in _list(document.get("photos", []))),
        locked_before=locked_before,
        locked_after=locked_after,
    )


def _read_tag(document: object) -> WrittenTag:
    return WrittenTag(*map(_text, document)) if isinstance(document, list) else WrittenTag(_text(document))
