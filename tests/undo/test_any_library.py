"""Whatever a library held, whatever was written and edited: an undo leads back to what was there before the run, the
undo of an undo back again, and giving everything back to what was there first, but for what somebody edited since."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.doubles.stash.pictures import png
from tests.support.anything import SETTINGS, items, scenes, state, with_added, with_year
from tests.support.pairs import Pair, listed
from tests.support.workbench import Workbench, running_workbench
from worker.storage.journal_entries import Cause
from worker.storage.journal_reading import latest_runs
from worker.storage.to_undo import Chosen
from worker.storage.undo_wishes import take_back_everything, take_back_writes

SERVERS: dict[str, dict[str, Any]] = {
    "appends": {},
    "replaces": {"tags": "replace"},
    "appends, late": {"visibility_delay": 20.0},
    "replaces, late": {"tags": "replace", "visibility_delay": 20.0},
}

covers = st.sampled_from([None, "one", "two"])
additions = st.dictionaries(st.sampled_from(["genre", "actor", "collection"]), st.just("By somebody"), max_size=2)
mirrored = st.booleans()


def settle(workbench: Workbench) -> None:
    """Work off what is noted; what is shown late is shown, and read back."""
    for _ in range(3):
        workbench.run()
        workbench.clock.now += 40
        workbench.plex.advance(40)
    workbench.run()
    assert workbench.record.count_to_undo() == 0
    assert workbench.worker.undo.done.failed == []


def write(workbench: Workbench, pairs: list[Pair], wanted: list[dict[str, Any]]) -> int | None:
    """One run: these scenes are saved; its number, None when there was nothing to write."""
    before = newest(workbench)
    for pair, scene in zip(pairs, wanted, strict=True):
        cover = scene.get("cover")
        pair.in_stash(**{**scene, "cover": png(cover) if cover else None})
    workbench.sync(*(pair.scene for pair in pairs))
    settle(workbench)
    assert workbench.parked() == {}
    after = newest(workbench)
    return after if after != before else None


def newest(workbench: Workbench) -> int | None:
    return next((run.id for run in latest_runs(workbench.database, 10) if run.cause is Cause.HOOK), None)


def take_back(workbench: Workbench, run: int) -> int:
    made = take_back_writes(workbench.record, workbench.queue, lambda: workbench.record.chosen(Chosen(run)))
    settle(workbench)
    return made


def edited(pair: Pair, added: dict[str, str]) -> None:
    """Somebody adds tags in Plex."""
    for kind, tag in added.items():
        pair.by_hand(**listed(kind, [*pair.tags(kind), tag]))


#: Names that no server takes for one another; hard ones are played elsewhere.
PLAIN = ("Beach", "City", "Night", "Sun", "Ada", "Bea", "Cleo", "Dora")


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """A scene, or an item, with plain names in its lists."""
    lists = {name: plain_names(value) for name, value in values.items() if isinstance(value, list) and name != "locked"}
    return {**values, **lists}


def with_covers(found: list[dict[str, Any]], pictures: list[str | None]) -> list[dict[str, Any]]:
    return [{**plain(scene), "cover": cover} for scene, cover in zip(found, pictures, strict=True)]


def plain_names(names: list[str]) -> list[str]:
    return list(dict.fromkeys(PLAIN[sum(map(ord, name)) % len(PLAIN)] for name in names))


def server_of(workbench: Workbench) -> str:
    return str(workbench.worker.plex_client.server.machineIdentifier)


stories = st.fixed_dictionaries(
    {
        "items": st.lists(items, min_size=2, max_size=2),
        "first": st.lists(scenes, min_size=2, max_size=2),
        "second": st.lists(scenes, min_size=2, max_size=2),
        "covers": st.lists(covers, min_size=4, max_size=4),
        "added": additions,
        "mirror": mirrored,
        "only_one": st.booleans(),
    }
)


@pytest.mark.parametrize("server", SERVERS)
@settings(max_examples=10, derandomize=True, suppress_health_check=list(HealthCheck))
@given(story=stories)
def test_every_undo_leads_back(server: str, story: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder, running_workbench(Path(folder), **SERVERS[server]) as workbench:
        play(workbench, story)


def play(workbench: Workbench, story: dict[str, Any]) -> None:
    workbench.use(**SETTINGS, skip_poster=False, sync_background=True, mirror_exactly=story["mirror"])
    pairs = [workbench.pair(**with_year(plain(item))) for item in story["items"]]
    first = shown(pairs)
    wanted = [
        {**scene, "cover": cover} for scene, cover in zip(map(plain, story["first"]), story["covers"], strict=False)
    ]
    write(workbench, pairs, wanted)
    before = shown(pairs)
    changed = [
        {**scene, "cover": cover} for scene, cover in zip(map(plain, story["second"]), story["covers"][2:], strict=True)
    ]
    if story["only_one"]:
        changed[1] = wanted[1]
    run = write(workbench, pairs, changed)
    after = shown(pairs)
    added = {} if story["mirror"] else story["added"]  # the comparison after an undo would mirror them away
    edited(pairs[0], added)
    settle(workbench)

    def with_edits(states: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [with_added(states[0], added), *states[1:]]

    if run is not None:
        undo = take_back(workbench, run)
        assert differences(shown(pairs), with_edits(before)) == []
        if not story["mirror"]:
            take_back(workbench, undo)
            assert differences(shown(pairs), with_edits(after)) == []
    everything = take_back_everything(workbench.record, server_of(workbench))
    settle(workbench)
    assert differences(shown(pairs), with_edits(first)) == []
    if story["mirror"]:
        return
    take_back(workbench, everything)
    assert differences(shown(pairs), with_edits(after)) == []
    take_back_everything(workbench.record, server_of(workbench))
    settle(workbench)
    assert differences(shown(pairs), with_edits(first)) == []


def shown(pairs: list[Pair]) -> list[dict[str, Any]]:
    """What Plex shows, but for the uploads it keeps."""
    return [{name: value for name, value in state(pair).items() if name not in ("posters", "arts")} for pair in pairs]


def differences(there: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[str]:
    """What Plex shows otherwise than expected."""
    return [
        f"{name} is {one.get(name)!r} and not {other.get(name)!r}"
        for one, other in zip(there, expected, strict=True)
        for name in sorted({*one, *other})
        if one.get(name) != other.get(name)
    ]
