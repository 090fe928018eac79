"""Showing the pictures again that stood there before PlexSync's first; what a person chose since stays."""

from __future__ import annotations

from dataclasses import replace

from plex.places import PLACES, Pictures, Place
from worker.items.covers import Covers, Return, as_listed
from worker.items.target import Target
from worker.metadata.memory import ItemMemory, PictureMemory
from worker.metadata.pictures import PictureOrigin, look_at_picture, to_give_back


def former_pictures(target: Target, memory: ItemMemory, now: float) -> Covers:
    """Compare what is remembered of an item's pictures with what it shows; nothing is remembered of them afterwards,
    but for those that are given back, until that is seen.

    Costs a request for each place. Only looks. Raises what no scene is at fault for; the rest is noted as trouble.
    """
    covers = Covers(leaving=frozenset(memory.pictures))
    with covers.noting_trouble():
        for name, known in memory.pictures.items():
            if known.may_be_ours:
                _look(target, PLACES[name], known, covers, now)
    return covers


def _look(target: Target, place: Place, known: PictureMemory, covers: Covers, now: float) -> None:
    def decide(found: Pictures) -> None:
        back = _decide(target, place, known, found, now)
        if back is not None:
            covers.returns.append(back)
            if back.key is not None:
                covers.keep(place, to_give_back(known, back.key))

    covers.when_listed(target, place, decide)


def _decide(target: Target, place: Place, known: PictureMemory, found: Pictures, now: float) -> Return | None:
    origin = look_at_picture(known, as_listed(found, place, target.shown), now).origin
    if origin in (PictureOrigin.OTHERS, PictureOrigin.UNTOUCHED):
        return None
    key = (known.before if known.before in found.keys else "") if origin is not PictureOrigin.BEFORE else None
    return Return(place, key, found.chosen, known.locked)


def take_down(covers: Covers, target: Target, now: float) -> None:
    """Give back the pictures that are to be shown again. ``now``: seconds since 1970.

    Raises the errors of plex/exceptions.py.
    """
    for one in covers.returns:
        if one.key is not None:
            target.item.choose(one.place, one.key)
        target.item.edit(**{f"{one.place.field}.locked": int(one.lock)})  # choosing locks
        covers.hung.append(one.place.name)
        known = covers.memories.get(one.place.name)
        if known is not None and known.back is not None:
            answered = replace(known.back, answered=now)
            covers.memories[one.place.name] = replace(known, back=answered)
