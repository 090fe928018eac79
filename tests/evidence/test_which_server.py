"""A server that was set up anew behind the same address is another one, however little of it was noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clock import HOUR, MINUTE
from tests.support.workbench import MEDIA, running_workbench


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
