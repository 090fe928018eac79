"""What Stash changes without a hook reaches Plex within a minute and a half, at one light request a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.clock import DAY, HOUR, MINUTE
from tests.support.clockwork import Clockwork, Story, clockwork
from tests.support.harness import STASH_ROOT, file_name, plex_library, stash_library
from worker.storage.facts import Fact
from worker.timing import Timing

#: From a change without a hook to Plex.
SOON = 90.0

SCENES = 60


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Clockwork]:
    library = {**stash_library(SCENES), "tags": [{"id": 1, "name": "Beach"}]}
    library["scenes"][4]["tags"] = [1]
    with clockwork(tmp_path, library, plex_library(SCENES)) as made:
        yield made


def warm_up(made: Clockwork, scenes: int = SCENES) -> Story:
    """Every scene was sent, years after it was changed last."""
    for scene in range(1, scenes + 1):
        made.hook(scene)
    yield 0.0
    yield from made.until(made.settled, 5 * MINUTE)
    yield 5 * MINUTE
    made.stash.reset_counts()
    made.plex.reset_counts()
    made.asked.clear()


def compared(made: Clockwork) -> bool:
    """Whether both libraries were compared since the requests were counted."""
    return "findPerformers" in made.stash.counts()["fields"]


def test_an_hour_in_which_nothing_happens_costs_one_light_request_a_minute(made: Clockwork) -> None:
    def story() -> Story:
        yield from warm_up(made)
        began = made.passed
        yield HOUR
        assert 59 <= len(made.tries("stash", began)) <= 61
        assert made.tries("plex", began) == []
        fields = {field for one in made.stash.requests for field in one["fields"]}
        assert fields == {"configuration", "plugins", "jobQueue", "findScenes"}

    made.timing = Timing(poll=5.0)
    made.play(story())


def test_an_hour_in_which_files_are_missing_asks_plex_only_for_them(tmp_path: Path) -> None:
    with clockwork(tmp_path, stash_library(4), plex_library(3)) as made:

        def story() -> Story:
            yield from warm_up(made, 4)
            assert set(made.waiting()) == {4}

        def settled() -> bool:
            return set(made.waiting()) <= {4}

        made.settled = settled  # type: ignore[method-assign]
        made.timing = Timing(poll=5.0)

        def quiet() -> Story:
            yield from story()
            began = made.passed
            yield HOUR
            assert len(made.tries("stash", began)) <= 61
            assert set(made.tries("plex", began)) <= {"/library/sections", "/identity", "/library/sections/1/all"}
            assert made.most_in(MINUTE, "plex", began) <= 3

        made.play(quiet())


def auto_tag(made: Clockwork) -> Callable[[], bool]:
    made.change(5, title="Found by name")
    return lambda: made.shows(5, title="Found by name")


def merge(made: Clockwork) -> Callable[[], bool]:
    made.stash.graphql(
        'mutation { sceneMerge(input: {source: ["7"], destination: "6", values: {id: "6", title: "Both"}}) { id } }'
    )
    return lambda: made.shows(6, 7, title="Both")


def cover(made: Clockwork) -> Callable[[], bool]:
    made.stash.graphql('mutation { sceneGenerateScreenshot(id: "8") }')
    return lambda: any(poster.startswith("upload:") for poster in made.shown(8)["posters"])


@pytest.mark.parametrize("change", [auto_tag, merge, cover])
@pytest.mark.parametrize("offset", [0.0, 31.0, 59.5])
def test_a_change_without_a_hook_is_sent_within_a_minute_and_a_half(
    made: Clockwork, change: Callable[[Clockwork], Callable[[], bool]], offset: float
) -> None:
    def story() -> Story:
        yield from warm_up(made)
        yield offset
        yield from made.until(change(made), SOON)
        yield from made.until(made.settled, MINUTE)
        assert not compared(made)

    made.settings(skip_poster=False)
    made.play(story())


def test_a_merged_scene_is_closed_and_its_memory_is_the_others_by_then(made: Clockwork) -> None:
    def story() -> Story:
        yield from warm_up(made)
        before = made.shown(7)["title"]
        made.save(7, title="To be merged")
        yield from made.until(lambda: made.shows(7, title="To be merged"), MINUTE)
        yield from made.until(merge(made), SOON)
        yield from made.until(lambda: made.record(lambda record: record.outcome(7)) is None, 2 * SOON)
        assert made.shows(6, 7, title="Both"), "nothing is given back that the other scene shows now"
        made.stash.graphql('mutation { sceneDestroy(input: {id: "6"}) { } }'.replace(" { }", ""))
        made.hook(6, "Scene.Destroy.Post")
        yield from made.until(lambda: made.shows(7, title=before), MINUTE, "what stood there before the first write")

    made.settings(give_back_on_destroy=True)
    made.play(story())


def test_a_save_whose_hook_told_of_it_is_not_sent_twice(made: Clockwork) -> None:
    def story() -> Story:
        yield from warm_up(made)
        made.save(3, title="By hook")
        yield from made.until(lambda: made.shows(3, title="By hook") and made.settled(), MINUTE)
        yield 5 * MINUTE
        counts = made.plex.counts()
        assert (counts["edit"], counts["details"]) == (1, 2), "read, written, read back"
        # Within the second in which it was changed it was read, so it is read once more, in Stash alone.
        assert made.stash.counts()["fields"]["findScene"] == 2

    made.play(story())


@pytest.mark.parametrize("how", ["text", "cover"])
def test_a_second_change_within_the_second_of_a_save_is_seen(made: Clockwork, how: str) -> None:
    def story() -> Story:
        yield from warm_up(made)
        made.save(3, title="First")
        yield from made.until(lambda: made.shows(3, title="First") and made.settled(), MINUTE)
        stamp = made.stash.stash.library.scenes[3].updated_at
        if how == "text":
            made.change(3, title="Second")
        else:
            made.stash.graphql('mutation { sceneGenerateScreenshot(id: "3") }')
            while made.stash.graphql("{ jobQueue { id } }")["data"]["jobQueue"]:
                pass
        made.stash.stash.library.scenes[3].updated_at = stamp
        seen = (lambda: made.shows(3, title="Second")) if how == "text" else (lambda: uploaded(made, 3))
        yield from made.until(seen, SOON)

    made.settings(skip_poster=False)
    made.play(story())


def uploaded(made: Clockwork, *scenes: int) -> bool:
    return all(any(poster.startswith("upload:") for poster in made.shown(scene)["posters"]) for scene in scenes)


def test_covers_that_a_scan_makes_after_its_hooks_become_posters_within_a_minute_of_its_end(tmp_path: Path) -> None:
    new = range(3, 15)
    with clockwork(tmp_path, stash_library(2), plex_library(14)) as made:

        def story() -> Story:
            yield from warm_up(made, 2)
            for number in new:
                made.stash.stash.disk.put(f"{STASH_ROOT}/{file_name(number)}", size=1000 + number)
            made.stash.hold_covers()
            made.stash.graphql("mutation { metadataScan(input: {scanGenerateCovers: true}) }")
            while len(made.stash.stash.library.scenes) < 14:
                pass
            scenes = [scene for scene in made.stash.stash.library.scenes if scene > 2]
            for scene in scenes:
                made.hook(scene, "Scene.Create.Post")
            yield from made.until(made.settled, MINUTE)
            yield 10 * MINUTE
            assert made.most_in(MINUTE, "stash", made.passed - 8 * MINUTE) <= 4, "looking often would be in vain"
            made.stash.reset_counts()
            made.stash.hold_covers(False)
            while made.stash.graphql("{ jobQueue { id } }")["data"]["jobQueue"]:
                pass
            yield from made.until(lambda: uploaded(made, *new), MINUTE)
            assert made.stash.counts()["fields"]["findScene"] == 12, "each scene is read once, for its cover"
            assert not compared(made)

        made.settings(skip_poster=False)
        made.play(story())


def test_more_changes_than_are_looked_at_make_a_comparison_due(tmp_path: Path) -> None:
    many = 2_600
    with clockwork(tmp_path, stash_library(many), plex_library(many)) as made:

        def story() -> Story:
            made.hook(1)
            yield 0.0
            yield from made.until(made.settled, MINUTE)
            yield 5 * MINUTE
            made.stash.reset_counts()
            began = made.passed
            for scene in range(1, many + 1):
                made.change(scene, details="All of them.")
            yield from made.until(lambda: made.shows(1, 50, many, summary="All of them."), 10 * MINUTE)
            assert compared(made)
            assert made.most_in(MINUTE, "stash", began) <= 120
            yield from made.until(made.settled, HOUR)
            yield 5 * MINUTE
            made.stash.reset_counts()
            quiet = made.passed
            yield 20 * MINUTE
            assert len(made.tries("stash", quiet)) <= 21
            assert not compared(made), "once is enough"

        made.play(story())


@pytest.mark.parametrize("minutes", [60, -60, -600, 840])
def test_another_time_zone_makes_a_comparison_due(made: Clockwork, minutes: int) -> None:
    def story() -> Story:
        yield from warm_up(made)
        for scene in range(1, SCENES + 1):  # more rows than one look shows
            made.save(scene, title="Lately")
        yield from made.until(made.settled, 5 * MINUTE)
        yield 5 * MINUTE
        made.stash.reset_counts()
        made.stash.set_offset(minutes)
        made.change(9, title="Without a hook")
        yield from made.until(lambda: made.shows(9, title="Without a hook"), 12 * MINUTE)
        yield from made.until(lambda: compared(made), MINUTE)
        yield 10 * MINUTE
        made.stash.reset_counts()
        made.change(10, title="Another")
        yield from made.until(lambda: made.shows(10, title="Another"), SOON)
        yield 10 * MINUTE
        assert not compared(made), "once is enough"

    made.play(story())


@pytest.mark.parametrize("back", [10 * MINUTE, HOUR, 30 * HOUR])
def test_a_clock_that_was_set_back_makes_a_comparison_due(made: Clockwork, back: float) -> None:
    def story() -> Story:
        yield from warm_up(made)
        made.save(2, title="Before")
        yield from made.until(lambda: made.shows(2, title="Before") and made.settled(), MINUTE)
        yield 20.0
        made.stash.reset_counts()
        made.stash.advance(-back - 60)
        made.change(9, title="Without a hook")
        yield from made.until(lambda: made.shows(9, title="Without a hook"), SOON)
        yield from made.until(lambda: compared(made), MINUTE)
        made.stash.reset_counts()
        yield 10 * MINUTE
        made.change(10, title="Another")
        yield from made.until(lambda: made.shows(10, title="Another"), SOON)
        assert not compared(made), "once is enough"

    made.play(story())


def test_what_was_changed_while_no_worker_ran_is_taken_up_by_the_next(made: Clockwork) -> None:
    def story() -> Story:
        yield from warm_up(made)
        made.stash.graphql("mutation { setPluginsEnabled(enabledMap: {PlexSync: false}) }")
        yield from made.until(lambda: made.endings, 2 * MINUTE)
        made.change(4, title="While it was off")
        made.stash.stash.library.tags[1].name = "Sea"  # moves no scene's time
        yield HOUR / 4
        made.stash.graphql("mutation { setPluginsEnabled(enabledMap: {PlexSync: true}) }")
        made.hook(1)
        yield from made.until(lambda: made.shows(4, title="While it was off"), SOON)
        yield from made.until(lambda: made.shown(5)["tags"]["genre"] == ["Sea"], SOON)
        assert compared(made)

    made.play(story())


@pytest.mark.parametrize("fault", ["an error", "a status", "not asked for"])
def test_a_stash_that_cannot_list_its_scenes_still_says_how_we_stand(made: Clockwork, fault: str) -> None:
    faults: dict[str, dict[str, object]] = {
        "an error": {"kind": "graphql_error", "match": "findScenes", "count": None},
        "a status": {"kind": "status", "status": 500, "match": "findScenes", "count": None},
        "not asked for": {"kind": "status", "status": 422, "match": "jobQueue", "count": None},
    }

    def story() -> Story:
        yield from warm_up(made)
        made.stash.inject(faults[fault])
        made.change(4, title="Not said")
        yield 5 * MINUTE
        made.save(5, title="By hook")
        yield from made.until(lambda: made.shows(5, title="By hook"), 10.0)
        assert made.endings == []
        made.stash.clear_faults()
        yield from made.until(lambda: made.shows(4, title="Not said"), SOON)

    made.play(story())


def test_what_changes_in_the_second_of_the_first_look_of_all_is_seen(made: Clockwork) -> None:
    def story() -> Story:
        made.save(1, title="The first")
        stamp = made.stash.stash.library.scenes[1].updated_at
        yield from made.until(lambda: made.record(lambda record: record.fact(Fact.PULSE_BEGINS)), MINUTE)
        made.change(2, details="Without a hook")
        made.stash.stash.library.scenes[2].updated_at = stamp
        yield from made.until(lambda: made.shows(2, summary="Without a hook"), SOON)

    made.timing = Timing(poll=5.0)
    made.play(story())


@pytest.mark.parametrize("age", [0.0, 10.0, DAY])
def test_scenes_that_were_never_sent_are_left_to_whoever_sends_all(made: Clockwork, age: float) -> None:
    """However new they are, and however many were changed in one second."""

    def story() -> Story:
        for scene in range(1, SCENES + 1):
            made.change(scene, title="Scanned")
        made.stash.advance(age)
        made.save(1, title="The first")
        yield from made.until(lambda: made.shows(1, title="The first"), MINUTE)
        made.stash.reset_counts()
        began = made.passed
        yield 20 * MINUTE
        assert made.record(lambda record: record.count_finished()) == 1
        assert len(made.tries("stash", began)) <= 24, "the pages of what came before are of no interest"
        assert not compared(made)
        made.change(2, details="Without a hook")
        yield from made.until(lambda: made.shows(2, summary="Without a hook"), SOON)

    made.timing = Timing(poll=5.0)
    made.play(story())


def test_a_scene_whose_item_turned_out_to_be_anothers_waits_for_its_own(made: Clockwork) -> None:
    def story() -> Story:
        yield from warm_up(made, scenes=5)
        with made.stash.stash.library.lock:
            namesake, owner = (made.stash.stash.library.scenes[number].files[0] for number in (6, 7))
            namesake.path, namesake.size = f"/elsewhere/{file_name(7)}", owner.size
        made.save(6, title="A namesake")
        yield from made.until(lambda: made.shows(7, title="A namesake"), MINUTE)
        made.save(7, title="The owner")
        yield from made.until(lambda: made.shows(7, title="The owner"), MINUTE)
        yield from made.until(lambda: 6 in made.waiting(), 2 * SOON)
        assert made.shows(7, title="The owner")

    made.play(story())
