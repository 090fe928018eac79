"""A former picture that Plex answers well to show, and does not: what is remembered of the place stays until Plex's
list proves that it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.stash.pictures import png
from tests.support.pairs import Pair
from tests.support.pictures import choose_by_hand, chosen, covered, key, upload_by_hand
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import UpdateType
from worker.storage.facts import Fact
from worker.storage.journal_reading import last_run
from worker.storage.to_undo import Chosen
from worker.storage.undo_wishes import take_back_everything, take_back_scenes, take_back_writes
from worker.storage.wishes import release

SERVERS: dict[str, dict[str, Any]] = {
    "locks what is chosen": {},
    "does not lock": {"poster_auto_lock": False},
    "tells nothing of locked posters": {"locked_posters_fail": True},
    "names uploads otherwise": {"reencode_pictures": True},
}


@pytest.fixture(params=SERVERS)
def workbench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path, **SERVERS[request.param]) as made:
        made.use(skip_poster=False, keep_plex_edits=True, give_back_on_destroy=True)
        yield made


def server_of(workbench: Workbench) -> str:
    return str(workbench.worker.plex_client.server.machineIdentifier)


def settle(workbench: Workbench) -> None:
    """Work off what is noted, and read it back."""
    for _ in range(4):
        workbench.run()
        workbench.plex.advance(40)
        workbench.clock.now += 40


def written(workbench: Workbench, picture: bytes, **in_plex: Any) -> Pair:
    """A pair whose scene's cover is up."""
    pair = covered(workbench, picture, **in_plex)
    pair.sync()
    settle(workbench)
    return pair


def answer_only(workbench: Workbench) -> None:
    """From now on a choice of a picture is answered well and not made."""
    for method in ("PUT", "DELETE"):
        workbench.plex.inject({"type": "empty_200", "kind": "poster,art", "method": method, "count": None})


def undo_last(pair: Pair) -> None:
    workbench = pair.workbench
    run = last_run(workbench.database)
    assert run is not None
    take_back_writes(workbench.record, workbench.queue, lambda: workbench.record.chosen(Chosen(run.id)))
    settle(workbench)


def undo_scene(pair: Pair) -> None:
    take_back_scenes(pair.workbench.record, server_of(pair.workbench), [pair.scene])
    settle(pair.workbench)


def give_everything_back(pair: Pair) -> None:
    take_back_everything(pair.workbench.record, server_of(pair.workbench))
    settle(pair.workbench)
    pair.workbench.record.set_fact(Fact.ALL_HELD, "")


def destroy(pair: Pair) -> None:
    pair.workbench.library.scenes.pop(pair.scene, None)
    pair.workbench.sync(pair.scene, kind=UpdateType.DESTROY)
    settle(pair.workbench)


WAYS = pytest.mark.parametrize("give_back", [undo_last, undo_scene, give_everything_back, destroy])


@WAYS
@pytest.mark.parametrize("before", [{}, {"hasThumb": False}], ids=["found", "none"])
def test_what_is_remembered_of_a_place_stays_until_plex_shows_the_former_picture(
    workbench: Workbench, give_back: Callable[[Pair], None], before: dict[str, Any]
) -> None:
    pair = workbench.pair(**before)
    was = chosen(pair)
    pair.in_stash(cover=png("ours"))
    pair.sync()
    settle(workbench)
    ours, known = chosen(pair), pair.memory().pictures["poster"]
    answer_only(workbench)
    give_back(pair)
    assert chosen(pair) == ours
    left = pair.memory().pictures["poster"]
    assert (left.written, left.shown, left.before, left.locked) == (
        known.written, known.shown, known.before, known.locked
    )  # fmt: skip
    workbench.plex.clear_faults()
    give_everything_back(pair)
    assert chosen(pair) == was
    assert "poster" not in pair.memory().pictures


@pytest.mark.parametrize("give_back", [undo_last, undo_scene])
def test_what_could_not_be_given_back_is_no_persons_choice(
    workbench: Workbench, give_back: Callable[[Pair], None]
) -> None:
    """Once the scene is let go, its next cover replaces ours though edits are kept, and the first picture is still
    known as what stood there before."""
    pair = written(workbench, png("one"))
    pair.in_stash(cover=png("two"))
    pair.sync()
    settle(workbench)
    answer_only(workbench)
    give_back(pair)
    workbench.plex.clear_faults()
    release(workbench.queue, workbench.record, [pair.scene])
    settle(workbench)
    pair.in_stash(cover=png("three"))
    pair.sync()
    settle(workbench)
    assert workbench.record.kept() == []
    give_everything_back(pair)
    assert chosen(pair) == "media://thumb1"


def test_a_picture_that_was_given_back_late_is_seen_by_the_next_comparison(tmp_path: Path) -> None:
    with running_workbench(tmp_path, picture_delay=900, poster_auto_lock=False) as workbench:
        workbench.use(skip_poster=False, keep_plex_edits=True)
        pair = covered(workbench, png("ours"))
        pair.sync()
        workbench.plex.advance(1000)
        settle(workbench)
        undo_scene(pair)
        assert chosen(pair) == key(png("ours"))
        workbench.plex.advance(1000)
        assert chosen(pair) == "media://thumb1"
        release(workbench.queue, workbench.record, [pair.scene])
        settle(workbench)
        workbench.plex.advance(1000)
        assert chosen(pair) == key(png("ours"))
        assert workbench.record.kept() == []


def test_a_picture_that_a_person_chose_after_a_give_back_that_failed_is_theirs(workbench: Workbench) -> None:
    pair = written(workbench, png("ours"))
    answer_only(workbench)
    undo_scene(pair)
    workbench.plex.clear_faults()
    choose_by_hand(pair, "media://thumb1")
    pair.by_hand(**{"thumb.locked": 0})
    upload_by_hand(pair, png("by hand"))
    theirs = chosen(pair)
    release(workbench.queue, workbench.record, [pair.scene])
    settle(workbench)
    assert chosen(pair) == theirs


def test_a_process_that_ended_before_plex_was_looked_at_again_loses_nothing(workbench: Workbench) -> None:
    pair = written(workbench, png("ours"))
    answer_only(workbench)
    take_back_scenes(workbench.record, server_of(workbench), [pair.scene])
    workbench.worker.run_due()
    workbench.kill()
    workbench.open()
    workbench.use(skip_poster=False, keep_plex_edits=True)
    assert pair.memory().pictures["poster"].before == "media://thumb1"
    workbench.plex.clear_faults()
    undo_scene(pair)
    assert chosen(pair) == "media://thumb1"
