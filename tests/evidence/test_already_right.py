""" "Already right" is said of scenes that are: the usual pass finds at once what changed on either side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciliation.gaps import Gap
from tests.doubles.stash.model import VideoFile
from tests.support.harness import PLEX_ROOT, STASH_ROOT, file_name, plex_library, stash_library
from tests.support.workbench import Workbench, loaded_workbench

HOUR = 3600.0


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    """Six scenes, four of them in Plex and sent there; the sixth has a second file, which Plex lacks, too."""
    stash = stash_library(6)
    stash["scenes"][0]["files"].append({"path": f"{STASH_ROOT}/usb/cut.mp4", "size": 77})
    with loaded_workbench(tmp_path, stash, plex_library(4), {"skip_poster": True}) as made:
        made.stash.bulk_save(range(1, 7), details="Text.")
        made.stash.advance(60)
        made.reconcile()
        later(made)
        made.reconcile()
        yield made


def later(workbench: Workbench, seconds: float = HOUR) -> None:
    workbench.clock.now += seconds
    workbench.plex.advance(seconds)
    workbench.stash.advance(seconds)


def found(workbench: Workbench) -> dict[Gap, int]:
    return dict(workbench.reconcile().gaps)


def everything_shows_the_text(workbench: Workbench) -> bool:
    return all(item.get("summary") == "Text." for item in workbench.plex.items())


def delete(workbench: Workbench, number: int) -> None:
    key = workbench.shown(number)["ratingKey"]
    assert workbench.person.delete(f"{workbench.plex.url}/library/metadata/{key}").status_code == 200


def scan(workbench: Workbench) -> None:
    workbench.person.get(f"{workbench.plex.url}/library/sections/1/refresh")
    workbench.plex.advance(5)
    workbench.person.get(f"{workbench.plex.url}/library/sections")


def deleted_and_added_again(workbench: Workbench) -> None:
    delete(workbench, 2)
    workbench.plex.add_item(1, f"{PLEX_ROOT}/{file_name(2)}", 1002)


def deleted_and_added_again_with_an_old_time(workbench: Workbench) -> None:
    delete(workbench, 2)
    workbench.plex.add_item(1, f"{PLEX_ROOT}/{file_name(2)}", 1002, addedAt=1_400_000_000, updatedAt=None)


def second_file_scanned(workbench: Workbench) -> None:
    workbench.plex.add_item(1, f"{PLEX_ROOT}/usb/cut.mp4", 77)


def second_library(workbench: Workbench) -> None:
    params = {"name": "Again", "type": "movie", "agent": "tv.plex.agents.none", "language": "xn"}
    params |= {"scanner": "Plex Video Files Scanner", "location": PLEX_ROOT}
    assert workbench.person.post(f"{workbench.plex.url}/library/sections", params=params).status_code == 201
    for number in range(1, 5):
        workbench.plex.add_item(2, f"{PLEX_ROOT}/{file_name(number)}", 1000 + number)


@pytest.mark.parametrize(
    "happens",
    [
        deleted_and_added_again,
        deleted_and_added_again_with_an_old_time,
        second_file_scanned,
        second_library,
    ],
)
def test_what_changed_in_plex_is_found_by_the_next_pass(
    workbench: Workbench, happens: Callable[[Workbench], None]
) -> None:
    happens(workbench)
    later(workbench)
    assert found(workbench)
    assert everything_shows_the_text(workbench)
    later(workbench)
    found(workbench)
    later(workbench)
    workbench.plex.reset_counts()
    assert found(workbench) == {}
    assert workbench.plex.counts()["writes"] == 0


def test_an_item_that_is_back_from_the_trash_is_brought_up_to_date(workbench: Workbench) -> None:
    workbench.plex.add_file(1, f"{PLEX_ROOT}/usb/cut.mp4", 77)
    scan(workbench)
    later(workbench)
    workbench.reconcile()
    workbench.plex.remove_file(f"{PLEX_ROOT}/usb/cut.mp4")
    scan(workbench)
    workbench.edit(1, details="Newer.")
    later(workbench, 60)
    workbench.run()
    assert workbench.plex.find(f"{PLEX_ROOT}/usb/cut.mp4")["summary"] == "Text.", "not written to in the trash"
    workbench.plex.add_file(1, f"{PLEX_ROOT}/usb/cut.mp4", 77)
    scan(workbench)
    later(workbench)
    workbench.reconcile()
    assert workbench.plex.find(f"{PLEX_ROOT}/usb/cut.mp4")["summary"] == "Newer."


def by_hand(workbench: Workbench, number: int) -> None:
    key = workbench.shown(number)["ratingKey"]
    params: dict[str, str] = {"type": "1", "id": str(key), "summary.value": "By hand"}
    assert workbench.person.put(f"{workbench.plex.url}/library/sections/1/all", params=params).status_code == 200


def test_an_edit_by_hand_while_a_long_task_runs_is_told_from_what_the_task_wrote(workbench: Workbench) -> None:
    workbench.edit(2, 3, 4, details="Newer.")
    workbench.run()
    later(workbench, 600)
    by_hand(workbench, 2)  # the task goes on with other scenes, and ends
    workbench.edit(1, details="Newer.")
    workbench.run()
    later(workbench)
    assert found(workbench) == {Gap.DRIFTED: 1}
    assert workbench.shown(2)["summary"] == "Newer."
    later(workbench)
    assert found(workbench) == {}


def test_a_tag_that_is_renamed_lets_in_a_scene_that_was_left_out(workbench: Workbench) -> None:
    tag = workbench.stash.graphql('mutation { tagCreate(input: {name: "other"}) { id } }')["data"]["tagCreate"]["id"]
    workbench.stash.bulk_save([1, 2], tag_ids={"ids": [tag], "mode": "SET"}, details="Newer.")
    workbench.use(only_tags=("To Plex",))
    later(workbench)
    workbench.reconcile()
    assert workbench.shown(2)["summary"] == "Text."
    workbench.stash.graphql(f'mutation {{ tagUpdate(input: {{id: {tag}, name: "To Plex"}}) {{ id }} }}')
    later(workbench)
    assert found(workbench) == {Gap.RENAMED: 2}
    assert workbench.shown(2)["summary"] == "Newer."


def park(workbench: Workbench) -> None:
    """Until scenes 5 and 6 were missing for a day."""
    while {*workbench.parked()} != {5, 6}:
        later(workbench, 2 * HOUR)
        workbench.run()


def move(workbench: Workbench, scene: int, path: str, size: int) -> None:
    """A scene's file is another one, without a change of the scene."""
    library, now = workbench.library, workbench.library.clock.now()
    with library.lock:
        library.scenes[scene].files = [
            VideoFile(library.new_id("file", library.files), path, size, 60.0, now, now, now)
        ]


