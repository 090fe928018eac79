"""One scene: found in Plex, compared, and written where it differs."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial, reduce

from plex.exceptions import PlexNotFound, translate_plex_exception
from stash.client import StashClient
from stash.scenes import read_scenes
from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError, SceneTrouble
from validation.outcomes import Ended
from validation.scenes import Scene
from worker.items.capabilities import tried_again_at
from worker.items.covers_ahead import CoverReader, CoversAhead, FetchCover, WhenNeeded, cover_of
from worker.items.finder import Finder
from worker.items.grouped import GroupedWrites
from worker.items.intents import lock_of_title
from worker.items.item_server import ItemServer
from worker.items.planned import PlannedItem, PlannedScene, RatingBack
from worker.items.readback import ReadBack
from worker.items.sender import Sender, UnderWay
from worker.items.shared_items import owned_items
from worker.items.synced import Synced, note_outcome
from worker.items.target import Target
from worker.items.undoing import Undoing
from worker.items.writer import ItemWriter
from worker.items.writing import Written
from worker.jobs.selection import details_needed, left_out
from worker.metadata.decisions import Policy
from worker.metadata.memory import Held
from worker.metadata.wanted import wanted_of
from worker.returns.ratings import RatingPlan, RatingReturns, note_rating, send_ratings, withdraw_rating
from worker.storage.journal_entries import Cause
from worker.storage.record import Record

log = logging.getLogger(__name__)

#: Why a scene is left out in which Stash has a file no more, or not yet.
NO_FILE = "it has no file"


@dataclass(frozen=True)
class _Items:
    """The rating keys of all items that hold files of a scene, and those items that are its own."""

    keys: tuple[str, ...]
    own: tuple[Target, ...]


@dataclass(frozen=True)
class SceneSync:
    """Works with one set of settings; everything is noted in ``record``."""

    config: PlexSyncConfig
    stash: StashClient
    record: Record
    finder: Finder
    read_back: ReadBack
    sender: Sender
    covers: CoverReader = field(default_factory=WhenNeeded)

    @cached_property
    def grouped(self) -> GroupedWrites:
        """The items of the round that is under way."""
        return GroupedWrites(self.record, self.read_back.times, self.sender)

    def reading_ahead(self) -> SceneSync:
        """The same, that fetches covers ahead of time, until ``covers`` is closed."""
        return replace(self, covers=CoversAhead())

    def plan(self, scene: Scene, settled_at: str, overwrite: bool = False) -> PlannedScene:
        """What it takes to make Plex show a scene, its cover once that is ``compared``; writes nothing anywhere.

        ``settled_at``: when Stash had last changed it, empty when it may have changed since; ``overwrite``: edits made
        in Plex, too.

        Raises:
            PlexNotFound: Plex does not have its file. StashUnavailable.
            Other errors of plex/exceptions.py. sqlite3.Error.
        """
        held = self.record.held(scene.id)
        if held.whole:
            return PlannedScene(scene.id, scene, settled_at, held=held)
        reason = left_out(scene, self.config) if scene.files else NO_FILE
        if reason:
            return PlannedScene(scene.id, scene, settled_at, left_out=reason)
        with _translated():
            its, server = self._items_of(scene), self.finder.server()
            ratings = RatingPlan() if overwrite else self._plan_ratings(server, scene, its.own, held, its.keys)
            writer, cover = self._writer(server, overwrite), cover_of(self.stash, scene.id, self.covers)
            items = tuple(self._plan_item(writer, target, scene, its.keys, ratings, cover) for target in its.own)
        held = reduce(Held.joined, (item.before.held for item in items), held)
        where = PlannedScene(scene.id, scene, settled_at, server=server.machine, found=its.keys, items=items, held=held)
        return replace(where, rating=ratings.back)

    def _items_of(self, scene: Scene, anew: bool = False) -> _Items:
        """The items of a scene. Those that only hold files like its own tell nothing until Plex was asked for what is
        new: its own file may be there by now."""
        targets = self.finder.find(scene, anew)
        written_for = partial(self.record.written_for, self.finder.server().machine)
        try:
            own = owned_items(self.stash, targets, scene, self.config.path_map, self._left_out, written_for)
        except PlexNotFound:
            if anew:
                raise
            return self._items_of(scene, anew=True)
        return _Items(tuple(target.shown.rating_key for target in targets), tuple(own))

    def plan_item(self, target: Target, scene: Scene) -> PlannedScene:
        """The same for one item that was found already."""
        server, found = self.finder.server(), (target.shown.rating_key,)
        writer, cover = self._writer(server), cover_of(self.stash, scene.id, self.covers)
        items = (self._plan_item(writer, target, scene, found, RatingPlan(), cover),)
        return PlannedScene(scene.id, scene, server=server.machine, found=found, items=items)

    def plan_to_forget(self, scene_id: int) -> PlannedScene:
        """What it takes to give back what was written for a scene that is gone from Stash, where the user wants that.

        Raises the errors of plex/exceptions.py.
        """
        held = self.record.held(scene_id)
        if not self.config.give_back_on_destroy or held.whole:
            return PlannedScene(scene_id)
        server = self.finder.server()
        writer, targets = self._writer(server), server.targets(self.record.items_of(scene_id, server.machine))
        items = tuple(writer.plan_to_give_back(target, scene_id, held) for target in targets)
        return PlannedScene(scene_id, server=server.machine, items=items)

    def begin(self, scenes: Sequence[PlannedScene]) -> list[PlannedScene]:
        """Note what is about to be written, all of it in one transaction that outlives everything from now on; returns
        the same scenes with their entries in the journal. Raises sqlite3.Error."""
        scenes = [one.compared() for one in scenes]
        if not any(one.notes for one in scenes):
            return [self._note(one) for one in scenes]
        with self.record.together():
            noted = [self._note(one) for one in scenes]
        self.grouped.expect(item for one in noted for item in one.items)
        return noted

    def _note(self, planned: PlannedScene) -> PlannedScene:
        if not planned.items:
            return planned
        if planned.scene is not None:
            self.record.left_items(planned.scene_id, planned.server, planned.found)
        writer = self._writer(self.finder.server())
        with self.record.because(planned.cause, planned.scene_id):
            items = tuple(writer.note(item, is_to_last=planned.rating.any) for item in planned.items)
            return replace(planned, items=items, rating=note_rating(self.record, planned.rating))

    def is_held_by_now(self, planned: PlannedScene) -> bool:
        """Whether more of a scene is held than when it was planned."""
        return any(self.grouped.is_held_by_now(item) for item in planned.items)

    def begun(self, scenes: Iterable[PlannedScene]) -> PlannedScene | None:
        """One to whose item something was written already, together with others."""
        if not self.grouped.any_begun:
            return None
        return next((one for one in scenes if any(self.grouped.begun(item) for item in one.items)), None)

    def withdraw(self, scenes: Iterable[PlannedScene]) -> None:
        """Of scenes that were noted, nothing was begun but what was written with others; they are planned anew."""
        for one in scenes:
            self._withdraw(one.items, one.rating)

    def _withdraw(self, items: Iterable[PlannedItem], rating: RatingBack | None = None) -> None:
        for item in items:
            self._writer(self.finder.server()).withdraw(item, was_to_last=rating is not None and rating.any)
        if rating is not None:
            withdraw_rating(self.record, rating)

    def start(self, planned: PlannedScene, until: float) -> UnderWay[Synced] | None:
        """Hand over what was planned and begun, where that is only edits of one item that are known by now; None: it
        has to be carried out by itself. Landing it raises as ``plan``. ``until``: when it must have begun."""
        scene, items = planned.scene, planned.items
        if scene is None or len(items) != 1 or self.config.ratings_from_plex:
            return None
        server = self.finder.server()
        collections = server.collections(self.record, self.stash)
        if not planned.lists_left and collections.concern(items[0].target.shown, scene, self.config):
            return None
        under_way = self._writer(server).start(items[0], until)
        if under_way is None:
            return None
        return under_way.then(lambda done: self._note_outcome(planned, scene, [done]))

    def carry_out(self, planned: PlannedScene) -> Synced:
        """Write what was planned and begun, and note how the scene ended. Raises as ``plan``."""
        with self.record.because(planned.cause, planned.scene_id):
            return self._carry_out(planned)

    def _carry_out(self, planned: PlannedScene) -> Synced:
        scene = planned.scene
        if scene is None:
            self._forget(planned)
            return Synced(Ended.GONE)
        if planned.held.whole and not planned.items:
            return Synced(Ended.HELD)
        if planned.left_out:
            self.record.finished(scene, planned.settled_at, left_out=planned.left_out)
            return Synced(Ended.LEFT_OUT)
        with _translated():
            done = self._carry_out_items(planned, scene)
        if self.config.ratings_from_plex:
            send_ratings(self.record, self.stash, scene.id)
        return self._note_outcome(planned, scene, done)

    def write(self, planned: PlannedScene) -> Written:
        """Write what was planned for one item; how the scene ended is not noted. Raises as ``plan``."""
        with self.record.because(planned.cause, planned.scene_id), _translated():
            (done,) = self._carry_out_items(planned, planned.scene)
        return done

    def _note_outcome(self, planned: PlannedScene, scene: Scene, done: Sequence[Written]) -> Synced:
        return note_outcome(self.record, planned, scene, done, self.finder.holders(scene.files))

    def _carry_out_items(self, planned: PlannedScene, scene: Scene | None) -> list[Written]:
        """Item by item; where one fails, nothing was begun of those after it."""
        server, left = self.finder.server(), list(planned.items)
        writer, collections = self._writer(server), server.collections(self.record, self.stash)
        done = []
        try:
            while left:
                item = left.pop(0)
                done.append(writer.carry_out(item))
                if scene is None:
                    collections.leave_all(item.target.shown)
                elif not planned.lists_left:
                    collections.follow(item.target.shown, scene, self.config)
        except Exception:
            self._withdraw(left)
            raise
        return done

    def _left_out(self, scene_ids: Sequence[int]) -> set[int]:
        """Of some scenes, those that the selection leaves out, or that are gone. Raises SceneTrouble: one could not
        be read."""
        out = set()
        for scene_id, answer in read_scenes(self.stash, scene_ids, details_needed(self.config)).items():
            if isinstance(answer, Exception):
                raise SceneTrouble(f"its item in Plex may be another scene's, which cannot be read: {answer}")
            if answer is None or left_out(answer, self.config):
                out.add(scene_id)
        return out

    def undoing(self) -> Undoing:
        """What takes back what was written to the items of this server. Raises the errors of plex/exceptions.py."""
        server = self.finder.server()
        keeper = server.collections(self.record, self.stash)
        return Undoing(self.record, server, self._writer(server), keeper)

    def rewrite_another(self, scene_id: int) -> bool:
        """Write to the item that was written last, but for one scene's, the lock of its title as it is.

        Changes nothing and costs two requests; False when there is no such item. Raises the errors of
        plex/exceptions.py.
        """
        server = self.finder.server()
        others = [one.scene_id for one in self.record.latest_updates(2) if one.scene_id != scene_id]
        for target in server.targets(self.record.items_of(others[0], server.machine) if others else []):
            shown = target.shown
            with (
                self.record.because(Cause.TRIAL, others[0]),
                self.record.journaled(server.machine, shown.rating_key, lock_of_title(shown)),
            ):
                target.item.edit(**{"title.locked": int("title" in shown.locks)})
            return True
        return False

    def _forget(self, planned: PlannedScene) -> None:
        """A scene is gone from Stash: give back what is planned to be, and close its record."""
        for one in self._carry_out_items(planned, None) if planned.items else ():
            labels = ", ".join(one.labels)
            log.info("Gave back to Plex what it showed before scene %d: %s.", planned.scene_id, labels)
        self.record.forget_scene(planned.scene_id)

    def _plan_ratings(
        self, server: ItemServer, scene: Scene, targets: Sequence[Target], held: Held, found: Sequence[str]
    ) -> RatingPlan:
        returns = RatingReturns(self.config, self.stash, self.record, server.machine)
        returns.note_setting()
        return returns.plan(scene, targets, held, found) if self.config.ratings_from_plex else RatingPlan()

    def _plan_item(
        self,
        writer: ItemWriter,
        target: Target,
        scene: Scene,
        found: Sequence[str],
        ratings: RatingPlan,
        cover: FetchCover,
    ) -> PlannedItem:
        wanted = ratings.on(wanted_of(scene, self.config), target.shown)
        return ratings.seen_in(writer.plan(target, scene.id, wanted, cover, found))

    def _writer(self, server: ItemServer, overwrite: bool = False) -> ItemWriter:
        policy = Policy(
            keep_edits=self.config.keep_plex_edits and not overwrite,
            mirror=self.config.mirror_exactly,
            now=self.record.now,
            asked_at=self.record.now if overwrite else tried_again_at(self.record),
            anew=overwrite,
        )
        return ItemWriter(policy, self.record, server, self.read_back, self.grouped, self.sender)


@contextmanager
def _translated() -> Iterator[None]:
    """Turns what plexapi raises inside into one of the error tree."""
    try:
        yield
    except (PlexSyncError, sqlite3.Error):
        raise
    except Exception as error:
        raise translate_plex_exception(error) from error
