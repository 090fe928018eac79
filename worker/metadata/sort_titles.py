"""Sort titles of others. Pure.

An edit of the title makes an unlocked sort title anew, even one from an NFO file (recorded from a real server, for
collections). So it is written back and locked with the title, and unlocked when the title is given back.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from worker.metadata.decisions import TextDecision
from worker.metadata.evidence import Origin, look_at_text
from worker.metadata.memory import TextMemory, Unseen
from worker.metadata.shown import Shown

SORT_TITLE = "titleSort"


def is_made_of(sort_title: str, title: str) -> bool:
    """Whether a sort title is what Plex makes of a title: without its article, accents and leading symbols."""
    made, whole = _folded(sort_title), _folded(title)
    return made == whole or made == whole.partition(" ")[2]


def begun(decision: TextDecision, shown: Shown) -> TextDecision:
    """The decision on a sort title of which nothing was remembered: what Plex made of a title is made anew when it is
    given back, of the title that is there then."""
    if decision.memory is None or not is_made_of(decision.memory.before, shown.title):
        return decision
    return replace(decision, memory=replace(decision.memory, before=""))


def unmade(decision: TextDecision, title: TextDecision, shown: Shown, now: float) -> TextDecision:
    """The decision on a sort title while ``title`` is decided as given: one that an edit of the title would make anew
    is written along as it stands, and locked while the title is PlexSync's. ``now``: seconds since 1970."""
    present = shown.text(SORT_TITLE)
    is_safe = title.write is None or decision.write is not None or SORT_TITLE in shown.locks
    if is_safe or not present or is_made_of(present, shown.title):
        return decision
    if decision.kept or not is_ours(title):
        return replace(decision, write=present, lock=False)
    sent = TextMemory(written=present, before=present, unseen=Unseen(stood=present, since=now))
    return replace(decision, memory=decision.memory or sent, write=present)


def is_ours(title: TextDecision) -> bool:
    """Whether a title is PlexSync's once it is decided so."""
    return title.memory is not None and not (title.memory.unseen and title.memory.unseen.gives_back)


def with_sort_title_kept(
    decision: TextDecision, title: TextDecision, shown: Shown, memory: TextMemory | None
) -> TextDecision:
    """The decision on a sort title for which nothing is wanted: one that was kept is, while ``title`` is PlexSync's.

    ``memory``: what is remembered of the sort title.
    """
    if memory is None or not memory.before or memory.locked or not is_ours(title):
        return decision
    if memory.written != memory.before:  # a template made it; it goes, but not the lock that keeps the former one
        if decision.write is None or decision.memory is None or decision.memory.unseen is None:
            return decision
        unseen = replace(decision.memory.unseen, gives_back=False)
        return replace(decision, memory=replace(decision.memory, unseen=unseen), lock=True)
    seen = look_at_text(memory, shown.text(SORT_TITLE))
    return decision if seen.origin is Origin.OTHERS else TextDecision(seen.memory)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split())
