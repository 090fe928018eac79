"""The guard protects against loss, and against nothing else: it counts what would really be taken away, it looks anew
at each pass, and hooks that tell of deleted scenes stand before the same one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.stash.pictures import Picture
from tests.support.clock import HOUR
from tests.support.harness import STASH_ROOT, plex_library, stash_library
from tests.support.pairs import Pair
from tests.support.scheduled import Scheduled
from tests.support.workbench import Workbench, loaded_workbench, running_workbench
from validation.jobs import UpdateType
from worker import hook
from worker.jobs.losses import FEWEST
from worker.storage.facts import Fact

COUNT = 110

DESTROY = "mutation($ids: [ID!]!) { scenesDestroy(input: {ids: $ids}) }"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Scheduled]:
    with loaded_workbench(tmp_path, stash_library(COUNT), plex_library(COUNT), {"skip_poster": True}) as workbench:
        workbench.stash.bulk_save(range(1, COUNT + 1), title="T", details="Text.")
        workbench.stash.advance(3600)
        made = Scheduled(workbench)
        made.settle()
        assert guard(made) == ""
        workbench.plex.advance(86400)
        workbench.stash.advance(86400)
        yield made


def guard(made: Scheduled) -> str:
    return made.workbench.record.fact(Fact.GUARD)


def next_pass(made: Scheduled) -> None:
    made.workbench.plex.advance(86400)
    made.workbench.clock.now += 27 * HOUR
    assert made.idle()


def edit_without_hook(made: Scheduled, scene: int, title: str) -> None:
    library = made.workbench.library
    with library.lock:
        library.scenes[scene].title = title
        library.touch(library.scenes[scene])


def by_another(workbench: Workbench, how: str) -> None:
    for item in workbench.plex.items():
        url = f"{workbench.plex.url}/library/metadata/{item['ratingKey']}"
        if how == "overlays":
            workbench.person.post(f"{url}/posters", data=b"\xff\xd8\xff" + str(item["ratingKey"]).encode())
        elif how == "refresh":
            workbench.person.put(f"{url}/refresh")
        else:
            params = {"type": "1", "id": str(item["ratingKey"]), "contentRating.value": "XXX"}
            workbench.person.put(f"{workbench.plex.url}/library/sections/1/all", params=params)


@pytest.mark.parametrize("how", ["overlays", "refresh", "a field of another tool's"])
def test_what_other_tools_do_to_every_item_stops_nothing(made: Scheduled, how: str) -> None:
    by_another(made.workbench, how)
    edit_without_hook(made, 5, "Lost hook")
    next_pass(made)
    assert (guard(made), made.workbench.title(5)) == ("", "Lost hook")


def covers(made: Scheduled) -> None:
    library = made.workbench.library
    with library.lock:
        for number, scene in library.scenes.items():
            scene.cover = Picture(b"\xff\xd8\xff" + bytes([number]))
            library.touch(scene)


def auto_tag(made: Scheduled) -> None:
    tag = made.workbench.entity("tag", "Found by Auto Tag").id
    made.workbench.stash.bulk_save(range(1, COUNT + 1), tag_ids={"ids": [tag], "mode": "ADD"})


def titles(made: Scheduled) -> None:
    made.workbench.stash.bulk_save(range(1, COUNT + 1), title="Another")


@pytest.mark.parametrize(
    ("change", "arrived"),
    [
        (titles, lambda item: item["title"] == "Another"),
        (auto_tag, lambda item: "Found by Auto Tag" in item["tags"].get("genre", [])),
        (covers, lambda item: True),
    ],
)
def test_what_people_change_in_stash_arrives_however_many_scenes_it_concerns(
    made: Scheduled, change: Callable[[Scheduled], None], arrived: Callable[[Any], bool]
) -> None:
    change(made)
    next_pass(made)
    assert guard(made) == ""
    assert all(arrived(made.workbench.shown(scene)) for scene in range(1, COUNT + 1))


def test_a_sort_title_of_others_that_is_kept_is_nothing_to_lose(tmp_path: Path) -> None:
    plex_has = plex_library(COUNT)
    for number, item in enumerate(plex_has["sections"][0]["items"]):
        item["titleSort"] = f"!{number:03}"
    with loaded_workbench(tmp_path, stash_library(COUNT), plex_has, {"skip_poster": True}) as workbench:
        workbench.stash.bulk_save(range(1, COUNT + 1), title="T")
        workbench.stash.advance(3600)
        made = Scheduled(workbench)
        made.settle()
        workbench.plex.advance(86400)
        workbench.stash.advance(86400)
        titles(made)
        next_pass(made)
        assert guard(made) == ""
        shown = [workbench.shown(scene) for scene in range(1, COUNT + 1)]
        assert {one["title"] for one in shown} == {"Another"}
        assert {one["titleSort"] for one in shown} == {item["titleSort"] for item in plex_has["sections"][0]["items"]}


@pytest.mark.parametrize("at_first", [False, True])
def test_tags_that_move_from_genres_to_labels_or_back_are_no_loss(made: Scheduled, at_first: bool) -> None:
    workbench = made.workbench
    auto_tag(made)
    workbench.use(tags_as_labels=at_first)
    next_pass(made)
    workbench.stash.advance(3600)
    next_pass(made)
    workbench.stash.advance(3600)
    workbench.use(tags_as_labels=not at_first)
    titles(made)
    next_pass(made)
    assert guard(made) == ""
    left, came = ("label", "genre") if at_first else ("genre", "label")
    for scene in range(1, 101):
        tags = workbench.shown(scene)["tags"]
        assert (tags.get(left, []), tags.get(came, [])) == ([], ["Found by Auto Tag"])


def empty_details(made: Scheduled) -> None:
    made.workbench.stash.bulk_save(range(1, 61), details="")


def delete_scenes(made: Scheduled) -> None:
    made.workbench.stash.graphql(DESTROY, {"ids": [str(scene) for scene in range(1, 61)]})


def delete_items(made: Scheduled) -> None:
    for scene in range(1, 61):
        key = made.workbench.shown(scene)["ratingKey"]
        assert made.workbench.person.delete(f"{made.workbench.plex.url}/library/metadata/{key}").ok


def move_files(made: Scheduled) -> None:
    """A folder was renamed on the disk and scanned by Stash; Plex has not followed."""
    library = made.workbench.library
    with library.lock:
        for scene in range(1, 61):
            file = library.scenes[scene].files[0]
            file.path = f"{STASH_ROOT}/elsewhere/renamed.{scene}.mp4"
            library.touch(library.scenes[scene])


@pytest.mark.parametrize("loss", [empty_details, delete_scenes, delete_items, move_files])
def test_a_pass_by_which_more_than_half_would_lose_something_stops_and_says_so(
    made: Scheduled, loss: Callable[[Scheduled], None]
) -> None:
    loss(made)
    next_pass(made)
    assert "60 of 110" in guard(made)
    assert 'The task "Preview" shows' in guard(made)
    assert made.workbench.plex.counts()["writes"] == 0
    assert len(made.workbench.queue) == 0


def test_less_than_half_goes_on(made: Scheduled) -> None:
    made.workbench.stash.bulk_save(range(1, 51), details="")
    next_pass(made)
    assert guard(made) == ""
    assert made.workbench.shown(1).get("summary", "") != "Text."


def test_a_wrong_path_map_stops_the_pass_and_its_cure_lets_go(made: Scheduled) -> None:
    workbench = made.workbench
    workbench.use(path_map=workbench.config().path_map.__class__())
    with workbench.library.lock:
        for number, file in workbench.library.files.items():
            file.size += number  # so that names and sizes find nothing either
    next_pass(made)
    assert "stopped" in guard(made)
    assert 'The task "Preview" shows' in guard(made)
    with workbench.library.lock:
        for number, file in workbench.library.files.items():
            file.size -= number
    workbench.use()
    next_pass(made)
    assert guard(made) == ""


def test_a_stop_ends_by_itself_when_its_reason_is_gone(made: Scheduled) -> None:
    workbench = made.workbench
    kept = list(workbench.library.scenes.values())
    workbench.stash.graphql(DESTROY, {"ids": [str(scene.id) for scene in kept]})
    next_pass(made)
    assert "stopped" in guard(made)
    with workbench.library.lock:
        for scene in kept:
            workbench.library.add_scene(scene)
    edit_without_hook(made, 5, "Lost hook")
    next_pass(made)
    assert (guard(made), workbench.title(5)) == ("", "Lost hook")


def test_a_drive_that_is_away_takes_nothing_and_gives_everything_back(made: Scheduled) -> None:
    workbench = made.workbench

    def scan() -> None:
        workbench.person.get(f"{workbench.plex.url}/library/sections/1/refresh")
        workbench.plex.advance(60)

    kept = dict(workbench.plex._state.disk)
    for path in kept:
        workbench.plex.remove_file(path)
    scan()
    assert all(item.get("deletedAt") for item in workbench.plex.items())
    next_pass(made)
    assert (guard(made), len(workbench.queue), workbench.tally) == ("", 0, {"missing": COUNT})
    with workbench.plex._state.lock:
        workbench.plex._state.disk.update(kept)
    scan()
    edit_without_hook(made, 5, "Lost hook")
    next_pass(made)
    assert (guard(made), workbench.title(5)) == ("", "Lost hook")


# Hooks ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def pairs(tmp_path: Path) -> Iterator[list[Pair]]:
    with running_workbench(tmp_path) as workbench:
        workbench.use(give_back_on_destroy=True)
        pairs = [workbench.pair(title="Before") for _ in range(120)]
        for pair in pairs:
            pair.in_stash(title="T", details="Long work.")
        workbench.sync(*(pair.scene for pair in pairs))
        yield pairs


def shown_as(pairs: list[Pair], title: str) -> int:
    return sum(pair.shown()["title"] == title for pair in pairs)


def destroy(pairs: list[Pair], told: bool = True) -> None:
    workbench = pairs[0].workbench
    workbench.stash.graphql(DESTROY, {"ids": [str(pair.scene) for pair in pairs]})
    if told:
        workbench.sync(*(pair.scene for pair in pairs), kind=UpdateType.DESTROY)


def test_a_clean_while_the_drive_is_away_gives_nothing_back(pairs: list[Pair]) -> None:
    destroy(pairs)
    workbench = pairs[0].workbench
    assert (shown_as(pairs, "T"), workbench.plex.counts().get("writes", 0)) == (120, 0)
    assert "120 of 120" in workbench.record.fact(Fact.GUARD)
    workbench.reconcile()  # as the button does
    assert shown_as(pairs, "Before") == 120


@pytest.mark.parametrize(("count", "kept"), [(FEWEST, FEWEST), (FEWEST - 1, 0)])
def test_a_small_library_is_guarded_and_a_few_scenes_are_not(tmp_path: Path, count: int, kept: int) -> None:
    with running_workbench(tmp_path) as workbench:
        workbench.use(give_back_on_destroy=True)
        pairs = [workbench.pair(title="Before") for _ in range(count)]
        for pair in pairs:
            pair.in_stash(title="T")
        workbench.sync(*(pair.scene for pair in pairs))
        destroy(pairs)
        assert shown_as(pairs, "T") == kept
        assert (workbench.record.fact(Fact.GUARD) == "") is (kept == 0)


def test_fewer_than_half_are_given_back(pairs: list[Pair]) -> None:
    destroy(pairs[:50])
    assert (shown_as(pairs, "Before"), shown_as(pairs, "T")) == (50, 70)
    assert pairs[0].workbench.record.fact(Fact.GUARD) == ""


def test_scenes_that_hooks_call_gone_in_a_flood_and_that_stash_has_are_not_gone(pairs: list[Pair]) -> None:
    workbench = pairs[0].workbench
    workbench.sync(*(pair.scene for pair in pairs[:40]), kind=UpdateType.DESTROY)
    assert shown_as(pairs, "T") == 120


def test_a_flood_that_comes_in_drops_is_seen_whole_before_it_is_believed(pairs: list[Pair]) -> None:
    workbench = pairs[0].workbench
    for pair in pairs:
        destroy([pair], told=False)
        hook.store(b'{"hook":{"id":%d,"type":"Scene.Destroy.Post"}}' % pair.scene, workbench.data)
        workbench.inbox.take(workbench.queue, workbench.record, workbench.client)
        workbench.run()
        workbench.clock.now += 0.5
    assert shown_as(pairs, "T") >= 90
    workbench.clock.now += HOUR
    workbench.run()
    assert shown_as(pairs, "T") >= 90
    assert "of 120" in workbench.record.fact(Fact.GUARD)


def test_scenes_that_were_found_anew_under_other_numbers_end_the_stop(pairs: list[Pair]) -> None:
    workbench = pairs[0].workbench
    files = {pair: workbench.library.scenes[pair.scene].files for pair in pairs}
    destroy(pairs)
    again = []
    for pair in pairs:
        new = workbench.pair()
        workbench.person.delete(f"{workbench.plex.url}/library/metadata/{new.key}")
        with workbench.library.lock:
            workbench.library.scenes[new.scene].files = files[pair]
        again.append(Pair(workbench, new.scene, pair.key))
        again[-1].in_stash(title="T")
    workbench.clock.now += HOUR
    made = Scheduled(workbench)
    made.idle()
    for _ in range(3):
        workbench.clock.now += 27 * HOUR
        made.idle()
    assert workbench.record.fact(Fact.GUARD) == ""
    assert shown_as(pairs, "T") == 120
