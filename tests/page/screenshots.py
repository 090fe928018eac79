"""``make screenshots``: pictures of every section, for a person to look at, and for the README."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.page.host_server import HostServer
from tests.page.ready import browser_path, missing
from tests.support.harness import PLEX_ROOT, STASH_ROOT, eventually, installed

FILES = {
    1: ("Harbour/harbour.lights.mp4", "Harbour Lights", "Boats come home at dusk."),
    2: ("Harbour/low.tide.mp4", "Low Tide", "Mud, gulls, and a long walk."),
    3: ("North/first.snow.mp4", "First Snow", "The first morning of winter."),
    4: ("North/late.arrival.mp4", "Late Arrival", ""),
    5: ("North/intro.mp4", "Intro", ""),
}


def _stash() -> dict[str, object]:
    scenes = [
        {"id": n, "title": title, "details": details, "studio": 1 if n < 3 else 2, "date": f"2024-0{n}-11",
         "files": [{"path": f"{STASH_ROOT}/{name}", "size": 1_000_000_000 + n}]}
        for n, (name, title, details) in FILES.items()
    ]  # fmt: skip
    return {
        "studios": [{"id": 1, "name": "Harbour Films"}, {"id": 2, "name": "North Light"}],
        "tags": [{"id": 1, "name": "Beach"}, {"id": 2, "name": "Outdoor"}],
        "scenes": scenes,
    }


def _plex() -> dict[str, object]:
    there = [(n, name) for n, (name, *_) in FILES.items() if n < 4]
    there += [(5, "One/intro.mp4"), (5, "Two/intro.mp4")]
    items = [{"title": Path(name).stem, "file": f"{PLEX_ROOT}/{name}", "size": 1_000_000_000 + n} for n, name in there]
    section = {"key": 1, "title": "Clips", "type": "movie", "agent": "tv.plex.agents.none", "locations": [PLEX_ROOT]}
    return {"sections": [{**section, "items": items}]}


def main(target: str = "tests/page/screenshots") -> int:
    """Take the pictures into a folder."""
    if missing():
        print(missing())
        return 1
    from playwright.sync_api import sync_playwright

    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        installed(Path(place), _stash(), _plex()) as setup,
        HostServer(setup.stash.url) as host,
        sync_playwright() as playwright,
    ):
        setup.settings(never_tags="Beach", title_template="[{studio} - ]{title}")
        setup.stash.wait_for_job(setup.stash.run_task("PlexSync", "Sync All Scenes"))
        setup.stash.save(1, title="Harbour Lights")
        eventually(lambda: setup.worker_runs())
        setup.stash.stash.library.scenes[1].details = "Boats come home at dawn."
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        for width, suffix in ((1280, ""), (400, "-narrow")):
            page = browser.new_page(viewport={"width": width, "height": 900})
            for section in ("overview", "scenes", "history", "preview", "settings", "setup"):
                page.goto(f"{host.url}/plugins/plexsync?section={section}")
                wait = ".plexsync-map, .plexsync-card:nth-of-type(3)" if section == "setup" else ".plexsync-card"
                page.locator(wait).first.wait_for()
                page.wait_for_timeout(2500)
                page.screenshot(path=folder / f"{section}{suffix}.png")
            page.goto(f"{host.url}/scenes/1")
            page.get_by_role("tab", name="Plex").click()
            page.get_by_role("button", name="Compare now").click()
            page.locator(".plexsync-compared").wait_for()
            page.screenshot(path=folder / f"scene{suffix}.png")
            page.goto(f"{host.url}/settings")
            page.locator(".plexsync-notice").wait_for()
            page.screenshot(path=folder / f"banner{suffix}.png")
        browser.close()
    print(f"The pictures lie in {folder}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
