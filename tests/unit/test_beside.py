"""While Plex takes long for a list of tags, what is saved meanwhile is shown, and both writes are remembered."""

from __future__ import annotations

import errno
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.pairs import Pair
from tests.support.slowplex import TAG, entries, looked_at
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import UpdateType
from worker.items.planned import ItemKey
from worker.items.sender import UnderWay
from worker.job_steps import JobSteps
from worker.metadata.memory import ItemMemory, TagsMemory, TextMemory
from worker.metadata.rebased import rebased
from worker.storage.journal_entries import Entry, ItemChanges, WriteState


@pytest.fixture
def workbench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """A Plex that holds a write of tags until the test lets its clock pass, and answers everything else."""
    monkeypatch.setattr("worker.items.sender.LONG", 0.05)
    monkeypatch.setattr("worker.items.sender.LOOK", 0.01)
    with running_workbench(tmp_path, tag_write_seconds=TAG) as made:
        yield made
        assert made.plex.edits_without_id == 0


def tagged(workbench: Workbench, many: int) -> list[Pair]:
    """Scenes with a new tag that are due."""
    pairs = [workbench.pair(title="Own", genres=["Theirs"]) for _ in range(many)]
    for pair in pairs:
        pair.in_stash(title="Own", tags=["New"])
        workbench.queue.add(pair.scene, UpdateType.UPDATE)
    return pairs


def save(workbench: Workbench, pair: Pair, **fields: object) -> None:
    """Somebody saves a scene."""
    pair.in_stash(**fields)
    workbench.queue.add(pair.scene, UpdateType.UPDATE)


def run_beside(workbench: Workbench, during: Callable[[], None], shown: Callable[[], bool]) -> int:
    """Work everything off: ``during`` is done while the first write of tags is held, which is until it is ``shown``
    (or 200 looks have passed); returns how many writes of tags had begun by then."""
    begun: list[int] = []
    looks: list[None] = []

    def take_in() -> None:
        if not looks:
            during()
        looks.append(None)
        if not begun and (shown() or len(looks) > 200):
            begun.append(workbench.plex.tag_writes)
        if begun:
            workbench.plex.advance(TAG)
            workbench.clock.now += TAG

    while workbench.worker.run_due(take_in=take_in):
        pass
    assert shown()
    looked_at(workbench)
    return begun[0]


def some_looks() -> Callable[[], bool]:
    """Says no a few times."""
    left = iter(range(5))
    return lambda: next(left, None) is None


def test_a_title_that_is_saved_meanwhile_is_shown_before_the_tags_are_written(workbench: Workbench) -> None:
    pairs, other = tagged(workbench, 60), workbench.pair(title="Own")
    begun = run_beside(
        workbench, lambda: save(workbench, other, title="Saved"), lambda: other.shown()["title"] == "Saved"
    )
    assert begun == 1
    assert all("New" in pair.tags("genre") and "Theirs" in pair.tags("genre") for pair in pairs)
    assert workbench.waiting() == {}


@pytest.mark.parametrize("which", [0, 1, 30, 59])
def test_so_is_that_of_a_scene_whose_tags_are_under_way_or_wait(workbench: Workbench, which: int) -> None:
    """Of the first it is the very write that is under way."""
    pairs = tagged(workbench, 60)
    own = pairs[which]
    begun = run_beside(workbench, lambda: save(workbench, own, title="Saved"), lambda: own.shown()["title"] == "Saved")
    assert begun == 1
    assert {tag for pair in pairs for tag in pair.tags("genre")} == {"New", "Theirs"}
    assert all(len(pair.tags("genre")) == 2 for pair in pairs)
    memory = own.memory()
    assert memory.texts["title"].written == "Saved"
    assert memory.texts["title"].before == "Own"
    assert not memory.unseen_fields
    assert memory.tags["genre"].ours == ("New",)
    own.in_stash(title="", tags=[])
    workbench.queue.add(own.scene, UpdateType.UPDATE)
    run_beside(workbench, lambda: None, lambda: True)
    assert own.shown()["title"] == "Own"
    assert own.tags("genre") == ["Theirs"]


def test_tags_that_change_while_the_former_are_under_way_come_after_them(workbench: Workbench) -> None:
    own, *_ = pairs = tagged(workbench, 5)
    run_beside(
        workbench,
        lambda: save(workbench, own, title="Saved", tags=["Newer"]),
        lambda: own.shown()["title"] == "Saved",
    )
    assert sorted(own.tags("genre")) == ["Newer", "Theirs"]
    assert all(sorted(pair.tags("genre")) == ["New", "Theirs"] for pair in pairs[1:])


