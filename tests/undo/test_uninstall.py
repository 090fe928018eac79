"""Before an uninstall: everything is given back, whoever is killed on the way, and Plex is as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.harness import Setup, eventually, installed, plex_library, stash_library
from tests.support.tasks import answer, run

SCENES = 60

SETTINGS = {
    "collection_studio": True,
    "collection_performers": True,
    "mirror_exactly": True,
    "sync_background": True,
}

#: What Plex keeps of its own: stamps, that there was a rating once, and uploads on the shelf.
KEPT = ("updatedAt", "changedAt", "ratings", "posters", "arts", "thumb", "art")


def library() -> dict[str, Any]:
    """Items with hand-made data, tags, locks and collections; the last one is not in Stash and stays in its collection,
    which Plex would remove if nobody was left in it."""
    plex = plex_library(SCENES + 1)
    for number, item in enumerate(plex["sections"][0]["items"]):
        item |= {
            "summary": f"By hand {number}",
            "genres": ["By hand", f"Genre {number % 3}"],
            "collections": ["Favourites"] if number % 4 == 0 else [],
            "locked": ["summary", "genre"] if number % 2 else [],
        }
    return plex


def scenes() -> dict[str, Any]:
    """Scenes that say something else than Plex: texts, tags, performers, studios."""
    stash = stash_library(
        SCENES,
        studios=[{"id": 1, "name": "Studio"}],
        performers=[{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bea"}],
        tags=[{"id": 1, "name": "Beach"}, {"id": 2, "name": "By hand"}],
    )
    for number, scene in enumerate(stash["scenes"]):
        scene |= {
            "title": f"Scene {number}",
            "details": f"Of Stash {number}",
            "rating100": number + 1,
            "studio": 1 if number % 2 else None,
            "performers": [1, 2] if number % 3 else [1],
            "tags": [1, 2],
        }
    return stash


def everything(setup: Setup) -> dict[int, dict[str, Any]]:
    """All that Plex shows, but for what it keeps of its own; lists in no order."""
    return {int(item["ratingKey"]): _comparable(item) for item in setup.plex.items()}


def differences(setup: Setup, before: dict[int, dict[str, Any]]) -> list[str]:
    """What Plex shows otherwise than before."""
    now = everything(setup)
    return [
        f"{key}: {name} is {one.get(name)!r} and not {other.get(name)!r}"
        for key in sorted({*now, *before})
        for one, other in [(now.get(key, {}), before.get(key, {}))]
        for name in sorted({*one, *other})
        if one.get(name) != other.get(name)
    ]


def _comparable(item: dict[str, Any]) -> dict[str, Any]:
    left = {name: value for name, value in item.items() if name not in KEPT}
    tags = {kind: sorted(names) for kind, names in left.get("tags", {}).items() if names}
    roles = sorted(map(repr, left.get("roles", ())))
    return {**left, "tags": tags, "roles": roles, "locked": sorted(left.get("locked", ()))}


def test_after_giving_everything_back_plex_is_as_before(tmp_path: Path) -> None:
    with installed(tmp_path, scenes(), library()) as setup:
        setup.settings(**SETTINGS)
        before = everything(setup)
        run(setup, "Sync All Scenes")
        assert differences(setup, before)
        setup.stash.wait_for_job(setup.stash.run_task("PlexSync", None, {"mode": "give-back", "confirm": "yes"}))
        assert "got back what they showed before" in answer(setup)["output"]
        assert differences(setup, before) == []


def test_a_kill_in_the_middle_of_an_undo_leaves_nothing_half(tmp_path: Path) -> None:
    with installed(tmp_path, scenes(), library()) as setup:
        setup.settings(**SETTINGS)
        before = everything(setup)
        run(setup, "Sync All Scenes")
        setup.plex.reset_counts()
        job = setup.stash.run_task("PlexSync", None, {"mode": "give-back", "confirm": "yes"})
        eventually(lambda: setup.plex.counts().get("edit", 0) > 5)
        setup.stash.stop_job(job)
        eventually(lambda: not differences(setup, before), what="the background worker does the rest")
        assert any("Everything was given back" in line for line in run(setup, "Status"))
