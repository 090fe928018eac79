"""Plays, resume points, played time and ratings of scenes: what Stash shows, and the only place that changes them.

Plays are kept to the second; none of the mutations of activity fires a hook or moves ``updated_at``
(pkg/sqlite/scene.go, internal/api/resolver_mutation_scene.go). A rating is a change of the scene like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from stash.client import StashClient, UnclearAnswer, understood
from stash.light import seconds_of

#: Scenes asked for in one request.
BATCH = 50

#: The share of a scene, in percent, from which on Stash's player begins anew at the next opening
#: (ui/v2.5/src/components/ScenePlayer/track-activity.ts).
NEAR_END = 98.0

ACTIVITY_FIELDS = """
fragment ActivityFields on Scene {
  id play_history resume_time play_duration rating100 files { path size duration }
}
"""

RULES = "query PlayRules { configuration { ui } }"
ADD_PLAYS = "mutation AddPlays($id: ID!, $times: [Timestamp!]) { sceneAddPlay(id: $id, times: $times) { count } }"
DELETE_PLAYS = (
    "mutation DeletePlays($id: ID!, $times: [Timestamp!]) { sceneDeletePlay(id: $id, times: $times) { count } }"
)
SAVE = """
mutation SaveActivity($id: ID!, $resume: Float, $played: Float) {
  sceneSaveActivity(id: $id, resume_time: $resume, playDuration: $played)
}
"""
RATE = "mutation Rate($id: ID!, $rating: Int) { sceneUpdate(input: {id: $id, rating100: $rating}) { id } }"


@dataclass(frozen=True)
class PlayedFile:
    """A file of a scene: path as Stash sees it, size in bytes, duration in seconds (0 where Stash does not know)."""

    path: str
    size: int
    duration: float


@dataclass(frozen=True)
class Activity:
    """What Stash shows of a scene. ``plays``: seconds since 1970, newest first; times in seconds."""

    scene_id: int
    plays: tuple[int, ...] = ()
    resume_time: float = 0.0
    play_duration: float = 0.0
    rating100: int | None = None
    files: tuple[PlayedFile, ...] = ()

    @property
    def duration(self) -> float:
        """How long the scene is: its first file, as Stash's player plays it."""
        return self.files[0].duration if self.files else 0.0


@dataclass(frozen=True)
class PlayRules:
    """The user's own rules in Stash: whether activity is tracked at all, and from which share of a scene on, in
    percent, having played it counts as a play."""

    track: bool = True
    minimum_percent: float = 0.0


def read_activity(stash: StashClient, scene_ids: Sequence[int]) -> dict[int, Activity | None]:
    """What Stash shows of some scenes, in one request per fifty; None of one that is gone. Of several, those that Stash
    cannot describe are left out. Raises StashUnavailable."""
    found: dict[int, Activity | None] = {}
    for start in range(0, len(scene_ids), BATCH):
        part = scene_ids[start : start + BATCH]
        try:
            found.update(_read(stash, part))
        except UnclearAnswer:
            if len(scene_ids) == 1:
                raise
            for one in part:
                with suppress(UnclearAnswer):
                    found.update(_read(stash, [one]))
    return found


def _read(stash: StashClient, part: Sequence[int]) -> dict[int, Activity | None]:
    answer = stash.execute(activity_query(len(part)), {f"id{n}": str(one) for n, one in enumerate(part)})
    with understood():
        return {one: _activity(one, answer[f"s{n}"]) for n, one in enumerate(part)}


def read_rules(stash: StashClient) -> PlayRules:
    """The user's rules (``ui/v2.5/src/core/config.ts``: absent means tracked, and any time counts). Raises
    StashUnavailable."""
    answer = stash.execute(RULES)
    with understood():
        ui: Mapping[str, Any] = answer["configuration"]["ui"] or {}
        track, percent = ui.get("trackActivity"), ui.get("minimumPlayPercent")
        return PlayRules(True if track is None else bool(track), float(percent or 0.0))


def add_play(stash: StashClient, scene_id: int, second: int) -> None:
    """Add a play at a second since 1970; the same second twice is stored twice. Raises StashUnavailable."""
    stash.execute(ADD_PLAYS, {"id": str(scene_id), "times": [_spelled(second)]})


def delete_play(stash: StashClient, scene_id: int, second: int) -> None:
    """Take away one play of exactly that second; nothing where there is none. Raises StashUnavailable.

    Never without a time: to an empty list, Stash deletes the newest play there is.
    """
    stash.execute(DELETE_PLAYS, {"id": str(scene_id), "times": [_spelled(second)]})


def save_activity(
    stash: StashClient, scene_id: int, *, resume_time: float | None = None, played: float | None = None
) -> None:
    """Set the point to resume at, and add to the time that was played, each where it is given; in seconds. Raises
    StashUnavailable."""
    stash.execute(SAVE, {"id": str(scene_id), "resume": resume_time, "played": played})


def set_rating(stash: StashClient, scene_id: int, rating100: int | None) -> None:
    """Set a scene's rating, within 1 to 100, or take it away: Stash itself stores whatever it is given, and 0 is a
    rating to it. Fires the hooks of a changed scene. Raises StashUnavailable."""
    rating = None if rating100 is None else min(max(rating100, 1), 100)
    stash.execute(RATE, {"id": str(scene_id), "rating": rating})


def activity_query(count: int) -> str:
    """A document that reads ``count`` scenes, each under an alias, since one of them may be gone."""
    variables = ", ".join(f"$id{n}: ID!" for n in range(count))
    aliases = " ".join(f"s{n}: findScene(id: $id{n}) {{ ...ActivityFields }}" for n in range(count))
    return f"query Activity({variables}) {{ {aliases} }} {ACTIVITY_FIELDS}"


def _activity(scene_id: int, answer: Any) -> Activity | None:
    if answer is None:
        return None
    if int(answer["id"]) != scene_id:
        raise ValueError("another scene")
    rating = answer["rating100"]
    return Activity(
        scene_id,
        tuple(int(seconds_of(str(time))) for time in answer["play_history"]),
        float(answer["resume_time"] or 0.0),
        float(answer["play_duration"] or 0.0),
        None if rating is None else int(rating),
        tuple(PlayedFile(str(one["path"]), int(one["size"]), float(one["duration"] or 0.0)) for one in answer["files"]),
    )


def _spelled(second: int) -> str:
    return datetime.fromtimestamp(second, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