def test_what_was_written_beside_is_remembered_when_the_rest_is_put_back(workbench: Workbench) -> None:
    """Somebody interrupts: at most the one write that is under way is waited for."""
    pairs = tagged(workbench, 5)
    looks: list[None] = []

    def take_in() -> None:
        if not looks:
            for pair in pairs:
                save(workbench, pair, title="Saved")
        looks.append(None)
        if all(pair.shown()["title"] == "Saved" for pair in pairs):
            stop.append(None)
            workbench.plex.advance(TAG)

    stop: list[None] = []
    workbench.worker.run_due(lambda: bool(stop), take_in=take_in)
    assert stop
    assert workbench.plex.tag_writes == 1
    assert all(pair.memory().texts["title"].written == "Saved" for pair in pairs)
    assert sorted(workbench.waiting()) == sorted(pair.scene for pair in pairs)
    run_beside(workbench, lambda: None, lambda: True)
    assert all(sorted(pair.tags("genre")) == ["New", "Theirs"] for pair in pairs)
    assert all(pair.memory().texts["title"].before == "Own" for pair in pairs)


def test_tags_of_an_item_whose_tags_are_under_way_wait_for_their_end(workbench: Workbench) -> None:
    """A job that failed before is not split into fields and lists."""
    own, *_ = tagged(workbench, 5)
    held: list[bool] = []

    def during() -> None:
        save(workbench, own, title="Saved", tags=["Newer"])
        for claimed in workbench.queue.claim(50):
            workbench.queue.put_back(claimed, claimed.job.model_copy(update={"attempts": 1}))

    def shown() -> bool:
        held.append(own.shown()["title"] == "Own")
        return len(held) > 20

    run_beside(workbench, during, shown)
    assert all(held[:20])
    assert own.shown()["title"] == "Saved"
    assert sorted(own.tags("genre")) == ["Newer", "Theirs"]


def test_a_look_at_an_item_does_not_tell_that_a_write_was_not_made_which_is_under_way(workbench: Workbench) -> None:
    """A kill in that moment would leave it so in the journal, and an undo would pass it over."""
    own, *_ = tagged(workbench, 5)
    found: list[WriteState] = []

    def shown() -> bool:
        is_shown = bool(own.shown()["title"] == "Saved")
        if is_shown and not found:
            found.extend(
                one.state for one in entries(workbench) if one.item == str(own.key) and "genre" in tags_of(one)
            )
        return is_shown

    run_beside(workbench, lambda: save(workbench, own, title="Saved"), shown)
    assert found == [WriteState.INTENDED]


def test_what_is_written_beside_leads_to_no_look_at_items_that_are_about_to_be_written(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a look would tell of the coming write what is true of the former one."""
    pairs, other = tagged(workbench, 5), workbench.pair(title="Own")
    left_alone: list[set[str]] = []

    def look_back(_: JobSteps, but_for: Collection[ItemKey]) -> bool:
        left_alone.append({key.rating_key for key in but_for})
        return False

    monkeypatch.setattr(JobSteps, "look_back", look_back)
    monkeypatch.setattr(UnderWay, "is_done", False)
    run_beside(workbench, lambda: save(workbench, other, title="Saved"), lambda: other.shown()["title"] == "Saved")
    assert left_alone[0] == {str(pair.key) for pair in (*pairs, other)}


def test_nothing_is_remembered_of_a_scene_that_is_gone_before_the_end_of_its_write(workbench: Workbench) -> None:
    own, *_ = tagged(workbench, 5)

    def destroy() -> None:
        with workbench.library.lock:
            workbench.library.remove_scene(workbench.library.scenes[own.scene], keep_files=True)
        workbench.queue.add(own.scene, UpdateType.DESTROY)

    run_beside(workbench, destroy, some_looks())
    scenes = {scene for (scene,) in workbench.database.execute("SELECT scene FROM outcomes")}
    assert len(scenes) == 4
    assert own.scene not in scenes
    assert workbench.waiting() == {}


def test_a_folder_that_fails_meanwhile_is_nobodys_fault(workbench: Workbench) -> None:
    pairs = tagged(workbench, 5)

    def take_in() -> None:
        workbench.plex.advance(TAG)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        workbench.worker.run_due(take_in=take_in)
    assert workbench.worker.gate.closed_because == ""
    assert workbench.worker.in_hand == 0
    assert workbench.plex.tag_writes == 1, "no more is begun"
    assert sorted(workbench.waiting().items()) == [(pair.scene, "") for pair in pairs[1:]]


def tags_of(entry: Entry) -> Mapping[str, object]:
    """The lists that were changed."""
    return entry.changes.tags if isinstance(entry.changes, ItemChanges) else {}


def test_of_two_writes_each_keeps_what_became_of_it() -> None:
    before = ItemMemory(texts={"studio": TextMemory(written="S")})
    noted = replace(before, tags={"genre": TagsMemory(ours=("A",))})
    current = replace(noted, texts={**noted.texts, "title": TextMemory(written="T")})
    done = replace(noted, tags={"genre": TagsMemory(ours=("A",), photos={"A": "x"})})
    assert rebased(done, noted, noted) == done
    assert rebased(done, noted, None) == done
    assert rebased(done, noted, current).texts == current.texts
    assert rebased(done, noted, current).tags == done.tags
    taken_back = rebased(before, noted, current)
    assert taken_back.tags == {}
    assert taken_back.texts == current.texts
