"""Settings and Setup in a real browser, from what a person changes to what Stash keeps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.page.conftest import SECTIONS, Staged, saved
from tests.support.harness import eventually, plex_library, stash_library


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