def test_a_parked_scene_whose_files_change_is_tried_again(workbench: Workbench) -> None:
    park(workbench)
    later(workbench)
    assert found(workbench) == {}
    move(workbench, 5, f"{STASH_ROOT}/elsewhere.mp4", 55)
    assert found(workbench) == {Gap.STALE: 1}
    assert {*workbench.waiting()} == {5}


def test_forgotten_scenes_stay_forgotten_until_their_files_change(workbench: Workbench) -> None:
    tag = workbench.stash.graphql('mutation { tagCreate(input: {name: "A"}) { id } }')["data"]["tagCreate"]["id"]
    workbench.stash.bulk_save([5, 6], tag_ids={"ids": [tag], "mode": "SET"})
    later(workbench)
    workbench.reconcile()
    park(workbench)
    for one in workbench.record.parked():
        workbench.record.ignore(one.scene_id)
    later(workbench)
    assert found(workbench) == {}
    workbench.stash.graphql(f'mutation {{ tagUpdate(input: {{id: {tag}, name: "B"}}) {{ id }} }}')
    later(workbench)
    assert found(workbench) == {}
    move(workbench, 5, f"{STASH_ROOT}/elsewhere.mp4", 55)
    assert found(workbench) == {Gap.STALE: 1}


def test_a_scene_parked_as_ambiguous_is_tried_again_when_one_of_the_items_goes(workbench: Workbench) -> None:
    move(workbench, 5, "/elsewhere/twin.mp4", 55)
    keys = [workbench.plex.add_item(1, f"{PLEX_ROOT}/{where}/twin.mp4", 55)["ratingKey"] for where in "xy"]
    later(workbench)
    workbench.reconcile()
    later(workbench)
    workbench.run()
    assert 5 in workbench.parked()
    assert workbench.person.delete(f"{workbench.plex.url}/library/metadata/{keys[0]}").status_code == 200
    later(workbench)
    assert found(workbench).get(Gap.NEW_IN_PLEX) == 1
    assert workbench.plex.item(keys[1])["summary"] == "Text."


def test_an_item_in_the_trash_is_not_written_to_while_the_index_does_not_know_it(workbench: Workbench) -> None:
    """Plex moves no change counter for it."""
    state: Any = workbench.plex._state
    key = int(workbench.shown(3)["ratingKey"])
    with state.lock:
        state.items[key].deleted_at = state.now()
    workbench.edit(3, details="Newer.")
    workbench.run()
    assert workbench.waiting()[3]
    assert workbench.plex.item(key)["summary"] == "Text."
