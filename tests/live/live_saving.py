"""What is saved in Stash is seen in Plex."""

from __future__ import annotations

from tests.live.own import MARK
from tests.live.visit import Visit
from tests.support.harness import eventually

#: A red dot.
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


def test_a_saved_scene_is_seen_with_all_it_shows(visit: Visit) -> None:
    scene = visit.scenes[0]
    studio = visit.stash.create("Studio", name=f"{MARK} Studio")
    tag = visit.stash.create("Tag", name=f"{MARK} Beach")
    performer = visit.stash.create("Performer", name=f"{MARK} Jane")
    visit.stash.save(
        scene,
        title='A "title", ünï',
        details="First line.\nSecond line.",
        date="2024-03-05",
        rating100=80,
        studio_id=str(studio),
        tag_ids=[str(tag)],
        performer_ids=[str(performer)],
    )
    eventually(lambda: visit.shows(scene, title='A "title", ünï'))
    shown = visit.shown(scene)
    assert shown["summary"] == "First line.\nSecond line."
    assert shown["originallyAvailableAt"] == "2024-03-05"
    assert shown["studio"] == f"{MARK} Studio"
    assert shown["tags"]["genre"] == [f"{MARK} Beach"]
    assert shown["tags"]["actor"] == [f"{MARK} Jane"]
    eventually(lambda: visit.shows(scene, userRating=8.0))


def test_a_scene_saved_again_as_it_was_is_not_written(visit: Visit) -> None:
    scene = visit.scenes[1]
    visit.stash.save(scene, title="The same")
    eventually(lambda: visit.shows(scene, title="The same"))
    eventually(visit.idle)
    visit.plex.reset_counts()
    visit.stash.save(scene, title="The same")
    eventually(lambda: visit.plex.counts().get("details"))
    eventually(visit.idle)
    assert visit.plex.counts()["writes"] == 0


def test_a_bulk_edit_reaches_every_scene(visit: Visit) -> None:
    visit.stash.save_all(visit.scenes[:20], director="The Same For All")
    eventually(
        lambda: all(visit.shown(scene)["tags"].get("director") == ["The Same For All"] for scene in visit.scenes[:20])
    )


def test_a_renamed_tag_reaches_the_scenes_that_show_it_and_a_destroyed_one_leaves_them(visit: Visit) -> None:
    scenes = visit.scenes[20:30]
    tag = visit.stash.create("Tag", name=f"{MARK} Sea")
    visit.stash.save_all(scenes, tag_ids={"ids": [str(tag)], "mode": "SET"})
    eventually(lambda: all(visit.shown(scene)["tags"].get("genre") == [f"{MARK} Sea"] for scene in scenes))
    visit.stash.ask(f'mutation{{tagUpdate(input:{{id:{tag},name:"{MARK} Ocean"}}){{id}}}}')
    eventually(lambda: all(visit.shown(scene)["tags"].get("genre") == [f"{MARK} Ocean"] for scene in scenes))
    visit.stash.ask(f"mutation{{tagDestroy(input:{{id:{tag}}})}}")
    eventually(lambda: all("genre" not in visit.shown(scene)["tags"] for scene in scenes))


def test_a_cover_becomes_the_poster_once(visit: Visit) -> None:
    scene = visit.scenes[2]
    before = visit.uploads(scene)
    visit.stash.save(scene, cover_image=f"data:image/png;base64,{PICTURE}")
    eventually(lambda: len(visit.uploads(scene)) == len(before) + 1)
    visit.stash.save(scene, title="With a cover")
    eventually(lambda: visit.shows(scene, title="With a cover"))
    eventually(visit.idle)
    assert len(visit.uploads(scene)) == len(before) + 1


def test_a_destroyed_scene_gives_back_what_plex_showed_before(visit: Visit) -> None:
    scene = visit.scenes[-1]
    visit.configure(give_back_on_destroy=True)
    before = visit.shown(scene)["title"]
    visit.stash.save(scene, title="Soon gone")
    eventually(lambda: visit.shows(scene, title="Soon gone"))
    visit.stash.ask(f"mutation{{sceneDestroy(input:{{id:{scene},delete_file:true,delete_generated:true}})}}")
    eventually(lambda: visit.shows(scene, title=before))
    eventually(visit.idle)
    visit.configure()
    del visit.names[scene]


def test_a_scene_without_a_file_is_left_out_with_its_reason(visit: Visit) -> None:
    scene = visit.stash.create("Scene", title=f"{MARK}: no file")
    eventually(visit.idle)
    said = visit.stash.run_task("Status").text
    assert f"it has no file (scene {scene})" in said
