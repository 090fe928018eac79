"""An entry of the journal in one line for a person, the same in a task's log and on the page. Standard library only."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from worker.metadata.labels import label, many
from worker.storage.journal_entries import (
    Cause,
    Changes,
    CollectionAction,
    CollectionChange,
    Entry,
    ReturnChange,
    ReturnKind,
    TagsChange,
    TextChange,
    Unreadable,
    WriteState,
)
from worker.storage.journal_reading import JournalRun

#: Characters of a value that are shown.
LONGEST = 60

#: Tags of a list that are shown.
MOST_TAGS = 10

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_CAUSES = {
    Cause.HOOK: "saved in Stash",
    Cause.TASK: "by a task",
    Cause.COMPARISON: "found by comparing",
    Cause.UNDO: "taken back",
    Cause.REDO: "written again after it was taken back",
    Cause.TRIAL: "tried whether Plex takes changes",
    Cause.REPEAT: "written again in one piece",
    Cause.SEEN: "seen in Plex",
}

_STATES = {
    WriteState.INTENDED: "not known whether it happened",
    WriteState.NOT_CONFIRMED: "not confirmed",
    WriteState.NOT_MADE: "did not happen",
    WriteState.DIFFERENT: "Plex shows something else",
    WriteState.SUPERSEDED: "a later write took its place",
}

_ACTIONS = {
    CollectionAction.MADE: 'made the collection "{title}"',
    CollectionAction.PICTURE: 'gave the collection "{title}" its picture',
    CollectionAction.ORDERED: 'put the collection "{title}" into an order of its own',
    CollectionAction.MOVED: 'moved it to its place in the collection "{title}"',
    CollectionAction.REMOVED: 'removed the empty collection "{title}"',
}


def entry_line(entry: Entry, now: float) -> str:
    """``2 March, 20:14, saved in Stash: title A → B; tags + Beach − Sea; poster``. ``now``: seconds since 1970."""
    doubt = f" ({_STATES[entry.state]})" if entry.state in _STATES else ""
    return f"{moment(entry.at, now)}, {_CAUSES[entry.cause]}: {changes_text(entry.changes)}{doubt}"


def run_line(run: JournalRun, now: float) -> str:
    """``Run 7, 2 March, 20:14, saved in Stash: 3 writes``."""
    why = f'task "{run.name}"' if run.name else _CAUSES[run.cause]
    return f"Run {run.id}, {moment(run.started, now)}, {why}: {many(run.entries, 'write')}"


def changes_text(changes: Changes) -> str:
    """What was written, without when and why."""
    if isinstance(changes, ReturnChange):
        return return_text(changes)
    if isinstance(changes, Unreadable):
        return "this entry is damaged: what was written is not known any more"
    if isinstance(changes, CollectionChange):
        return _ACTIONS[changes.action].format(title=changes.title)
    parts = [f"{label(name)} {_text(one)}" for name, one in changes.texts.items()]
    parts += [f"{label(name)} {' '.join(_tags(one))}" for name, one in changes.tags.items()]
    parts += map(label, changes.pictures)
    return "; ".join(parts) or "nothing"


def return_text(change: ReturnChange) -> str:
    """What reached Stash: ``play, resumes at 12:30 in Stash (session …)``."""
    if change.kind is ReturnKind.PLAY:
        text = "play"
    elif change.kind is ReturnKind.RATING:
        before, after = change.before.get("rating100"), change.after.get("rating100")
        text = f"rating {_number(before)} → {_number(after)}"
    elif "resume_time" in change.after:
        text = f"resumes at {_length(change.before.get('resume_time'))} → {_length(change.after['resume_time'])}"
    else:
        text = f"time played + {_length(_added(change))}"
    return f"{text} in Stash, {'taken back' if change.taken_back else 'from Plex'} ({change.source})"


def _added(change: ReturnChange) -> float:
    return (change.after.get("play_duration") or 0.0) - (change.before.get("play_duration") or 0.0)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _length(seconds: float | None) -> str:
    whole = int(seconds or 0)
    hours = f"{whole // 3600}:" if whole >= 3600 else ""
    return f"{hours}{whole % 3600 // 60:02}:{whole % 60:02}"


def moment(at: float, now: float) -> str:
    """A time by this machine's clock, with the year where it is another one."""
    then, today = time.localtime(at), time.localtime(now)
    year = f" {then.tm_year}" if then.tm_year != today.tm_year else ""
    return f"{then.tm_mday} {_MONTHS[then.tm_mon - 1]}{year}, {then.tm_hour:02}:{then.tm_min:02}"


def _text(change: TextChange) -> str:
    if change.before == change.after:
        return "locked" if change.locked_after else "unlocked"
    return f"{short(change.before)} → {short(change.after)}"


def short(text: str) -> str:
    """A value in one line, its beginning only where it is long; ``(none)`` for an empty one."""
    line = " ".join(text.split())
    return (line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…") or "(none)"


def _tags(change: TagsChange) -> Iterator[str]:
    yield from _marked("+", (tag.name for tag in change.added))
    yield from _marked("−", (tag.name for tag in change.removed))
    yield from _marked("photo of", (one.name for one in change.photos))
    if not (change.added or change.removed or change.photos):
        yield "locked" if change.locked_after else "unlocked"


def _marked(mark: str, names: Iterable[str]) -> Iterator[str]:
    found = [short(name) for name in names]
    if found:
        more = f" and {len(found) - MOST_TAGS:,} more" if len(found) > MOST_TAGS else ""
        yield f"{mark} {', '.join(found[:MOST_TAGS])}{more}"
