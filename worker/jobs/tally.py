"""What became of the scenes of one run: each counted once, by its last outcome, so that the counts add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from validation.outcomes import Ended
from worker.metadata.labels import many

#: How many numbers of scenes lie together, and what stands for an outcome there; 0 for none.
_STRETCH = 256
_BYTES = {outcome: number for number, outcome in enumerate(Ended, 1)}


class _Outcomes:
    """The last outcome of each scene, one byte each: of 100,000 scenes, a dict takes 8 MiB.

    Numbers of scenes have gaps, and no end: they are kept in stretches.
    """

    def __init__(self) -> None:
        self._stretches: dict[int, bytearray] = {}

    def note(self, scene_id: int, outcome: Ended) -> None:
        stretch, place = divmod(scene_id, _STRETCH)
        self._stretches.setdefault(stretch, bytearray(_STRETCH))[place] = _BYTES[outcome]

    def update(self, other: _Outcomes) -> None:
        for stretch, known in other._stretches.items():
            mine = self._stretches.setdefault(stretch, bytearray(_STRETCH))
            for place, outcome in enumerate(known):
                if outcome:
                    mine[place] = outcome

    def clear(self) -> None:
        self._stretches.clear()

    def counts(self) -> Counter[Ended]:
        found = Counter[int]()
        for stretch in self._stretches.values():
            found.update(stretch)
        return Counter({outcome: found[byte] for outcome, byte in _BYTES.items() if found[byte]})


class Tally:
    """Outcomes by scene."""

    def __init__(self) -> None:
        self._outcomes = _Outcomes()
        self._kept: set[int] = set()
        self._remark = ""
        #: What the line that sums up begins with; empty for nothing.
        self.headline = ""

    def remark(self, sentence: str) -> None:
        """What the line that sums up says beside the counts; empty for nothing."""
        self._remark = sentence

    def note(self, scene_id: int, outcome: Ended) -> None:
        """A scene ended so, for now."""
        self._outcomes.note(scene_id, outcome)

    def keep(self, scene_id: int) -> None:
        """Edits made in Plex were kept for a scene."""
        self._kept.add(scene_id)

    @property
    def kept(self) -> int:
        """For how many scenes edits made in Plex were kept."""
        return len(self._kept)

    def clear(self) -> None:
        """Begin to count anew."""
        self._outcomes.clear()
        self._kept.clear()
        self._remark = ""

    def hand_over(self, other: Tally) -> None:
        """Let another one go on counting from here, and begin anew."""
        other._outcomes.update(self._outcomes)
        other._kept |= self._kept
        other.headline = self.headline
        self.clear()

    def counts(self) -> Counter[Ended]:
        """How many scenes ended how."""
        return self._outcomes.counts()

    def summary(self, outside: Mapping[str, int] | None = None) -> str:
        """One line a person understands: ``10 scenes: 7 already right, 3 updated.``

        ``outside``: of the scenes that are not in Plex, how many lie in which folder that no library contains.
        """
        counts = self.counts()
        parts = [
            f"{counts[outcome]:,} {outcome.words}" + (_places(outside or {}) if outcome is Ended.MISSING else "")
            for outcome in Ended
            if counts[outcome]
        ]
        line = f"{many(counts.total(), 'scene')}: {', '.join(parts) or 'nothing to do'}."
        kept = f"Edits made in Plex were kept in {self.kept:,} of them." if self.kept else ""
        return " ".join(sentence for sentence in (self.headline, line, kept, self._remark) if sentence)


#: Folders named in the final line.
MOST_FOLDERS = 3


def _places(outside: Mapping[str, int]) -> str:
    if not outside:
        return ""
    named = sorted(outside.items(), key=lambda one: -one[1])[:MOST_FOLDERS]
    places = ", ".join(f"{count:,} under {folder}" for folder, count in named)
    return f" ({places}, which no Plex library contains)"
