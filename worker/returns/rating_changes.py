"""A rating on its way to Stash, or back: sent once, and only while Stash shows what it was decided by.

It is noted before it is sent. After a kill, what Stash shows tells whether it arrived.
"""

from __future__ import annotations

import logging

from stash.activity import read_activity, set_rating
from stash.client import StashClient
from validation.errors import StashUnavailable
from worker.storage.journal_entries import Cause, Numbers, ReturnKind
from worker.storage.record import Record
from worker.storage.returned import Returned, ReturnState

_BACK = (ReturnState.TO_TAKE_BACK, ReturnState.TAKING_BACK)

log = logging.getLogger(__name__)

#: Stash's name of the field, and, in what is wanted, the rating that it was decided by, and that it was changed on both
#: sides since they were looked at.
RATING100, FROM, BOTH = "rating100", "from", "both"


def send_rating(record: Record, stash: StashClient, one: Returned) -> None:
    """Bring a rating that is due to Stash, or find that this was done. A person's change since then stays.

    Raises StashUnavailable: it stays due. sqlite3.Error.
    """
    scene_id, value = one.news.scene_id, _number(one.news.wanted, RATING100)
    shown = read_activity(stash, [scene_id])[scene_id]
    if shown is not None and one.state is ReturnState.INTENDED and shown.rating100 == value:
        record.finish_return(one.id, ReturnState.DONE, Cause.SEEN)
    elif shown is None or shown.rating100 != _number(one.news.wanted, FROM):
        record.became_return([one.id], ReturnState.NOT_MADE)
    else:
        with record.together():
            record.intend_return(one, {RATING100: shown.rating100}, {RATING100: value}, ReturnState.INTENDED)
        set_rating(stash, scene_id, value)
        record.finish_return(one.id, ReturnState.DONE, Cause.SEEN)


def take_ratings_back(record: Record, stash: StashClient) -> int:
    """Take back what is noted to be; says how many. One at which Stash fails although it is there stays.

    Raises as ``send_rating``.
    """
    due = [one for one in record.open_returns((ReturnKind.RATING,)) if one.state in _BACK]
    for one in due:
        try:
            take_rating_back(record, stash, one)
        except StashUnavailable as error:
            stash.ping()
            log.warning("The rating of scene %d could not be taken back: %s", one.news.scene_id, error)
            record.became_return([one.id], ReturnState.STAYS)
    return len(due)


def take_rating_back(record: Record, stash: StashClient, one: Returned) -> None:
    """Give a scene the rating that it had before, where it still shows the one that was taken from Plex.

    Raises as ``send_rating``.
    """
    run = record.run_of_return(one.id)
    scene_id, before, after = one.news.scene_id, _number(one.before, RATING100), _number(one.after, RATING100)
    shown = read_activity(stash, [scene_id])[scene_id]
    if shown is not None and one.state is ReturnState.TAKING_BACK and shown.rating100 == before:
        record.finish_return(one.id, ReturnState.TAKEN_BACK, Cause.UNDO, run)
    elif shown is None or shown.rating100 != after:
        record.became_return([one.id], ReturnState.STAYS)
    else:
        with record.together():
            record.intend_return(one, one.before, one.after, ReturnState.TAKING_BACK)
        set_rating(stash, scene_id, before)
        record.finish_return(one.id, ReturnState.TAKEN_BACK, Cause.UNDO, run)


def _number(values: Numbers, name: str) -> int | None:
    value = values.get(name)
    return None if value is None else int(value)
