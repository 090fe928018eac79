"""Putting up what worker/items/artwork.py found to differ.

A cover that Plex does not take is remembered as refused, and holds up nothing else. Plex answers 500 to what is too
large for it, but also while it is busy: a cover is refused by that only after some tries over minutes.
"""

from __future__ import annotations

from dataclasses import replace

from plex.exceptions import (
    PlexFailed,
    PlexNotReady,
    PlexPermanentError,
    PlexTemporaryError,
    PlexUnreachable,
)
from plex.protocols import EditableItem
from stash.pictures import megabytes
from validation.errors import ConfigurationError, TransientError
from worker.items.covers import Covers, Hanging
from worker.items.target import Target
from worker.metadata.memory import RefusedPicture
from worker.metadata.pictures import failed_again


def open_up(covers: Covers, target: Target) -> None:
    """Look at the places of which Plex tells nothing while they are locked; what is to be put up there, or given back,
    is in ``covers`` then. Raises as ``hang``."""
    for one in covers.closed:
        item, field = target.item, one.place.field
        with covers.noting_trouble():
            item.edit(**{f"{field}.locked": 0})
            try:
                found = item.pictures(one.place)
            except Exception:
                item.edit(**{f"{field}.locked": 1})
                raise
            covers.unlocked.add(field)
            one.decide(found)
    covers.closed.clear()


def hang(covers: Covers, target: Target, now: float) -> None:
    """Put up the pictures; what became of each is in ``covers`` at once. ``now``: seconds since 1970.

    Raises what no scene is at fault for, and a refusal of all writes.
    """
    covers.unlocked.clear()  # the edit before this has set them
    for one in covers.hangings:
        try:
            _put_up(target.item, one)
        except PlexFailed as error:
            _failed(covers, target, one, error, now)
        except (PlexUnreachable, PlexNotReady, ConfigurationError):
            raise
        except TransientError as error:
            covers.trouble = error
        except PlexPermanentError as error:
            if _is_lost(target.item, one):
                covers.memories[one.place.name] = replace(one.former, chosen=None)
                covers.trouble = PlexTemporaryError("Plex lost a picture that it had; it is sent at the next try.")
                continue
            _refused(covers, target, one, RefusedPicture(fault=_fault(one, error), at=now, final=True, locked=one.lock))
        else:
            known = covers.memories[one.place.name]
            unseen = known.unseen and replace(known.unseen, answered=now)
            covers.memories[one.place.name] = replace(known, unseen=unseen, refused=None)
            covers.hung.append(one.place.name)


def _put_up(item: EditableItem, one: Hanging) -> None:
    try:
        _send(item, one)
    except PlexFailed as error:
        if one.is_lock_awaited:
            raise  # the next try begins with a look
        _look_again(item, one, error)
    if one.is_lock_awaited:
        item.edit(**{f"{one.place.field}.locked": 1})


def _send(item: EditableItem, one: Hanging) -> None:
    if one.content is None:
        item.choose(one.place, one.key)
    else:
        item.upload(one.place, one.content)


def _look_again(item: EditableItem, one: Hanging, error: PlexFailed) -> None:
    """Plex answered 500: it may have done it all the same, and some servers do so while the place is locked."""
    try:
        found = item.pictures(one.place)
    except PlexFailed:
        item.edit(**{f"{one.place.field}.locked": 0})
        try:
            _send(item, one)
        finally:
            item.edit(**{f"{one.place.field}.locked": 1})
        return
    if found.chosen != one.key:
        if one.key not in found.keys or one.content is None:
            raise error
        item.choose(one.place, one.key)


def _is_lost(item: EditableItem, one: Hanging) -> bool:
    """Whether a picture is refused because Plex has it no more, as after a backup was put back."""
    if one.content is not None:
        return False
    try:
        return one.key not in item.pictures(one.place).keys
    except PlexFailed:
        return False


def _failed(covers: Covers, target: Target, one: Hanging, error: PlexFailed, now: float) -> None:
    """Note that Plex failed at a cover once more, and give the place the lock it had, where ours is set: at the next
    try, it would look like a person's."""
    refused = failed_again(one.former.refused, _fault(one, error), one.lock, now)
    if refused.final:
        _refused(covers, target, one, refused)
    else:
        if not one.lock and not one.is_lock_awaited:
            target.item.edit(**{f"{one.place.field}.locked": 0})
        covers.memories[one.place.name] = replace(one.former, refused=refused)
        covers.trouble = error


def _refused(covers: Covers, target: Target, one: Hanging, refused: RefusedPicture) -> None:
    """Note that a cover is refused, and give the place the lock it had.

    That edit shows at the same time that Plex, or a proxy before it, takes writes at all: else its refusal is raised.
    """
    target.item.edit(**{f"{one.place.field}.locked": int(refused.locked)})
    covers.refuse(one.place, one.former, refused)


def _fault(one: Hanging, error: PlexPermanentError | PlexFailed) -> str:
    size = f"it has {megabytes(len(one.content))}, and " if one.content else ""
    return size + str(error).rstrip(".")
