"""Working off what the listener laid down: each event moves an opening on, and what follows from that is noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from plex.streams import PlayState
from stash.activity import Activity, PlayRules
from worker.returns.heard import Heard, HeardFiles
from worker.returns.noting import Noting
from worker.returns.scenes import ScenesOfItems
from worker.returns.sessions import GAP, LONGEST_PAUSE, Opening, hear, is_left
from worker.storage.record import Record

#: Makes what finds the scenes of a server's items.
Finders = Callable[[str], ScenesOfItems]

#: Whose plays count.
Whose = Callable[[], frozenset[int]]


@dataclass
class ScenesKnown:
    """What is remembered for a while, since ``at``: scenes by server and item (None: none is taken for it), the rules
    in Stash, the names of the accounts in Plex."""

    at: float = 0.0
    scenes: dict[tuple[str, str], Activity | None] = field(default_factory=dict)
    rules: PlayRules | None = None
    accounts: dict[int, str] | None = None

    def learn(self, finders: Finders, server: str, items: Iterable[str]) -> None:
        """Find the scenes of items that were not met yet. Raises StashUnavailable."""
        fresh = [item for item in dict.fromkeys(items) if (server, item) not in self.scenes]
        if fresh:
            found = finders(server).find(fresh)
            self.scenes.update({(server, item): one.activity for item, one in found.items()})


@dataclass(frozen=True)
class Hearing:
    """Works off events at one moment, ``now``; ``noting`` notes for a server, ``was_played`` is called for a scene
    whose session ended."""

    record: Record
    files: HeardFiles
    known: ScenesKnown
    noting: Callable[[str], Noting]
    now: float
    was_played: Callable[[int], object] = lambda _: None

    def take(self, finders: Finders, whose: Whose) -> int:
        """Take what was laid down, so much as is dealt with at once; says how many events. They are gone once all that
        follows is in the record, where one that is met again changes nothing.

        Raises StashUnavailable, the errors of plex/exceptions.py, OSError.
        """
        names = self.files.names()
        if not names:
            return 0
        heard = [one for one in map(self.files.read, names) if one is not None]
        for server in dict.fromkeys(one.server for one in heard):
            self._take(server, [one for one in heard if one.server == server], finders, whose)
        self.files.remove(names)
        return len(names)

    def _take(self, server: str, heard: Sequence[Heard], finders: Finders, whose: Whose) -> None:
        self.known.learn(finders, server, [one.item for one in heard])
        accounts, noting = whose(), self.noting(server)
        with self.record.together():
            for one in heard:
                scene = self.known.scenes[server, one.item]
                if scene is not None:
                    self._apply(one, scene, noting, accounts)

    def _apply(self, heard: Heard, scene: Activity, noting: Noting, accounts: frozenset[int]) -> None:
        before = self._opening(heard.server, heard.player, heard.item)
        after = hear(before, heard)
        if after is None or after == before:
            return
        if after.account is not None and after.account not in accounts:  # what others play is not kept
            self.record.keep_opening(heard.server, heard.player, heard.item, None)
            return
        if before is not None and before.began != after.began and before.account in accounts:
            noting.opening(heard.item, before, scene, is_over=True)
        if after.account in accounts:
            after = noting.opening(heard.item, after, scene)
        self.record.keep_opening(heard.server, heard.player, heard.item, after.model_dump_json())
        if after.state is PlayState.STOPPED and (before is None or before.state is not PlayState.STOPPED):
            self.was_played(scene.scene_id)

    def tidy(self, finders: Finders, whose: Whose) -> None:
        """Note what was left without a word, and forget what was over long ago. Raises as ``take``."""
        for server, player, item, content in self.record.openings():
            opening = _read(content)
            if opening is None or not -GAP <= self.now - opening.at <= LONGEST_PAUSE:
                self.record.keep_opening(server, player, item, None)
            elif is_left(opening, self.now):
                self.known.learn(finders, server, [item])
                scene = self.known.scenes[server, item]
                if scene is not None and opening.account in whose():
                    with self.record.together():
                        after = self.noting(server).opening(item, opening, scene, is_over=True)
                        if after != opening:
                            self.record.keep_opening(server, player, item, after.model_dump_json())

    def _opening(self, server: str, player: str, item: str) -> Opening | None:
        content = self.record.opening(server, player, item)
        return _read(content) if content is not None else None


def _read(content: str) -> Opening | None:
    """What is known of one; None where that is damaged, and is forgotten."""
    try:
        return Opening.model_validate_json(content)
    except ValueError:
        return None
