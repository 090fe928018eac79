"""Which of the fields that are about to be written a person edited in Plex. Pure.

The rule is that of decisions.py and tag_lists.py, by which such fields are kept with "Keep edits made in Plex".
"""

from __future__ import annotations

from validation.names import tag_key
from worker.metadata.evidence import Origin, is_there, look_at_tags, look_at_text
from worker.metadata.memory import ItemMemory, PictureMemory
from worker.metadata.plan import Plan
from worker.metadata.shown import Shown


def edited_since(plan: Plan, shown: Shown, before: ItemMemory) -> tuple[str, ...]:
    """Plex's names of the fields and lists that a plan writes over a person's edit: what shows neither PlexSync's value
    nor what stood there before it, what was locked before PlexSync's first write, a tag of ours that was taken away.

    ``before``: what was remembered of the item before the plan.
    """
    texts = (name for name in plan.texts if _text_edited(name, shown, before))
    return (*texts, *(name for name in plan.tags if _tags_edited(name, shown, before)))


def _text_edited(name: str, shown: Shown, before: ItemMemory) -> bool:
    known = before.texts.get(name)
    if known is None:
        return name in shown.locks
    return not shown.shows(name, known.written) and look_at_text(known, shown.text(name)).origin is Origin.OTHERS


def _tags_edited(name: str, shown: Shown, before: ItemMemory) -> bool:
    known = before.tags.get(name)
    if known is None:
        return name in shown.locks
    names = shown.tag_names(name)
    now = look_at_tags(known, names)
    late = now.unseen.added if now.unseen else ()
    missing = (tag_key(tag) for tag in now.ours if not is_there(tag_key(tag), now, names))
    return any(key not in late for key in missing)


def is_anothers(former: PictureMemory) -> bool:
    """Whether a place shows a picture that somebody chose since PlexSync put one there; ``former``: as it was seen."""
    return former.written is not None and former.chosen not in (None, former.written, former.shown)
