"""What a pass would take away, found out by reading in full the scenes of which it is not known."""

from __future__ import annotations

from collections.abc import Sequence

from stash.client import StashClient
from stash.scenes import BATCH, SceneAnswer, read_scenes
from validation.config import PlexSyncConfig
from validation.scenes import Scene
from worker.jobs.losses import is_mass_loss
from worker.jobs.selection import details_needed, left_out
from worker.metadata.memory import ItemMemory
from worker.metadata.wanted import Wanted, wanted_of
from worker.storage.record import Record

#: Tags go from one of these lists to the other when the setting changes.
_MOVED = {"genre": "label", "label": "genre"}


def empties(wanted: Wanted, memory: ItemMemory) -> bool:
    """Whether a field of an item would lose what PlexSync wrote and get nothing of Stash's in its place. What stood
    there before stays, as a sort title of others does that was written again. Collections are no values of the item's
    own."""
    written = (name for name, one in memory.texts.items() if one.written not in ("", one.before))
    texts = (name for name in written if wanted.texts.get(name) == "")
    tags = (name for name, one in memory.tags.items() if one.ours and wanted.tags.get(name) == ())
    return any(texts) or any(name != "collection" and not wanted.tags.get(_MOVED.get(name, "")) for name in tags)


class Losses:
    """Looks at scenes on one server with one set of settings."""

    def __init__(self, stash: StashClient, record: Record, config: PlexSyncConfig, server: str) -> None:
        self._stash = stash
        self._record = record
        self._config = config
        self._server = server

    def count(self, lost: int, right: int, suspects: Sequence[int]) -> int:
        """How many of ``right`` scenes would lose something: ``lost`` for certain, and what is found of ``suspects``.

        Stash is asked for those by id, and only as far as the guard's answer depends on them.

        Raises StashUnavailable.
        """
        for start in range(0, len(suspects), BATCH):
            if is_mass_loss(lost, right) or not is_mass_loss(lost + len(suspects) - start, right):
                break
            answers = read_scenes(self._stash, suspects[start : start + BATCH], details_needed(self._config))
            lost += sum(self._loses(scene_id, answer) for scene_id, answer in answers.items())
        return lost

    def _loses(self, scene_id: int, answer: SceneAnswer) -> bool:
        if answer is None:
            return True
        if not isinstance(answer, Scene) or left_out(answer, self._config):
            return False
        wanted = wanted_of(answer, self._config)
        memories = (self._record.memory(self._server, item) for item in self._record.items_of(scene_id, self._server))
        return any(memory is not None and empties(wanted, memory) for memory in memories)
