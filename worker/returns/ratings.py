"""Ratings that were given in Plex: what of a scene goes to Stash, and what goes to Plex then.

It is decided with each look at a scene and its items, beside everything else, so that neither side is written by half
of what is known. What goes to Stash is noted in the ledger together with what both sides show, and sent from there.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from stash.client import StashClient
from stash.light import seconds_of
from validation.config import PlexSyncConfig
from validation.scenes import Scene
from worker.items.planned import PlannedItem, RatingBack
from worker.items.recall import recall
from worker.items.shared_items import holds_another
from worker.items.target import Target
from worker.metadata.memory import Held, SeenRating
from worker.metadata.plan import RATING
from worker.metadata.ratings import (
    PlexRating,
    RatingDecision,
    StashRating,
    Way,
    Winner,
    agree,
    decide_rating,
    value_of,
)
from worker.metadata.shown import Shown
from worker.metadata.wanted import Wanted
from worker.returns.fingerprint import fingerprint
from worker.returns.rating_changes import BOTH, FROM, RATING100, send_rating
from worker.storage.journal_entries import ReturnKind
from worker.storage.record import Record
from worker.storage.returned import PlexNews, ReturnState

log = logging.getLogger(__name__)

#: As many ratings may be taken away from Stash within so many seconds: a Plex that was restored from a backup, or lost
#: what an account rated, shows no ratings where it did, and nobody took them away.
MOST_UNRATED, GUARDED = 25, 3600.0


@dataclass(frozen=True)
class ItemRating:
    """One item. ``wanted``: what it shall show, where that is not what the scene says; None to leave it alone for now.
    ``is_other``: whether that is so. ``over_edits``: Stash's goes there, whoever edited it. ``seen``: what both sides
    show from now on."""

    seen: SeenRating | None
    is_other: bool = False
    wanted: str | None = None
    over_edits: bool = False


@dataclass(frozen=True)
class RatingPlan:
    """A scene's rating. ``back``: what of it goes to Stash; by rating key, ``items``."""

    back: RatingBack = field(default_factory=RatingBack)
    items: dict[str, ItemRating] = field(default_factory=dict)

    def on(self, wanted: Wanted, shown: Shown) -> Wanted:
        """What an item shall show, with what this says of its rating."""
        one = self.items.get(shown.rating_key)
        if one is None or wanted.texts[RATING] is None:
            return wanted
        if one.is_other:
            wanted = replace(wanted, texts={**wanted.texts, RATING: one.wanted})
        return replace(wanted, over_edits=wanted.over_edits | {RATING}) if one.over_edits else wanted

    def seen_in(self, planned: PlannedItem) -> PlannedItem:
        """The same plan for an item, with what both sides show of its rating from now on."""
        one, plan = self.items.get(planned.target.shown.rating_key), planned.plan
        if one is None or one.seen is None:
            return planned
        memory = replace(plan.memory, rating=one.seen)
        return replace(planned, plan=replace(plan, memory=memory))


@dataclass(frozen=True)
class _Look:
    target: Target
    last: SeenRating | None
    plex: PlexRating
    decision: RatingDecision


