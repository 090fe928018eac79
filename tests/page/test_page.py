"""The page in a real browser, from what a person does to what Plex shows."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.page.conftest import Stage, Staged
from tests.support.harness import PLEX_ROOT, STASH_ROOT, Setup, eventually, file_name, plex_library, stash_library
from validation.jobs import Job
from validation.outcomes import Ended
from validation.scenes import Scene
from worker.storage.database import open_database
from worker.storage.record import Record

SECTIONS = ("overview", "scenes", "history", "preview", "settings", "setup")

HOSTILE = "<img src=x onerror=\"document.title='taken'\"> & {title}"


def ambiguous() -> dict[str, Any]:
    """A Plex in which two items may hold the file of scene 1."""
    plex = plex_library(2)
    item = plex["sections"][0]["items"][0]
    copies = [{**item, "file": f"{PLEX_ROOT}/{folder}/scene.0001.mp4"} for folder in ("One", "Two")]
    plex["sections"][0]["items"] = [*copies, plex["sections"][0]["items"][1]]
    return plex


def park(setup: Setup, count: int) -> None:
    """Scenes 1 to ``count`` are parked, as far as the record says; no worker has looked yet."""
    setup.data.create()
    listed = setup.stash.graphql("{ findScenes(filter: {per_page: -1}) { scenes { id updated_at } } }")
    changed = {int(one["id"]): one["updated_at"] for one in listed["data"]["findScenes"]["scenes"]}
    with closing(open_database(setup.data.database)) as database:
        record = Record(database, lambda: 1.0e9)
        for number in range(1, count + 1):
            scene = Scene.of({"id": number, "updated_at": changed[number]})
            record.park(Job(scene_id=number), "a reason" if number % 2 else "another reason", Ended.PARKED, scene)


def saved(stage: Stage, *scenes: int) -> None:
    """These scenes have a title, and Plex shows it."""
    for number in scenes:
        stage.setup.stash.save(number, title=f"Title {number}")
    eventually(lambda: all(stage.setup.shows(number, title=f"Title {number}") for number in scenes))


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


def test_a_setting_is_written_at_once_and_a_stale_tab_overwrites_nothing(staged: Staged) -> None:
    stash = stash_library(2, tags=[{"id": 1, "name": "Beach"}, {"id": 2, "name": "Outdoor"}])
    with staged(stash=stash, plex=plex_library(2)) as stage:
        page = stage.section("settings")
        page.get_by_label("Skip rating").wait_for()
        stage.setup.settings(skip_date=True, of_another_plugin="kept")  # in another tab
        page.get_by_label("Skip rating").check()
        page.get_by_text("Saved.").first.wait_for()
        kept = stage.setup.stash.stash.plugins.settings["PlexSync"]
        assert kept["skip_rating"] is True
        assert kept["skip_date"] is True
        assert kept["of_another_plugin"] == "kept"
        assert kept["plex_token"] == stage.setup.plex.token
        page.get_by_label("Plex read timeout").fill("45")
        page.locator("#plexsync-server").get_by_role("button", name="Save", disabled=False).click()
        eventually(lambda: stage.setup.stash.stash.plugins.settings["PlexSync"].get("plex_read_timeout") == 45)
        tags = page.locator(".plexsync-setting", has_text="Never scenes with one of these tags")
        for name in ("Beach", "No such"):
            tags.get_by_role("combobox").fill(name)
            tags.get_by_role("button", name="Add a tag").click()
            tags.get_by_role("button", name=f"Remove {name}").wait_for()
        tags.get_by_text("Stash has no tag with this name: No such").wait_for()
        eventually(lambda: stage.setup.stash.stash.plugins.settings["PlexSync"].get("never_tags") == "Beach, No such")
        clips = page.get_by_role("checkbox", name=re.compile("Clips"))
        clips.check()
        eventually(lambda: stage.setup.stash.stash.plugins.settings["PlexSync"].get("plex_libraries") == "Clips")
        clips.uncheck()
        eventually(lambda: "plex_libraries" not in stage.setup.stash.stash.plugins.settings["PlexSync"])
        page.get_by_label("Template for the title").fill("{title} in {year}")
        page.locator(".plexsync-example").wait_for()


def click_at_once(page: Any, *selectors: str) -> None:
    """Click on these one after the other, before anything that follows from the first can be done."""
    page.locator(selectors[-1]).wait_for()
    page.evaluate("all => { for (const one of all) document.querySelector(one).click(); }", list(selectors))


def test_what_is_changed_quickly_is_all_saved(staged: Staged) -> None:
    stash = stash_library(2, tags=[{"id": number, "name": f"T{number}"} for number in (1, 2, 3)])
    with staged(stash=stash, plex=plex_library(2)) as stage:
        stage.setup.settings(never_tags="T1, T2, T3")
        page = stage.section("settings")
        switches = ("skip_rating", "skip_date", "only_look")
        click_at_once(page, *(f"#plexsync-setting-{name}" for name in switches))
        click_at_once(page, *(f'[aria-label="Remove {tag}"]' for tag in ("T1", "T2")))
        kept = stage.setup.stash.stash.plugins
        eventually(lambda: kept.settings["PlexSync"].get("never_tags") == "T3")
        assert [kept.settings["PlexSync"].get(name) for name in switches] == [True, True, True]
        page.get_by_role("button", name="Remove T2").wait_for(state="detached")
        assert all(page.locator(f"#plexsync-setting-{name}").is_checked() for name in switches)


def test_a_setting_that_was_saved_is_not_called_lost_where_the_worker_cannot_be_woken(staged: Staged) -> None:
    with staged(2) as stage:
        page = stage.section("settings")
        page.get_by_label("Skip rating").wait_for()
        page.route(
            "**/graphql",
            lambda route: (
                route.abort() if '"action":"wake"' in (route.request.post_data or "") else route.continue_()
            ),
        )
        page.get_by_label("Skip rating").check()
        page.get_by_text("Saved.").first.wait_for()
        assert page.get_by_label("Skip rating").is_checked()
        page.unroute("**/graphql")
        stage.faults.clear()  # the browser names what was cut off


def test_libraries_are_typed_where_plex_does_not_say_which_it_has(staged: Staged) -> None:
    with staged(2) as stage:
        stage.setup.settings(plex_libraries="Clips, Gone")
        page = stage.section("settings")
        page.get_by_text("Plex has no such library: Gone").wait_for()
        assert page.get_by_role("checkbox", name=re.compile("Clips")).is_checked()
        page.get_by_role("checkbox", name="Gone").click()
        eventually(lambda: stage.setup.stash.stash.plugins.settings["PlexSync"]["plex_libraries"] == "Clips")
        stage.setup.settings(plex_token="wrong")
        page = stage.section("settings")
        page.get_by_text("The libraries could not be listed").wait_for()
        page.get_by_label("Plex libraries").fill("Others")
        page.locator("#plexsync-server").get_by_role("button", name="Save", disabled=False).click()
        eventually(lambda: stage.setup.stash.stash.plugins.settings["PlexSync"].get("plex_libraries") == "Others")


def test_the_token_is_neither_shown_nor_kept(staged: Staged) -> None:
    with staged(2) as stage:
        token = "a-Secret-0815"
        stage.setup.settings(plex_token=token)
        for section in SECTIONS:
            page = stage.section(section)
            page.locator(".plexsync-card").first.wait_for()
            assert token not in page.content()
            kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, PlexSyncPage.store.state()])")
            assert token not in kept
            values = page.evaluate("[...document.querySelectorAll('input')].map(one => one.value).join()")
            assert token not in values


def test_from_a_fresh_installation_to_the_first_scene_in_nine_clicks_and_two_values(staged: Staged) -> None:
    with staged(4, configured=False) as stage:
        stage.setup.stash.stash.library.scenes[1].title = "First"
        page = stage.open("/")
        count = "window.clicks = 0; addEventListener('click', event => void (window.clicks += event.isTrusted), true)"
        page.evaluate(count)
        page.locator(".plexsync-nav").first.click()
        page.get_by_role("link", name="Go to Setup").click()
        page.get_by_label("Address of Plex").click()
        page.keyboard.insert_text(stage.setup.plex.url)
        page.get_by_label("Token").click()
        page.keyboard.insert_text(stage.setup.plex.token)
        page.get_by_role("button", name="Save and check").click()
        page.get_by_text("Plex takes the token").wait_for()
        page.get_by_role("button", name="Use it").click()
        page.get_by_role("button", name="Use it").wait_for(state="detached")
        page.get_by_role("button", name="Sync everything").click()
        eventually(lambda: stage.setup.shows(1, title="First"))
        assert page.evaluate("window.clicks") <= 9


def test_an_installation_of_packages_is_shown_as_it_goes_and_as_it_failed(staged: Staged) -> None:
    with staged(2) as stage:
        data = stage.setup.data
        data.create()
        draft, log = Path(data.site, "draft.cpython"), Path(data.site, "pip.log")
        draft.mkdir(parents=True)
        log.write_text("Collecting a\n")
        page = stage.section("overview")
        page.get_by_text("The Python packages are being installed: 1 of").wait_for()
        log.write_text("Collecting a\nCollecting b\nCollecting c\n")
        page.get_by_text("The Python packages are being installed: 3 of").wait_for()
        draft.rmdir()
        Path(data.install_failed).write_text("There is no room for it.")
        page.get_by_text("could not be installed: There is no room for it.").wait_for()
        page = stage.section("setup")
        page.locator(".plexsync-danger", has_text="There is no room for it.").wait_for()


def test_setup_leads_to_a_preview_before_anything_is_sent(staged: Staged) -> None:
    with staged(3) as stage:
        stage.setup.stash.stash.library.scenes[2].title = "Would be"
        page = stage.section("setup")
        page.get_by_role("button", name="Preview", exact=True).click()
        page.locator("ins", has_text="Would be").wait_for()
        assert stage.setup.plex.counts()["writes"] == 0


def test_setup_saves_a_bug_report_as_a_file(staged: Staged) -> None:
    with staged(2) as stage:
        saved(stage, 1)
        page = stage.section("setup")
        page.get_by_text("Everything is right").wait_for()
        texts = []
        for masked in (True, False):
            page.get_by_label("Mask titles, paths and other names").set_checked(masked)
            with page.expect_download() as download:
                page.get_by_role("button", name="Save a bug report").click()
            assert re.fullmatch(r"plexsync-report-[0-9-]+\.txt", download.value.suggested_filename)
            texts.append(Path(download.value.path()).read_text(encoding="utf-8"))
        for text in texts:
            assert "\nEverything is right: 2 of 2 scenes are found in Plex." in text
            assert stage.setup.plex.token not in text
        assert ["Title 1" in text for text in texts] == [False, True]


def test_a_wrong_token_is_named_in_setup(staged: Staged) -> None:
    with staged(2) as stage:
        stage.setup.settings(plex_token="wrong")
        page = stage.section("setup")
        page.locator(".plexsync-danger", has_text="token").first.wait_for()
        assert page.get_by_role("button", name="Sync everything").count() == 0


def test_the_tab_of_a_scene_shows_what_differs_and_sends_it(staged: Staged) -> None:
    with staged(2) as stage:
        saved(stage, 1)
        page = stage.open("/scenes/1")
        page.get_by_role("tab", name="Plex").click()
        page.get_by_text("In step").wait_for()
        page.get_by_text(f"{PLEX_ROOT}/{file_name(1)}").wait_for()
        link = page.get_by_role("link", name="Open in Plex").get_attribute("href")
        assert link.startswith(f"{stage.setup.plex.url}/web/index.html#!/server/")
        assert stage.setup.plex.token not in link
        page.get_by_role("button", name="Compare now").click()
        page.get_by_text("Plex shows everything as Stash does.").wait_for()
        stage.setup.stash.stash.library.scenes[1].title = "Title changed"
        page.get_by_role("button", name="Compare now").click()
        page.locator("ins", has_text="changed").wait_for()
        page.get_by_text("The path leads to it").wait_for()
        page.get_by_role("button", name="Sync now").click()
        eventually(lambda: stage.setup.shows(1, title="Title changed"))


def test_the_tab_shows_the_poster_in_plex_beside_the_cover_and_no_token(staged: Staged) -> None:
    with staged(2) as stage:
        saved(stage, 1)
        asked: list[str] = []
        stage.page.on("request", lambda request: asked.append(request.url))
        page = stage.open("/scenes/1")
        page.get_by_role("tab", name="Plex").click()
        poster = page.get_by_role("img", name="Poster in Plex: Title 1")
        poster.wait_for()
        assert poster.get_attribute("src").startswith("data:image/")
        assert poster.evaluate("one => one.naturalWidth") > 0
        page.get_by_role("img", name="Cover in Stash").wait_for()
        assert stage.setup.plex.token not in page.locator(".plexsync-tab").inner_html()
        assert [url for url in asked if not url.startswith((stage.host.url, "data:"))] == []


def test_a_save_is_followed_by_one_quiet_word_unless_that_is_switched_off(staged: Staged) -> None:
    with staged(3, plex=plex_library(2)) as stage:
        page = stage.open("/scenes/1")
        page.get_by_label("Title").fill("Saved")
        page.get_by_role("button", name="Save").click()
        page.locator(".toast", has_text="Plex has it: title.").wait_for()
        assert page.locator(".toast").count() == 1
        page = stage.open("/scenes/3")
        page.get_by_label("Title").fill("Missing")
        page.get_by_role("button", name="Save").click()
        page.locator(".toast", has_text="Plex does not have it yet").wait_for()
        page = stage.section("settings")
        page.get_by_label("Say in a corner").uncheck()
        page = stage.open("/scenes/2")
        page.get_by_label("Title").fill("Quiet")
        page.get_by_role("button", name="Save").click()
        eventually(lambda: stage.setup.shows(2, title="Quiet"))
        page.get_by_role("tab", name="Plex").click()
        page.get_by_text("In step").wait_for()
        assert page.locator(".toast").count() == 0


def test_a_save_of_a_scene_on_hold_is_answered_with_the_hold(staged: Staged) -> None:
    with staged(2) as stage:
        page = stage.open("/scenes/1")
        page.get_by_role("tab", name="Plex").click()
        page.get_by_role("button", name="Hold", exact=True).click()
        page.get_by_text("On hold since").wait_for()
        page.get_by_role("tab", name="Edit").click()
        page.get_by_label("Title").fill("Held")
        page.get_by_role("button", name="Save").click()
        page.locator(".toast", has_text="Plex keeps what it shows: held by you").wait_for()


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


def test_a_scene_is_given_back_held_and_let_go_on_its_tab(staged: Staged) -> None:
    with staged(2) as stage:
        saved(stage, 1)
        page = stage.open("/scenes/1")
        page.get_by_role("tab", name="Plex").click()
        page.get_by_role("button", name="Give back").click()
        page.get_by_role("button", name="Yes, do it").click()
        eventually(lambda: stage.setup.shows(1, title=Path(file_name(1)).stem))
        page.get_by_text("On hold since").wait_for()
        page.get_by_text("What was written for this scene").click()
        page.get_by_text("taken back").first.wait_for()
        page.get_by_role("button", name="Let go").click()
        eventually(lambda: stage.setup.shows(1, title="Title 1"))


def test_stash_under_a_path_and_a_reload_there(staged: Staged) -> None:
    with staged(2, prefix="/media/stash") as stage:
        saved(stage, 1)
        page = stage.section("overview")
        page.get_by_role("link", name="Title 1").wait_for()
        page.reload()
        page.get_by_role("link", name="Title 1").click()
        page.get_by_role("heading", name="Title 1").wait_for()
        page.get_by_role("link", name="Settings").first.click()
        page.get_by_role("link", name="Open it").click()
        page.get_by_role("heading", name="PlexSync").wait_for()


def changed(stage: Stage, change: Any) -> None:
    """Every answer of an operation comes changed."""

    def answer(route: Any) -> None:
        if "runPluginOperation" not in (route.request.post_data or ""):
            route.continue_()
            return
        response = route.fetch()
        body = response.json()
        change(body["data"])
        route.fulfill(response=response, body=json.dumps(body))

    stage.page.route("**/graphql", answer)


def test_a_fault_of_ours_takes_nothing_else_with_it(staged: Staged) -> None:
    with staged(2) as stage:
        changed(
            stage,
            lambda data: data.update(runPluginOperation={"version": "1.0.0", "now": 1, "overview": {"worker": {}}}),
        )
        page = stage.section("overview")
        page.get_by_text("This part of PlexSync failed").wait_for()
        assert page.locator(".host-broken").count() == 0
        page.get_by_role("link", name="Settings").first.click()
        page.get_by_role("heading", name="Another").wait_for()
        assert stage.faults
        stage.faults.clear()  # React reports what the boundary caught


def test_an_old_tab_notices_that_the_plugin_is_another(staged: Staged) -> None:
    with staged(2) as stage:
        changed(stage, lambda data: data["runPluginOperation"].update(version="9.9.9"))
        page = stage.section("overview")
        page.get_by_text("9.9.9 is installed now").wait_for()
        page.get_by_role("button", name="Reload").wait_for()


def test_an_old_tab_notices_new_files_of_the_same_version(staged: Staged) -> None:
    with staged(2) as stage:
        page = stage.section("overview")
        page.get_by_text("in step").wait_for()
        with (stage.setup.plugin / "page" / "words.js").open("a", encoding="utf-8") as file:
            file.write("// another\n")
        page.get_by_text("has been replaced since").wait_for()
        page.get_by_role("button", name="Reload").click()
        page.get_by_text("in step").wait_for()
        page.locator(".plexsync-notice").first.wait_for()
        assert page.get_by_text("has been replaced since").count() == 0


def test_a_page_whose_plugin_was_removed_says_so_and_shows_nothing_stale(staged: Staged) -> None:
    with staged(2) as stage:
        page = stage.section("overview")
        page.get_by_text("in step").wait_for()
        (stage.setup.plugin / "PlexSync.yml").unlink()
        stage.setup.stash.graphql("mutation { reloadPlugins }")
        page.get_by_text("no longer in this Stash").wait_for()
        page.get_by_text("in step").wait_for(state="detached")
        stage.faults.clear()  # GraphQL's error, in the browser's console


def test_what_an_operation_says_is_shown(staged: Staged) -> None:
    with staged(2) as stage:
        stage.setup.data.create()
        Path(stage.setup.data.database).write_bytes(b"no database " * 500)
        page = stage.section("overview")
        page.get_by_text("cannot be read just now").wait_for()
        stage.faults.clear()  # GraphQL's error, in the browser's console


@pytest.mark.parametrize(
    "lacking",
    ["delete window.PluginApi", "delete PluginApi.register", "delete PluginApi.patch", "delete PluginApi.utils",
     "delete PluginApi.hooks", "PluginApi.register = {}"],
)  # fmt: skip
def test_without_a_part_of_the_api_stash_goes_on_without_the_page(staged: Staged, lacking: str) -> None:
    def lacks(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=f"{lacking};\n{answer.text()}")

    with staged(1) as stage:
        # Before the plugin's script, after the host has made its api.
        stage.page.route("**/plugin/PlexSync/javascript", lacks)
        page = stage.open("/settings")
        page.get_by_role("heading", name="PlexSync").wait_for()


def test_nothing_is_wider_than_a_narrow_screen(staged: Staged) -> None:
    with staged(3, width=360) as stage:
        saved(stage, 1)
        for section in SECTIONS:
            page = stage.section(section)
            page.locator(".plexsync-card").first.wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_keyboard_alone_reaches_and_does_everything(staged: Staged) -> None:
    with staged(3) as stage:
        park(stage.setup, 2)
        page = stage.open("/")
        page.locator(".plexsync-nav").first.focus()
        page.keyboard.press("Enter")
        page.get_by_role("link", name="2 parked").focus()
        page.keyboard.press("Enter")
        page.get_by_role("checkbox", name="Select all on this page").focus()
        page.keyboard.press("Space")
        page.get_by_text("2 selected").wait_for()
        page.get_by_role("button", name="Forget", exact=True).focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")  # the answer has the focus
        page.get_by_text("No scene is parked.").wait_for()


def test_a_hundred_thousand_scenes_are_paged(staged: Staged) -> None:
    with staged(3) as stage:
        stage.setup.data.create()
        with closing(open_database(stage.setup.data.database)) as database, database:
            database.executemany(
                "INSERT INTO outcomes (scene, checked, left_out) VALUES (?, 1.0e9, 'it is not organized')",
                ((number,) for number in range(1, 100_001)),
            )
        page = stage.section("scenes", state="left_out")
        page.get_by_text("Page 1 of 4,000, 100,000 scenes").wait_for()
        page.get_by_role("button", name="Next page").click()
        page.get_by_text("Page 2 of 4,000").wait_for()
        assert page.locator(".plexsync-rows li").count() == 25


def test_axe_finds_nothing_serious(staged: Staged) -> None:
    axe = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
    with staged(3, plex=plex_library(2)) as stage:
        saved(stage, 1)
        stage.setup.stash.save(3, title="Waits")
        for path, query in (
            *(("/plugins/plexsync", section) for section in SECTIONS),
            ("/scenes/1", ""),
        ):
            page = stage.open(path, **({"section": query} if query else {}))
            if query:
                page.locator(".plexsync-card").first.wait_for()
            else:
                page.get_by_role("tab", name="Plex").click()
                page.get_by_text("In step").wait_for()
            page.evaluate(axe.read_text(encoding="utf-8"))
            found = page.evaluate("axe.run('.plexsync, .plexsync-tab, .plexsync-nav')")
            serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
            assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in serious] == []
