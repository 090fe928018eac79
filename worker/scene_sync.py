"""One scene: found in Plex, compared, and written where it differs."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from plex.exceptions import translate_plex_exception
from stash.client import StashClient
from stash.scenes import read_scenes
from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError, SceneTrouble
from validation.outcomes import Ended
from validation.scenes import Scene
from worker.items.artwork import cover_of
from worker.items.capabilities import tried_again_at
from worker.items.finder import Finder
from worker.items.giving_back import give_back
from worker.items.item_server import ItemServer
from worker.items.readback import ReadBack
from worker.items.shared_items import owned_items
from worker.items.target import Target
from worker.items.writer import ItemWriter, Written
from worker.jobs.selection import details_needed, left_out
from worker.metadata.decisions import Policy
from worker.metadata.wanted import wanted_of
from worker.storage.record import Record

log = logging.getLogger(__name__)

#: Why a scene is left out in which Stash has a file no more, or not yet.
NO_FILE = "it has no file"


@dataclass(frozen=True)
class Synced:
    """How a scene ended, and whether edits made in Plex were kept."""

    outcome: Ended
    kept: bool = False


@dataclass(frozen=True)
class SceneSync:
    """Works with one set of settings; everything is noted in ``record``."""

    config: PlexSyncConfig
    stash: StashClient
    record: Record
    finder: Finder
    read_back: ReadBack

    def sync(self, scene: Scene, settled_at: str, overwrite: bool = False) -> Synced:
        """Make Plex show a scene. ``settled_at``: when Stash had last changed it, empty when it may have changed
        since; ``overwrite``: edits made in Plex, too.

        Raises:
            PlexNotFound: Plex does not have its file. StashUnavailable.
            Other errors of plex/exceptions.py. sqlite3.Error.
        """
        reason = left_out(scene, self.config) if scene.files else NO_FILE
        if reason:
            self.record.finished(scene, settled_at, left_out=reason)
            return Synced(Ended.LEFT_OUT)
        try:
            done = [self.write(target, scene, overwrite) for target in self._items(scene)]
        except (PlexSyncError, sqlite3.Error):
            raise
        except Exception as error:
            raise translate_plex_exception(error) from error
        written = ", ".join(dict.fromkeys(label for one in done for label in one.labels))
        kept = ", ".join(dict.fromkeys(label for one in done for label in one.kept))
        not_shown = ", ".join(dict.fromkeys(label for one in done for label in one.not_shown))
        refused = "; ".join(dict.fromkeys(fault for one in done for fault in one.refused))
        if written:
            log.debug("Updated %s: %s.", scene.name, written)
        holders = self.finder.holders(scene.files)
        self.record.finished(
            scene, settled_at, written=written, kept=kept, not_shown=not_shown, refused=refused, holders=holders
        )
        ended = Ended.NOT_SHOWN if not_shown else Ended.UNCHANGED
        return Synced(Ended.UPDATED if written else ended, bool(kept))

    def _items(self, scene: Scene) -> list[Target]:
        """The items that the scene is written to; that it has left others is noted."""
        found = self.finder.find(scene)
        self.record.left_items(scene.id, self.finder.server().machine, [target.shown.rating_key for target in found])
        return owned_items(self.stash, found, scene, self.config.path_map, self._left_out)

    def _left_out(self, scene_ids: Sequence[int]) -> set[int]:
        """Of some scenes, those that the selection leaves out, or that are gone. Raises SceneTrouble: one could not
        be read."""
        out = set()
        for scene_id, answer in read_scenes(self.stash, scene_ids, details_needed(self.config)).items():
            if isinstance(answer, Exception):
                raise SceneTrouble(f"whose item in Plex it is cannot be told: {answer}")
            if answer is None or left_out(answer, self.config):
                out.add(scene_id)
        return out

    def write(self, target: Target, scene: Scene, overwrite: bool = False) -> Written:
        """Write what differs to one item, usually in one edit, or nothing; returns what was written.

        Raises the errors of plex/exceptions.py and StashUnavailable.
        """
        wanted, server = wanted_of(scene, self.config), self.finder.server()
        written = self._writer(server, overwrite).write(target, scene.id, wanted, cover_of(self.stash, scene.id))
        server.collections(self.record, self.stash).follow(target.shown, scene, self.config)
        return written

    def rewrite_another(self, scene_id: int) -> bool:
        """Write to the item that was written last, but for one scene's, the lock of its title as it is.

        Changes nothing and costs two requests; False when there is no such item. Raises the errors of
        plex/exceptions.py.
        """
        server = self.finder.server()
        others = [one.scene_id for one in self.record.latest_updates(2) if one.scene_id != scene_id]
        for target in server.targets(self.record.items_of(others[0], server.machine) if others else []):
            target.item.edit(**{"title.locked": int("title" in target.shown.locks)})
            return True
        return False

    def forget(self, scene_id: int) -> None:
        """A scene is gone from Stash: close its record, and give back what was written where the user wants that.

        Raises the errors of plex/exceptions.py.
        """
        if self.config.give_back_on_destroy:
            server = self.finder.server()
            give_back(scene_id, self.record, server, self._writer(server), self.stash)
        self.record.forget_scene(scene_id)

    def _writer(self, server: ItemServer, overwrite: bool = False) -> ItemWriter:
        policy = Policy(
            keep_edits=self.config.keep_plex_edits and not overwrite,
            mirror=self.config.mirror_exactly,
            now=self.record.now,
            asked_at=self.record.now if overwrite else tried_again_at(self.record),
        )
        return ItemWriter(policy, self.record, server, self.read_back)
