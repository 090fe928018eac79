"""The page in a real browser where Stash, the browser or the plugin is another than was thought."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.page.conftest import SECTIONS, Stage, Staged, park, saved
from tests.support.harness import plex_library
from worker.storage.database import open_database


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
