"""What came back from Plex, as a browser shows it, and taking it from Stash again."""

from __future__ import annotations

import re
from contextlib import closing

import requests

from tests.page.conftest import Stage, Staged
from tests.support.harness import eventually
from worker.storage.database import open_database
from worker.storage.journal_entries import Cause, Numbers, ReturnKind
from worker.storage.record import Record
from worker.storage.returned import PlexNews, ReturnState


def came_back(stage: Stage, *news: tuple[PlexNews, Numbers, Numbers]) -> None:
    """These stand in Stash as far as the record says, with what stood there before; no worker has looked yet."""
    stage.setup.data.create()
    with closing(open_database(stage.setup.data.database)) as database:
        record = Record(database, lambda: 1.0e9)
        for one, before, after in news:
            record.note_return(one)
            (due,) = record.open_returns()
            record.intend_return(due, before, after, ReturnState.INTENDED)
            record.finish_return(due.id, ReturnState.DONE, Cause.SEEN)


def play(scene: int) -> tuple[PlexNews, Numbers, Numbers]:
    return (
        PlexNews(ReturnKind.PLAY, scene, "server", "1", f"history {scene}", 1_000_000, {}),
        {"plays": 0},
        {"plays": 1},
    )


def test_what_came_back_is_listed_and_what_is_off_says_how_to_switch_it_on(staged: Staged) -> None:
    with staged(2) as stage:
        position = PlexNews(ReturnKind.POSITION, 2, "server", "2", "session 1", 1000, {"resume_time": 750.0})
        both = {"rating100": 90.0, "from": 40.0, "both": 1.0}
        rating = PlexNews(ReturnKind.RATING, 1, "server", "1", "9 stars", None, both)
        came_back(
            stage,
            play(1),
            (position, {"resume_time": 0.0}, {"resume_time": 750.0}),
            (rating, {"rating100": 40.0}, {"rating100": 90.0}),
        )
        page = stage.section("overview")
        page.get_by_role("link", name="Came back from Plex: plays: 1, positions: 1, ratings: 1").click()
        page.get_by_text("– Rating: off").wait_for()
        page.get_by_role("link", name="Switch them on or off in Settings").wait_for()
        page.get_by_text("Resumes at 00:00 → 12:30").wait_for()
        page.get_by_text("It was changed in Stash as well; Plex's value counts.").wait_for()
        assert page.locator(".plexsync-entries > li").count() == 3
        page.get_by_role("button", name="plays: 1").click()
        page.get_by_text("Resumes at").wait_for(state="detached")
        page.get_by_text("Played ").wait_for()
        assert page.locator(".plexsync-entries > li").count() == 1
        page = stage.open("/scenes/2")
        page.get_by_role("tab", name="Plex").click()
        page.get_by_text("What came back from Plex (1)").click()
        page.get_by_text("Resumes at 00:00 → 12:30", exact=True).wait_for()


def test_a_rating_comes_back_and_is_taken_back_after_a_question(staged: Staged) -> None:
    with staged(2) as stage:
        setup = stage.setup
        setup.settings(ratings_from_plex=True)
        setup.stash.save(1, title="Seen", rating100=73)
        eventually(lambda: setup.shows(1, title="Seen", userRating=7.5))
        eventually(lambda: setup.idle() and not setup.waiting())
        asked = {"key": str(setup.shown(1)["ratingKey"]), "identifier": "x", "rating": "9"}
        headers = {"X-Plex-Token": setup.plex.token}
        assert requests.put(f"{setup.plex.url}/:/rate", params=asked, headers=headers, timeout=60).status_code == 200
        setup.stash.save(1, title="Seen again")
        eventually(lambda: setup.stash.stash.library.scenes[1].rating100 == 90)
        page = stage.section("history")
        page.get_by_role("button", name=re.compile("saved in Stash")).first.click()
        page.get_by_role("button", name="Undo this run").click()
        page.get_by_text("Came from Plex, and would be removed from Stash again").wait_for()
        page.get_by_text("ratings: 1").wait_for()
        page.get_by_role("button", name="Cancel", exact=True).click()
        page = stage.section("returns")
        page.get_by_text("✓ Rating: comes back from Plex").wait_for()
        page.get_by_role("button", name="Take back: Scene 1").click()
        page.get_by_text("Remove this from Stash again?").wait_for()
        page.get_by_role("button", name="Yes, do it").click()
        page.get_by_text("taken back").first.wait_for()
        eventually(lambda: setup.stash.stash.library.scenes[1].rating100 == 73)
        assert setup.shows(1, userRating=9.0)
