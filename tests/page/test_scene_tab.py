"""A scene's tab, and the quiet word after a save, in a real browser."""

from __future__ import annotations

from pathlib import Path

from tests.page.conftest import Staged, saved
from tests.support.harness import PLEX_ROOT, eventually, file_name, plex_library


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