@dataclass(frozen=True)
class RatingReturns:
    """Decides on ratings with one set of settings; ``server``: Plex's identifier of it."""

    config: PlexSyncConfig
    stash: StashClient
    record: Record
    server: str

    def note_setting(self) -> None:
        """What a server showed before ratings come back from it, or while they did not, is no news."""
        begun, on = self.record.baseline(self.server, ReturnKind.RATING), self.config.ratings_from_plex
        if (begun is not None) is not on and not self.record.is_looking_only:
            self.record.begin_returns(self.server, ReturnKind.RATING, self.record.now if on else None)

    def plan(self, scene: Scene, targets: Sequence[Target], held: Held, found: Sequence[str]) -> RatingPlan:
        """Decide on one scene and its own items. Only looks.

        Raises StashUnavailable, SceneTrouble: Stash could not be asked whose the files of an item are.
        """
        if held.holds(RATING):
            return RatingPlan()
        if self.record.open_returns_of(scene.id, ReturnKind.RATING):  # Stash is about to show another one
            return RatingPlan(items={_key(one): ItemRating(None, is_other=True) for one in targets})
        looks = [self._look(scene, target, found) for target in targets if RATING not in target.shown.untold]
        given = [one for one in looks if one.decision.way is Way.TO_STASH and self._may_be_taken(one, scene)]
        newest = max(given, key=lambda one: one.plex.rated_at, default=None)
        stash = scene.rating100 if newest is None else newest.decision.value
        back = RatingBack(
            taken=self._news(newest, scene) if newest else None,
            passed_over=next((self._news(one, scene) for one in looks if _is_passed_over(one)), None),
        )
        return RatingPlan(back, {_key(one.target): self._item(one, newest, stash) for one in looks})

    def _look(self, scene: Scene, target: Target, found: Sequence[str]) -> _Look:
        shown, known = target.shown, recall(self.record, self.server, target.shown, scene.id, found).content
        last = known.rating if known.rating and known.rating.since == self._since else None
        wrote = known.texts.get(RATING)
        awaited = wrote.written if wrote is not None and wrote.unseen is not None else None
        plex = PlexRating(shown.text(RATING), shown.rated_at, shown.guid, awaited)
        stash = StashRating(scene.rating100, seconds_of(scene.updated_at))
        return _Look(target, last, plex, decide_rating(stash, plex, last, Winner(self.config.ratings_winner)))

    def _item(self, look: _Look, newest: _Look | None, stash: int | None) -> ItemRating:
        text, way = look.plex.text, look.decision.way
        seen = SeenRating(plex=text, stash=stash, rated_at=look.plex.rated_at, guid=look.plex.guid, since=self._since)
        if way is Way.NOWHERE or look is newest or (newest is not None and agree(stash, text)):
            return ItemRating(seen, is_other=True, wanted=text)
        if newest is not None:  # what Stash is about to show goes there once it does
            return ItemRating(None, is_other=True)
        return ItemRating(seen, over_edits=way is Way.TO_PLEX)

    def _news(self, look: _Look, scene: Scene) -> PlexNews:
        stars = f"{look.plex.text} stars of ten" if look.plex.text else "no stars"
        value = value_of(look.plex.text)
        wanted = {RATING100: value, FROM: scene.rating100, **({BOTH: 1} if look.decision.lost else {})}
        source = f"{stars} in Plex, seen at {self.record.now:.3f}"
        return PlexNews(ReturnKind.RATING, scene.id, self.server, _key(look.target), source, None, wanted)

    def _may_be_taken(self, look: _Look, scene: Scene) -> bool:
        if look.decision.value is None and self.record.count_unrated(self.record.now - GUARDED) >= MOST_UNRATED:
            log.warning(
                "Very many ratings are gone from Plex: that of scene %d stays in Stash, and goes there.", scene.id
            )
            return False
        return not holds_another(self.stash, look.target, scene, self.config.path_map)

    @property
    def _since(self) -> str:
        """Which beginning what was seen belongs to: another account has other ratings."""
        begun = self.record.baseline(self.server, ReturnKind.RATING)
        return f"{begun} {fingerprint(self.config.plex_token, self.server)}" if begun is not None else ""


def note_rating(record: Record, back: RatingBack) -> RatingBack:
    """Note what goes to Stash, from where on it is sent."""
    if back.passed_over is not None:
        number = record.note_return(back.passed_over)
        if number is not None:
            record.became_return([number], ReturnState.NOT_MADE)
    return replace(back, entry=record.note_return(back.taken)) if back.taken is not None else back


def send_ratings(record: Record, stash: StashClient, scene_id: int) -> None:
    """Bring to Stash what is due of a scene's rating, also from before a kill. Raises as ``send_rating``."""
    for one in record.open_returns_of(scene_id, ReturnKind.RATING):
        if one.state in (ReturnState.DUE, ReturnState.INTENDED):
            send_rating(record, stash, one)


def withdraw_rating(record: Record, back: RatingBack) -> None:
    """What was noted is to be decided anew."""
    if back.entry is not None:
        record.became_return([back.entry], ReturnState.NOT_MADE)


def _is_passed_over(look: _Look) -> bool:
    return look.decision.lost and look.decision.way is Way.TO_PLEX


def _key(target: Target) -> str:
    return target.shown.rating_key
