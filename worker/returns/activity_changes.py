"""A play or a position on its way to Stash, or back: sent once, and looked at after a kill.

It is noted before it is sent, with what Stash showed then; that tells afterwards whether it arrived.
"""

from __future__ import annotations

from dataclasses import replace

from stash.activity import Activity, add_play, delete_play, save_activity
from stash.client import StashClient
from worker.returns.positions import is_old
from worker.storage.journal_entries import Cause, Numbers, ReturnKind
from worker.storage.record import Record
from worker.storage.returned import Returned, ReturnState
from worker.storage.seen_in_plex import SeenResume

#: Stash's names of fields; of a play, how many there are of its very second.
PLAYS, RESUME, PLAYED = "plays", "resume_time", "play_duration"

#: In what is wanted: how many plays of that second there were as one was about to be taken back.
THERE = "there"

#: Times that differ by less are the same.
CLOSE = 0.01


def send(
    record: Record, stash: StashClient, one: Returned, shown: Activity | None, cause: Cause, run: int | None
) -> None:
    """Bring a play or position to a scene, or find that this was done. ``shown``: what Stash shows of the scene at this
    moment, None where it is gone. ``cause`` and ``run``: in the journal, as ``Record.finish_return`` has it.

    Raises StashUnavailable: it stays as it is, and is looked at again. sqlite3.Error.
    """
    if shown is None:
        record.became_return([one.id], ReturnState.NOT_MADE)
        return
    if one.state is ReturnState.DUE:
        planned = _planned(record, one, shown)
        if planned is None:
            record.became_return([one.id], ReturnState.NOT_MADE)
            return
        one = replace(one, before=planned[0], after=planned[1], state=ReturnState.INTENDED)
        with record.together():
            record.intend_return(one, one.before, one.after, ReturnState.INTENDED)
        _make(stash, one)
    elif not _is_made(one, shown):
        _make(stash, one)
    with record.together():
        record.finish_return(one.id, ReturnState.DONE, cause, run)
        if RESUME in one.after:
            _keep(record, one, one.after[RESUME])


def take_back(
    record: Record, stash: StashClient, one: Returned, shown: Activity | None, cause: Cause, run: int | None
) -> None:
    """Take a play or position from a scene again, where it still shows it. ``cause`` and ``run`` as for ``send``.
    Raises as that."""
    if shown is None:
        record.became_return([one.id], ReturnState.STAYS)
        return
    if one.state is ReturnState.TO_TAKE_BACK:
        there = _there(one, shown)
        if there is None:
            record.became_return([one.id], ReturnState.STAYS)
            return
        one = replace(one, news=replace(one.news, wanted={**one.news.wanted, **there}), state=ReturnState.TAKING_BACK)
        with record.together():
            record.intend_return(one, one.before, one.after, ReturnState.TAKING_BACK)
        _unmake(stash, one, shown)
    elif not _is_unmade(one, shown):
        _unmake(stash, one, shown)
    with record.together():
        record.finish_return(one.id, ReturnState.TAKEN_BACK, cause, run)
        if RESUME in one.after:
            _keep(record, one, one.before[RESUME])


def _planned(record: Record, one: Returned, shown: Activity) -> tuple[Numbers, Numbers] | None:
    """What Stash shows before and after; None where nothing is to be sent."""
    if one.news.kind is ReturnKind.PLAY:
        count = _count(one, shown)
        return {PLAYS: count}, {PLAYS: count + 1}
    before, after = dict[str, float | None](), dict[str, float | None]()
    wanted, moment = one.news.wanted, one.news.moment or 0
    resume = wanted.get(RESUME)
    if resume is not None and abs(resume - shown.resume_time) >= CLOSE:
        seen = record.resume(one.news.scene_id)
        if not is_old(moment, record.now, seen, shown, record.own_plays(one.news.scene_id)):
            before[RESUME], after[RESUME] = shown.resume_time, resume
    elif resume is not None:
        _keep(record, one, resume)
    played = wanted.get(PLAYED)
    if played:
        before[PLAYED], after[PLAYED] = shown.play_duration, shown.play_duration + played
    return (before, after) if after else None


def _make(stash: StashClient, one: Returned) -> None:
    scene_id = one.news.scene_id
    if one.news.kind is ReturnKind.PLAY:
        add_play(stash, scene_id, one.news.moment or 0)
    else:
        save_activity(stash, scene_id, resume_time=one.after.get(RESUME), played=_difference(one))


def _is_made(one: Returned, shown: Activity) -> bool:
    if one.news.kind is ReturnKind.PLAY:
        return _count(one, shown) > (one.before[PLAYS] or 0)
    if PLAYED in one.after:
        return shown.play_duration >= (one.after[PLAYED] or 0) - CLOSE
    return abs(shown.resume_time - (one.before[RESUME] or 0)) >= CLOSE  # as sent, or changed by somebody since


def _there(one: Returned, shown: Activity) -> Numbers | None:
    """What Stash shows as it is about to be taken back; None where there is nothing to take back."""
    if one.news.kind is ReturnKind.PLAY:
        return {THERE: _count(one, shown)} if _count(one, shown) else None
    return {THERE: shown.play_duration}


def _unmake(stash: StashClient, one: Returned, shown: Activity) -> None:
    scene_id = one.news.scene_id
    if one.news.kind is ReturnKind.PLAY:
        delete_play(stash, scene_id, one.news.moment or 0)
        return
    resume = one.after.get(RESUME)
    stands = resume is not None and abs(shown.resume_time - resume) < CLOSE
    added = _difference(one)
    less = -min(added, shown.play_duration) if added is not None else None
    if stands or less is not None:
        save_activity(stash, scene_id, resume_time=one.before[RESUME] if stands else None, played=less)


def _is_unmade(one: Returned, shown: Activity) -> bool:
    there = one.news.wanted.get(THERE) or 0
    if one.news.kind is ReturnKind.PLAY:
        return _count(one, shown) < there
    if PLAYED in one.after:
        return shown.play_duration <= there - (_difference(one) or 0) + CLOSE
    return abs(shown.resume_time - (one.after[RESUME] or 0)) >= CLOSE


def _count(one: Returned, shown: Activity) -> int:
    return shown.plays.count(one.news.moment or 0)


def _difference(one: Returned) -> float | None:
    if PLAYED not in one.after:
        return None
    return (one.after[PLAYED] or 0.0) - (one.before[PLAYED] or 0.0)


def _keep(record: Record, one: Returned, resume: float | None) -> None:
    """Stash shows this now, because of news of that time."""
    known, at = record.resume(one.news.scene_id), float(one.news.moment or 0)
    record.keep_resume(one.news.scene_id, SeenResume(resume or 0.0, max(at, known.at) if known else at))
