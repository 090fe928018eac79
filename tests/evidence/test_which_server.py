"""A server that was set up anew behind the same address is another one, however little of it was noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.doubles.plex import PlexDouble
from tests.support.clock import HOUR, MINUTE
from tests.support.workbench import MEDIA, loaded_workbench, running_workbench


@pytest.mark.parametrize("noticed", [True, False], ids=["Plex was missed meanwhile", "nobody asked meanwhile"])
def test_what_is_remembered_of_the_old_server_says_nothing_of_the_new_one(tmp_path: Path, noticed: bool) -> None:
    with running_workbench(tmp_path) as bench:
        bench.use(keep_plex_edits=True)
        pair = bench.pair()
        pair.in_stash(title="One")
        pair.sync()
        old = bench.worker.plex_client.server.machineIdentifier
        if noticed:
            bench.plex.inject({"type": "reset_before", "kind": "*", "count": None})
            pair.in_stash(title="Two")
            bench.sync(pair.scene)
            assert bench.worker.gate.breaker.is_open
            bench.plex.clear_faults()
        bench.plex.set_up_anew()
        bench.clock.now += HOUR
        pair.in_stash(title="Three")
        bench.sync(pair.scene)
        bench.clock.now += MINUTE
        bench.run()
        assert bench.worker.plex_client.server.machineIdentifier != old
        assert bench.plex.find(f"{MEDIA}/folder/scene.{pair.scene:04d}.mp4")["title"] == "Three"
        assert (bench.kept, bench.waiting(), bench.parked()) == (0, {}, {})
        identities = [one for one in bench.plex.requests if one.path == "/identity"]
        assert noticed or len(identities) == 1
        bench.clock.now += MINUTE
        pair.in_stash(title="Four")
        bench.sync(pair.scene)
        assert bench.plex.find(f"{MEDIA}/folder/scene.{pair.scene:04d}.mp4")["title"] == "Four"
        assert not [one for one in bench.plex.requests if one.path == "/identity"], "it was asked a moment ago"


def test_of_another_server_only_the_libraries_that_are_named_are_written_to(tmp_path: Path) -> None:
    """The item has the number that another one has there, which holds the same file in a library of another name."""

    def server(machine: str, *titles: str) -> dict[str, Any]:
        items = [{"file": f"{MEDIA}/a.mp4", "size": 5, "title": "As scanned"}]
        sections = [
            {"key": key, "title": title, "type": "movie", "locations": [MEDIA], "items": items}
            for key, title in enumerate(titles, 1)
        ]
        return {"server": {"machineIdentifier": machine}, "sections": sections}

    scene = {"id": 1, "title": "First", "files": [{"path": f"{MEDIA}/a.mp4", "size": 5}]}
    settings = {"skip_poster": True, "plex_libraries": ("clips",)}
    with (
        loaded_workbench(tmp_path, {"scenes": [scene]}, server("one", "Clips"), settings) as bench,
        PlexDouble(server("other", "Private", "Clips")) as other,
    ):
        bench.sync(1)
        assert [item["title"] for item in bench.plex.items()] == ["First"]
        bench.use(plex_url=other.url, plex_token=other.token)
        bench.stash.save(1, title="Second")
        bench.sync(1)
        assert {item["section"]: item["title"] for item in other.items()} == {1: "As scanned", 2: "Second"}
