"""The page in a real browser, from what a person does to what Plex shows."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.page.conftest import Staged, park, saved
from tests.support.harness import PLEX_ROOT, STASH_ROOT, eventually, file_name, plex_library, stash_library
from validation.scenes import Scene
from worker.storage.database import open_database
from worker.storage.record import Record

HOSTILE = "<img src=x onerror=\"document.title='taken'\"> & {title}"


def ambiguous() -> dict[str, Any]:
    """A Plex in which two items may hold the file of scene 1."""
    plex = plex_library(2)
    item = plex["sections"][0]["items"][0]
    copies = [{**item, "file": f"{PLEX_ROOT}/{folder}/scene.0001.mp4"} for folder in ("One", "Two")]
    plex["sections"][0]["items"] = [*copies, plex["sections"][0]["items"][1]]
    return plex


def test_the_overview_counts_and_leads_to_the_scenes(staged: Staged) -> None:
    with staged(3, plex=plex_library(2)) as stage:
        stage.setup.stash.save(2, title=HOSTILE)
        eventually(lambda: stage.setup.shows(2, title=HOSTILE))
        saved(stage, 1)
        stage.setup.stash.save(3, title="Not there")
        page = stage.section("overview")
        page.get_by_role("link", name="1 waiting").wait_for()
        page.get_by_text("2in step").wait_for()
        page.get_by_role("link", name=HOSTILE).wait_for()  # text, and nothing that a browser runs
        assert page.locator(".plexsync img").count() == 0
        page.get_by_role("link", name="1 waiting").click()
        page.get_by_role("link", name="Not there").wait_for()
        page.get_by_text("its file is not in Plex yet").wait_for()
        assert page.title() == "Stash"


def test_lights_say_in_words_whether_both_servers_answer(staged: Staged) -> None:
    with staged(2) as stage:
        page = stage.section("overview")
        page.get_by_text("Plex has not been asked yet").wait_for()
        saved(stage, 1)
        page.locator(".plexsync-light-yes", has_text="✓ Plex answers (for").wait_for()
        page.locator(".plexsync-light-yes", has_text="✓ Stash answers (for").wait_for()
        stage.setup.plex.stop()
        page.reload()  # who looks has Plex asked
        page.locator(".plexsync-light-no", has_text="✗ Plex does not answer").wait_for()
        stage.setup.plex.start()
        page.reload()
        page.locator(".plexsync-light-yes", has_text="✓ Plex answers (for").wait_for()


def test_a_parked_scene_is_retried_and_plex_shows_it(staged: Staged) -> None:
    with staged(stash=stash_library(2), plex=ambiguous()) as stage:
        stage.setup.settings(path_map="")
        stage.setup.stash.save(1, title="New")
        page = stage.section("overview")
        page.get_by_role("link", name="1 parked").click()
        page.get_by_text("neither size nor folder").wait_for()
        page.locator(".plexsync-nav .badge").first.wait_for()
        stage.setup.settings(path_map=f"{STASH_ROOT}/Studio 1 => {PLEX_ROOT}/One")
        page.get_by_role("button", name="Retry: Scene 1").click()
        page.get_by_text("Noted").wait_for()
        eventually(lambda: stage.setup.plex.find(f"{PLEX_ROOT}/One/scene.0001.mp4")["title"] == "New")
        page.get_by_text("No scene is parked.").wait_for()


def test_many_parked_scenes_are_paged_filtered_chosen_and_forgotten(staged: Staged) -> None:
    with staged(30) as stage:
        park(stage.setup, 30)
        page = stage.section("scenes", state="parked")
        page.get_by_text("Page 1 of 2, 30 scenes").wait_for()
        page.get_by_role("button", name="Next page").click()
        page.get_by_text("scene.0030.mp4").wait_for()
        page.get_by_label("All reasons").select_option("another reason")
        page.get_by_text("scene.0002.mp4").wait_for()
        page.get_by_text("scene.0030.mp4").wait_for()
        assert page.get_by_text("scene.0001.mp4").count() == 0
        page.get_by_label("All reasons").select_option("")
        page.get_by_text("scene.0001.mp4").wait_for()
        page.get_by_label("Filter by title or path").fill("scene.0007")
        page.get_by_text("scene.0001.mp4").wait_for(state="detached")
        page.get_by_role("checkbox", name="Select scene 7").check()
        page.get_by_text("1 selected").wait_for()
        page.get_by_role("button", name="Forget", exact=True).click()
        page.get_by_role("button", name="Yes, do it").click()
        page.get_by_text("No scene matches the filter.").wait_for()
        page.get_by_label("Filter by title or path").fill("")
        page.get_by_text("Page 1 of 2, 29 scenes").wait_for()
        page.get_by_role("button", name="Retry all").click()
        page.get_by_text("No scene is parked.").wait_for()
        page.get_by_role("button", name=re.compile("left out 1$")).wait_for()


def test_kept_edits_are_overwritten_after_a_question(staged: Staged) -> None:
    with staged(2) as stage:
        stage.setup.settings(keep_plex_edits=True)
        stage.setup.stash.stash.library.scenes[1].title = "Another"
        stage.setup.data.create()
        with closing(open_database(stage.setup.data.database)) as database:
            Record(database, lambda: 1.0e9).finished(Scene.of({"id": 1}), kept="title")
        page = stage.section("scenes", state="kept")
        page.get_by_role("button", name="Overwrite: Scene 1").click()
        page.get_by_text("Overwrite what was edited in Plex?").wait_for()
        assert not stage.setup.shows(1, title="Another")
        page.get_by_role("button", name="Yes, do it").click()
        eventually(lambda: stage.setup.shows(1, title="Another"))


def test_what_was_written_is_read_and_taken_back_in_two_steps_and_let_go(staged: Staged) -> None:
    with staged(2) as stage:
        saved(stage, 1)
        page = stage.section("history")
        page.get_by_role("button", name=re.compile("saved in Stash")).first.click()
        page.locator(".plexsync-entries ins", has_text="Title").wait_for()
        page.get_by_role("button", name="Undo this run").click()
        page.get_by_text("Items that would get back what they showed before: 1.").wait_for()
        page.locator(".plexsync-undo li", has_text="title: 1").wait_for()
        assert stage.setup.shows(1, title="Title 1")
        page.get_by_role("button", name="Yes, do it").click()
        eventually(lambda: stage.setup.shows(1, title=Path(file_name(1)).stem))
        page = stage.section("scenes", state="held")
        page.get_by_role("button", name="Let go: Scene 1").click()
        eventually(lambda: stage.setup.shows(1, title="Title 1"))


def test_an_undo_says_first_what_it_leaves_and_why(staged: Staged) -> None:
    with staged(2) as stage:
        saved(stage, 1)
        key = stage.setup.shown(1)["ratingKey"]
        url = f"{stage.setup.plex.url}/library/sections/1/all?type=1&id={key}&title.value=By%20hand"
        stage.page.request.put(url, headers={"X-Plex-Token": stage.setup.plex.token})
        page = stage.section("history")
        page.get_by_role("button", name=re.compile("saved in Stash")).first.click()
        page.get_by_role("button", name="Undo this run").click()
        page.get_by_text("There is nothing to take back.").wait_for()
        page.get_by_text("Left alone, since somebody or a later run has changed them: 1").wait_for()
        page.locator(".plexsync-undo li", has_text="By hand: title").wait_for()
        assert page.get_by_role("button", name="Yes, do it").count() == 0
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Undo this run").wait_for()
        assert stage.setup.shows(1, title="By hand")


def test_a_preview_shows_what_would_be_written_and_writes_nothing(staged: Staged) -> None:
    with staged(3) as stage:
        stage.setup.stash.stash.library.scenes[2].title = "Would be"
        page = stage.section("preview")
        page.get_by_text("No preview has been made yet.").wait_for()
        page.get_by_role("button", name="Look now").click()
        page.get_by_role("button", name="title 1").click()
        page.locator("ins", has_text="Would be").wait_for()
        assert stage.setup.plex.counts()["writes"] == 0
