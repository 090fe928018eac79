"""A browser, and Stash's interface with the page in it, in front of both doubles."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.page.host_server import HostServer
from tests.page.ready import browser_path, missing
from tests.support.harness import Setup, eventually, installed, plex_library, stash_library
from validation.jobs import Job
from validation.outcomes import Ended
from validation.scenes import Scene
from worker.storage.database import open_database
from worker.storage.record import Record

SECTIONS = ("overview", "scenes", "history", "preview", "settings", "setup")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium; the test is skipped where there is none, or its tools are not there."""
    if missing():
        pytest.skip(missing())
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        yield launched
        launched.close()


class Stage:
    """One installation, and the browser's page that shows it."""

    def __init__(self, setup: Setup, host: HostServer, page: Any) -> None:
        self.setup, self.host, self.page = setup, host, page
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)

    def open(self, path: str = "/plugins/plexsync", **query: str) -> Any:
        """Open an address of Stash's; the browser's page."""
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        self.page.goto(f"{self.host.url}{path}{'?' if asked else ''}{asked}")
        return self.page

    def section(self, name: str, **query: str) -> Any:
        """Open a section of the page."""
        return self.open(section=name, **query)


Staged = Callable[..., Any]


@pytest.fixture
def staged(browser: Any, tmp_path: Path) -> Staged:
    """Opens a stage: ``count`` scenes on both sides, under ``prefix``, in a window of ``width``."""

    @contextmanager
    def open_stage(
        count: int = 5, *, prefix: str = "", width: int = 1280, stash: Any = None, plex: Any = None, **more: Any
    ) -> Iterator[Stage]:
        libraries = stash or stash_library(count), plex or plex_library(count)
        with installed(tmp_path, *libraries, **more) as setup, HostServer(setup.stash.url, prefix) as host:
            context = browser.new_context(viewport={"width": width, "height": 900})
            context.set_default_timeout(float(os.environ.get("PAGE_TIMEOUT", "60000")))
            stage = Stage(setup, host, context.new_page())
            try:
                yield stage
                assert not stage.faults, "\n".join(stage.faults)
            finally:
                stage.page.unroute_all(behavior="ignoreErrors")  # an answer may be under way
                context.close()

    return open_stage


def saved(stage: Stage, *scenes: int) -> None:
    """These scenes have a title, and Plex shows it."""
    for number in scenes:
        stage.setup.stash.save(number, title=f"Title {number}")
    eventually(lambda: all(stage.setup.shows(number, title=f"Title {number}") for number in scenes))


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
