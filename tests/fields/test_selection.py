"""Which scenes are synced: the others are left out, counted with the reason, and Plex is not touched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.workbench import MEDIA, Workbench, running_workbench
from validation.names import name_key

FOLDER = f"{MEDIA}/folder"

#: settings, a scene that is left out, why, the same scene once it is wanted
CASES = [
    ({"only_organized": True}, {"organized": False}, "not organized", {"organized": True}),
    ({"only_with_stash_id": True}, {"stash_ids": []}, "without a StashID", {"stash_ids": ["x"]}),
    ({"only_rated": True}, {"rating100": None}, "not rated", {"rating100": 20}),
    (
        {"only_tags": "Ready; done"},
        {"tags": ["Other"]},
        "without any of the tags that are chosen",
        {"tags": ["Other", "DONE"]},
    ),
    ({"never_tags": "private, Draft"}, {"tags": ["A", "Private"]}, 'with the tag "private"', {"tags": ["A"]}),
]


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with running_workbench(tmp_path_factory.mktemp("selection")) as made:
        yield made


def by_settings(case: object) -> str:
    return next(iter(case)) if isinstance(case, dict) else ""


each_case = pytest.mark.parametrize(("settings", "out", "reason", "wanted"), CASES, ids=by_settings)


@each_case
def test_what_is_not_chosen_is_left_out_with_its_reason_until_it_is_chosen(
    workbench: Workbench, settings: dict[str, Any], out: dict[str, Any], reason: str, wanted: dict[str, Any]
) -> None:
    workbench.use(**settings)
    pair = workbench.pair(title="Plex's")
    before = pair.shown()
    pair.in_stash(title="Stash's", **out)
    assert pair.sync() == []
    assert workbench.tally == {"left out": 1}
    assert (reason, pair.scene) in workbench.record.left_out()
    assert pair.shown() == before
    pair.in_stash(**wanted)
    pair.sync()
    assert pair.shown()["title"] == "Stash's"
    assert workbench.tally == {"updated": 1}
    assert all(scene != pair.scene for _, scene in workbench.record.left_out())


@each_case
def test_leaving_the_selection_later_leaves_plex_as_it_is_and_coming_back_goes_on(
    workbench: Workbench, settings: dict[str, Any], out: dict[str, Any], reason: str, wanted: dict[str, Any]
) -> None:
    workbench.use(**settings)
    pair = workbench.pair(title="Plex's")
    pair.in_stash(title="Stash's", details="Text", **wanted)
    pair.sync()
    ours = pair.shown()
    pair.in_stash(title="Changed", details="", **out)
    assert pair.sync() == []
    assert pair.shown() == ours
    assert (reason, pair.scene) in workbench.record.left_out()
    pair.in_stash(title="", **wanted)  # what was there before is still known
    pair.sync()
    assert pair.shown()["title"] == "Plex's"
    assert pair.shown().get("summary") is None


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"only_paths": FOLDER}, ""),
        ({"only_paths": f"/elsewhere; {MEDIA}/"}, ""),
        ({"only_paths": "/elsewhere"}, "outside the folders that are chosen"),
        ({"only_paths": f"{FOLDER[:-1]}"}, "outside the folders that are chosen"),
        ({"never_paths": f"/elsewhere; {FOLDER}"}, f"below {FOLDER}"),
        ({"never_paths": FOLDER[:-1]}, ""),
        ({"never_paths": f"{MEDIA}//folder"}, f"below {FOLDER}"),
        ({"never_paths": f"{MEDIA}/./x/../folder/."}, f"below {FOLDER}"),
        ({"never_paths": "/elsewhere"}, ""),
        ({"only_paths": MEDIA, "never_paths": FOLDER}, f"below {FOLDER}"),
    ],
)
def test_folders_count_at_their_borders_and_never_wins(
    workbench: Workbench, settings: dict[str, str], reason: str
) -> None:
    workbench.use(**settings)
    pair = workbench.pair(title="Plex's")
    pair.in_stash(title="Stash's")
    pair.sync()
    assert pair.shown()["title"] == ("Plex's" if reason else "Stash's")
    assert workbench.tally == ({"left out": 1} if reason else {"updated": 1})
    assert (reason, pair.scene) in workbench.record.left_out() or not reason


def test_every_reason_has_to_be_met_at_once(workbench: Workbench) -> None:
    workbench.use(only_organized=True, only_rated=True, only_tags="Ready", never_tags="Draft")
    pair = workbench.pair()
    steps: list[tuple[dict[str, Any], str]] = [
        ({"title": "T"}, "not organized"),
        ({"organized": True}, "not rated"),
        ({"rating100": 60}, "without any of the tags that are chosen"),
        ({"tags": ["Ready", "Draft"]}, 'with the tag "Draft"'),
    ]
    for values, reason in steps:
        pair.in_stash(**values)
        assert pair.sync() == []
        assert (reason, pair.scene) in workbench.record.left_out()
    pair.in_stash(tags=["Ready"])
    pair.sync()
    assert pair.shown()["title"] == "T"


def test_left_out_scenes_cost_plex_no_write_and_are_counted_together(workbench: Workbench) -> None:
    workbench.use(only_organized=True)
    pairs = [workbench.pair() for _ in range(12)]
    for number, pair in enumerate(pairs):
        pair.in_stash(title=f"T{number}", organized=number % 3 == 0)
    workbench.sync(*(pair.scene for pair in pairs))
    assert workbench.tally == {"updated": 4, "left out": 8}
    assert workbench.plex.counts()["writes"] == 4


def test_a_parked_scene_that_is_left_out_is_parked_no_longer(workbench: Workbench) -> None:
    workbench.use()
    pair = workbench.pair()
    pair.in_stash(title="T")
    workbench.plex.inject({"type": "status", "status": 400, "kind": "edit", "rating_key": pair.key})
    workbench.sync(pair.scene)
    assert pair.scene in workbench.parked()
    workbench.use(only_organized=True)
    assert pair.sync() == []


SPELLED = [
    ("Private", "private"),
    (" Private", "Private"),
    ("Private ", "Private"),
    ("Very  private", "Very private"),
    ("Very\u00a0private", "Very private"),
    ("Very private", "Very\u2003 private"),
    ("Prive\u0301", "Priv\u00e9"),
    ("PRIV\u00c9", "Prive\u0301"),
    ("Very, private", "Very, private"),
    ("Very,private", "Very, private"),
    ("One, two, three", "Other, One, two, three"),
    ("Very, private", "Very, private;"),
]


@pytest.mark.parametrize(("tag", "setting"), SPELLED)
@pytest.mark.parametrize("key", ["never_tags", "only_tags", "skip_tags_named", "only_tags_named", "collection_tags"])
def test_a_tag_is_meant_however_it_is_spelled(workbench: Workbench, key: str, tag: str, setting: str) -> None:
    workbench.use(**{key: setting})
    pair = workbench.pair(title="Plex's")
    pair.in_stash(title="Stash's", tags=[tag, "Unrelated"])
    pair.sync()
    sent, genres = pair.shown()["title"] == "Stash's", [name_key(one) for one in pair.tags("genre")]
    honoured = {
        "never_tags": not sent,
        "only_tags": sent,
        "skip_tags_named": genres == ["unrelated"],
        "only_tags_named": genres == [name_key(tag)],
        "collection_tags": [name_key(one) for one in pair.tags("collection")] == [name_key(tag)],
    }
    assert honoured[key]


def test_a_folder_with_a_comma_is_meant_too(workbench: Workbench) -> None:
    workbench.use(never_paths=f"{MEDIA}/Smith, Ann, /elsewhere")
    pair = workbench.pair(title="Plex's")
    pair.in_stash(title="Stash's")
    with workbench.library.lock:
        workbench.library.scenes[pair.scene].files[0].path = f"{MEDIA}/Smith, Ann/a.mp4"
    pair.sync()
    assert workbench.tally == {"left out": 1}


@pytest.mark.parametrize(("folder", "setting"), [("Prive\u0301", "Priv\u00e9"), ("Priv\u00e9", "Prive\u0301")])
def test_a_folder_is_meant_in_either_form_of_unicode(workbench: Workbench, folder: str, setting: str) -> None:
    workbench.use(never_paths=f"{MEDIA}/{setting}")
    pair = workbench.pair(title="Plex's")
    pair.in_stash(title="Stash's")
    with workbench.library.lock:
        workbench.library.scenes[pair.scene].files[0].path = f"{MEDIA}/{folder}/a.mp4"
    pair.sync()
    assert workbench.tally == {"left out": 1}
