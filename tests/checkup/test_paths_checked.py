"""Lines about paths: how many scenes are found, the path map that would find more, and what lies nowhere."""

from __future__ import annotations

import sqlite3
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from stash.client import StashClient
from stash.connection import StashConnection
from tests.doubles.stash import StashDouble
from tests.support.checklist import Check, Said, crosses, hints, text
from tests.support.harness import PLEX_ROOT, STASH_ROOT, installed, plex_library, stash_library
from validation.config import PlexSyncConfig, read_settings
from validation.paths import PathMap
from worker.storage.index_file import open_index
from worker.tasks.checkup.matching import match_scenes, pairs_of
from worker.tasks.checkup.pathrules import derive
from worker.tasks.checkup.sample import PLACES, take_sample


def stash_files(*paths: str, size: int = 1000) -> dict[str, Any]:
    scenes = [{"id": n, "title": "", "files": [{"path": path, "size": size + n}]} for n, path in enumerate(paths, 1)]
    return {"scenes": scenes}


def plex_files(*paths: str, roots: tuple[str, ...] = (PLEX_ROOT,), size: int = 1000, **more: Any) -> dict[str, Any]:
    items = [{"title": f"T{n}", "file": path, "size": size + n} for n, path in enumerate(paths, 1) if path]
    section = {"key": 1, "title": "Clips", "type": "movie", "agent": "tv.plex.agents.none", "locations": [*roots]}
    return {"sections": [{**section, "items": items}, *more.get("sections", ())]}


def offered(said: Said) -> str:
    """The path map that was printed to be pasted."""
    lines = [line for _, line in said]
    (at,) = [n for n, line in enumerate(lines) if line.startswith("! With the path map that is printed after a →")]
    return lines[at + 1].removeprefix("→ ")


def test_the_rule_that_is_printed_works_when_it_is_pasted(tmp_path: Path, check: Check) -> None:
    with installed(tmp_path, stash_library(30), plex_library(30)) as setup:
        setup.settings(path_map="")
        said = check(setup)
        assert "✓ 30 of 30 scenes are found in Plex: 0 by path, 30 by name and size." in text(said)
        assert (
            "! With the path map that is printed after a → 30 of 30 match by path, the surer way, instead of 0."
            in text(said)
        )
        assert offered(said) == f"{STASH_ROOT} => {PLEX_ROOT}"
        assert said[-1][
            1
        ] == "Nothing is in the way: 30 of 30 scenes are found in Plex. See the hint marked with !." + sends(
            "30 scenes"
        )
        setup.settings(path_map=offered(said))
        said = check(setup)
        assert "✓ 30 of 30 scenes are found in Plex." in text(said)
        assert "Paste" not in text(said)
        assert said[-1][1] == "Everything is right: 30 of 30 scenes are found in Plex." + sends("30 scenes")


def test_files_that_only_their_path_tells_apart_are_found_by_the_rule(tmp_path: Path, check: Check) -> None:
    folders = [f"{top}/{n}" for top in ("one", "two") for n in range(4)]
    alike = {
        "scenes": [
            *stash_files(*(f"/data/u/unique{n}.mp4" for n in range(3)))["scenes"],
            *({"id": 10 + n, "files": [{"path": f"/data/{f}/video.mp4", "size": 7}]} for n, f in enumerate(folders)),
        ]
    }
    there = plex_files(*(f"/plex/u/unique{n}.mp4" for n in range(3)), roots=("/plex",))
    # The folders' names differ in case, so that no tail is the longest.
    there["sections"][0]["items"] += [
        {"title": f, "file": f"/plex/{f}/video.mp4", "size": 7} for f in folders if f != "two/3"
    ]
    alike["scenes"] = [s for s in alike["scenes"] if s["id"] != 17]
    with installed(tmp_path, alike, there) as setup:
        setup.settings(path_map="/data => /plex/x")
        found = check(setup)
        assert offered(found) == "/data => /plex"
        setup.settings(path_map=offered(found))
        assert "✓ 10 of 10 scenes are found in Plex." in text(check(setup))


def test_scenes_that_cannot_be_told_apart_are_a_cross_with_the_rule_that_helps(tmp_path: Path, check: Check) -> None:
    stash = stash_files("/data/a/u1.mp4", "/data/b/u2.mp4")
    stash["scenes"] += [{"id": 9, "files": [{"path": "/data/x/same.mp4", "size": 7}]}]
    plex = plex_files("/plex/a/u1.mp4", "/plex/b/u2.mp4", roots=("/plex",))
    plex["sections"][0]["items"] += [
        {"title": place, "file": f"/plex/{place}/same.mp4", "size": 7} for place in ("x", "q/x")
    ]
    with installed(tmp_path, stash, plex) as setup:
        setup.settings(path_map="")
        said = check(setup)
        assert crosses(said) == [
            "✗ 2 of 3 scenes are found in Plex: 0 by path, 2 by name and size. Paste the path map that is printed "
            'after a → into the setting "Path map".'
        ]
        assert "! With the path map that is printed after a → 3 of 3 are found instead of 2. Paste it" in text(said)
        assert offered(said) == "/data => /plex"
        setup.settings(path_map=offered(said))
        assert check(setup)[-1][1] == "Everything is right: 3 of 3 scenes are found in Plex." + sends("3 scenes")


def sends(scenes: str) -> str:
    return f' Next: save a scene and look at it in Plex, or press "Sync All Scenes", which sends {scenes}.'


def test_present_rules_are_kept_in_what_is_printed(tmp_path: Path, check: Check) -> None:
    stash = stash_files("/one/a.mp4", "/two/b.mp4", "/three/c.mp4", "/else/d.mp4")
    plex = plex_files("/plex/1/a.mp4", "/plex/2/b.mp4", "/three/c.mp4", roots=("/plex", "/three"))
    with installed(tmp_path, stash, plex) as setup:
        setup.settings(path_map="/one => /plex/1; /else => /away", never_paths="/else")
        said = check(setup)
        assert "3 of 3 scenes are found in Plex: 2 by path, 1 by name and size." in text(said)
        assert offered(said) == "/else => /away; /one => /plex/1; /two => /plex/2"


def test_present_rules_that_concern_no_scene_are_not_printed(tmp_path: Path, check: Check) -> None:
    stash = stash_files("/one/a.mp4", "/one/b.mp4", "/two/c.mp4")
    plex = plex_files("/plex/1/a.mp4", "/plex/1/b.mp4", "/plex/2/c.mp4", roots=("/plex",))
    with installed(tmp_path, stash, plex) as setup:
        setup.settings(path_map="/one => /plex/1; /never/was => /away; /tw => /plex/3; C:\\old => /plex/4")
        assert offered(check(setup)) == "/one => /plex/1; /two => /plex/2"


@pytest.mark.parametrize(
    ("stash", "plex", "rule"),
    [
        ("/data/A/x{n}.mp4", "D:\\Media\\A\\x{n}.mp4", "/data => D:\\Media"),
        ("D:\\Media\\A\\x{n}.mp4", "/media/A/x{n}.mp4", "D:\\Media => /media"),
        ("\\\\nas\\clips\\A\\x{n}.mp4", "/volume1/clips/A/x{n}.mp4", "\\\\nas\\clips => /volume1/clips"),
        ("/data/caf\u00e9/x{n}.mp4", "//NAS/media/cafe\u0301/x{n}.mp4", "/data => //NAS/media"),
    ],
)
def test_the_rule_leads_from_one_systems_paths_to_anothers(
    tmp_path: Path, check: Check, stash: str, plex: str, rule: str
) -> None:
    with installed(
        tmp_path,
        stash_files(*(stash.format(n=n) for n in range(5))),
        plex_files(*(plex.format(n=n) for n in range(5)), roots=("/",)),
    ) as setup:
        setup.settings(path_map="")
        said = check(setup)
        assert offered(said) == rule
        setup.settings(path_map=rule)
        assert "✓ 5 of 5 scenes are found in Plex." in text(check(setup))


def test_folders_that_no_library_contains_are_counted(tmp_path: Path, check: Check) -> None:
    stash = stash_files("/data/in/a.mp4", "/data/old/x/b.mp4", "/data/old/y/c.mp4", "/data/in/d.mp4")
    plex = plex_files("/plex/in/a.mp4", roots=("/plex/in",))
    with installed(tmp_path, stash, plex) as setup:
        setup.settings(path_map="/data => /plex")
        said = check(setup)
        assert hints(said) == [
            "! 1 of 4 scenes are found in Plex.",
            "! Not found: 2 scenes below /data/old, which Plex would call /plex/old. No library that is written to "
            "contains that folder: add it to one in Plex, or correct the path map.",
            "! Not found: 1 scene in folders of a library whose files Plex does not list. Let Plex scan its library "
            "files, for example /plex/in.",
        ]
        assert said[-1][
            1
        ] == "Nothing is in the way: 1 of 4 scenes are found in Plex. See the 3 hints marked with !." + sends("1 scene")


def test_not_one_scene_found_is_a_cross(tmp_path: Path, check: Check) -> None:
    with installed(tmp_path, stash_files("/data/a.mp4"), plex_files("/plex/other.mp4")) as setup:
        setup.settings(path_map="")
        said = check(setup)
        assert crosses(said)[0].startswith("✗ 0 of 1 scenes are found in Plex. Look at the lines about what is")
        assert "! Not found: 1 scene below /data. No library" in text(said)


def test_scenes_that_several_items_could_be_are_counted(tmp_path: Path, check: Check) -> None:
    stash = stash_files("/data/x/a.mp4", size=6)
    plex = plex_files("", roots=("/plex",))
    plex["sections"][0]["items"] = [{"title": t, "file": f"/plex/{t}/a.mp4", "size": 7} for t in ("p", "q")]
    with installed(tmp_path, stash, plex) as setup:
        setup.settings(path_map="")
        (said,) = hints(check(setup))
        assert said.startswith(
            "! Not found: 1 scene that cannot be told apart, since several items in Plex have a file"
        )


def test_scenes_in_a_library_that_is_not_named_and_libraries_without_scenes(tmp_path: Path, check: Check) -> None:
    more = {"key": 2, "title": "More", "type": "movie", "locations": ["/more"]}
    more["items"] = [{"file": "/more/b.mp4", "size": 1002}]
    idle = {"key": 3, "title": "Films", "type": "movie", "locations": ["/films"], "items": [{"file": "/films/z.mp4"}]}
    with installed(
        tmp_path, stash_files("/data/a.mp4", "/more/b.mp4"), plex_files("/plex/a.mp4", sections=[more, idle])
    ) as setup:
        setup.settings(path_map="/data => /plex", plex_libraries="Clips, Films")
        said = hints(check(setup))
        assert '! Not found: 1 scene in the library "More", which the setting "Plex libraries" does not name.' in said
        assert any(line.startswith('! The library "Films" contains none of the scenes') for line in said)
        assert not any("No library that is written to" in line for line in said)
        setup.settings(path_map="/data => /plex", plex_libraries="Clips, More")
        assert check(setup)[-1][1] == "Everything is right: 2 of 2 scenes are found in Plex." + sends("2 scenes")


def test_a_rule_that_is_turned_round_is_noticed(tmp_path: Path, check: Check) -> None:
    with installed(tmp_path, stash_library(3), plex_library(3)) as setup:
        setup.settings(path_map=f"{PLEX_ROOT} => {STASH_ROOT}")
        said = check(setup)
        assert f'! In the setting "Path map", {PLEX_ROOT} => {STASH_ROOT} seems to be turned round' in text(said)
        assert offered(said).startswith(f"{STASH_ROOT} => {PLEX_ROOT}")


def test_a_stash_without_scenes_without_files_and_with_none_chosen(tmp_path: Path, check: Check) -> None:
    with installed(tmp_path / "a", {}, plex_library(1)) as setup:
        said = check(setup)
        assert "! Stash has no scenes yet; let it scan your files first." in hints(said)
        assert said[-1][1] == "Nothing is in the way: Stash has no scene to look for yet. See the hint marked with !."
    with installed(tmp_path / "b", {"scenes": [{"id": 1, "title": "x"}]}, plex_library(1)) as setup:
        assert "! None of the scenes that were looked at has a file." in hints(check(setup))
    with installed(tmp_path / "c", stash_library(2), plex_library(2), stashes=(STASH_ROOT,)) as setup:
        setup.settings(only_paths="/dta")
        assert crosses(check(setup)) == [
            "✗ Your selection leaves out all of 2 scenes: nothing is sent to Plex. Correct the setting "
            '"Only scenes below these folders".'
        ]
        setup.settings(never_paths=f"{STASH_ROOT}/Studio 1")
        said = check(setup)
        assert "✓ 1 of 1 scenes are found in Plex." in text(said)
        assert "→ Your selection leaves out 1 of 2 scenes." in text(said)


def test_plex_that_fails_in_the_middle_is_a_hint_and_the_rest_follows(tmp_path: Path, check: Check) -> None:
    with installed(tmp_path, stash_library(2), plex_library(2)) as setup:
        setup.plex.inject({"type": "status", "status": 500, "kind": "list", "count": None})
        said = check(setup)
        assert "! The paths could not be looked at to the end: Plex could not answer (HTTP 500)." in hints(said)
        assert "background worker" in text(said)
        assert said[-1][1] == "Nothing is in the way: the paths were not looked at. See the hint marked with !."


def test_without_room_for_a_look_at_the_paths_the_rest_is_said(
    tmp_path: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    def little_room(path: str) -> sqlite3.Connection:
        database = open_index(path)
        database.execute("PRAGMA max_page_count = 1")  # SQLite makes that as few as there are
        return database

    monkeypatch.setattr("worker.tasks.checkup.paths.open_index", little_room)
    with installed(tmp_path, stash_library(3), plex_library(1000)) as setup:
        said = check(setup)
    assert [one for one in hints(said) if "database or disk is full" in one]
    assert said[-1][1].startswith("Nothing is in the way")


def test_a_large_library_is_sampled_evenly_in_few_requests(tmp_path: Path, check: Check) -> None:
    with installed(tmp_path, stash_library(3000), plex_library(3000)) as setup:
        setup.settings(path_map="")
        setup.stash.reset_counts()
        said = check(setup)
        assert "✓ 500 of 500 sampled scenes are found in Plex: 0 by path, 500 by name and size." in text(said)
        assert offered(said) == f"{STASH_ROOT} => {PLEX_ROOT}"
        assert setup.stash.counts()["graphql"] <= PLACES + 4
        assert setup.plex.counts() == {"identity": 1, "root": 1, "prefs": 1, "sections": 2, "list": 6, "writes": 0}
        with StashClient(StashConnection(setup.stash.url)) as stash:
            sample = take_sample(stash, PlexSyncConfig())
        numbers = sorted(scene.id for scene in sample.scenes)
        assert max(b - a for a, b in pairwise(numbers)) <= 3000 // PLACES
        assert (numbers[0], sample.total, sample.whole) == (1, 3000, False)


def test_numbers_with_gaps_are_sampled_too() -> None:
    scenes = [{"id": n, "files": [f"/a/{n}.mp4"]} for n in [*range(1, 400), *range(90_000, 90_400)]]
    with StashDouble({"scenes": scenes}) as double, StashClient(StashConnection(double.url)) as stash:
        sample = take_sample(stash, PlexSyncConfig())
        assert len({scene.id for scene in sample.scenes}) == len(sample.scenes) <= 500
        assert min(scene.id for scene in sample.scenes) < 400 < 90_000 <= max(scene.id for scene in sample.scenes)


def test_evidence_comes_only_from_files_that_are_proved_to_be_the_same(tmp_path: Path) -> None:
    assert pairs_of(match_scenes([], [], PathMap()), PathMap()) == []
    config, _ = read_settings({"path_map": "/a => /b"})
    assert derive([], config.path_map) == config.path_map


def test_a_map_that_leads_to_other_files_of_the_same_names_is_a_cross_with_the_rule_that_helps(
    tmp_path: Path, check: Check
) -> None:
    stash = stash_files(*(f"/data/A/{n:02}.mp4" for n in range(30)))
    plex = plex_files(*(f"/plex/A/{n:02}.mp4" for n in range(30)), roots=("/plex",))
    plex["sections"][0]["items"] += [{"title": "x", "file": f"/plex/B/{n:02}.mp4", "size": 7000 + n} for n in range(30)]
    with installed(tmp_path, stash, plex) as setup:
        setup.settings(path_map="/data/A => /plex/B")
        said = check(setup)
        assert crosses(said) == [
            "✗ 30 of 30 scenes are found in Plex: 0 by path, 30 by name and size. Paste the path map that is printed "
            'after a → into the setting "Path map".'
        ]
        setup.settings(path_map=offered(said))
        assert check(setup)[-1][1] == "Everything is right: 30 of 30 scenes are found in Plex." + sends("30 scenes")


@pytest.mark.parametrize("differing", [1, 3, 4])
def test_pairs_whose_sizes_differ_are_never_called_right(tmp_path: Path, check: Check, differing: int) -> None:
    names = [f"{n}.mp4" for n in range(4)]
    stash, plex = stash_files(*(f"/data/{n}" for n in names)), plex_files(*(f"/plex/{n}" for n in names))
    for entry in plex["sections"][0]["items"][:differing]:
        entry["size"] += 5000
    with installed(tmp_path, stash, plex) as setup:
        setup.settings(path_map="/data => /plex")
        said = check(setup)
        assert f"! The paths of {'1 scene' if differing == 1 else f'{differing} scenes'} lead to files of" in text(said)
        assert "for example /data/0.mp4 to /plex/0.mp4" in text(said)
        assert f"{4 - differing} of 4 scenes are found in Plex." in text(said)
        assert "✓ " + f"{4 - differing} of 4" not in text(said)
        assert "Plex does not list" not in text(said)
        assert bool(crosses(said)) == (differing > 2)


def test_files_whose_size_plex_does_not_tell_are_named(tmp_path: Path, check: Check) -> None:
    plex = plex_files("/plex/a.mp4", "/other/b.mp4", roots=("/plex", "/other"))
    for entry in plex["sections"][0]["items"]:
        entry["size"] = None
    with installed(tmp_path, stash_files("/data/a.mp4", "/data/b.mp4"), plex) as setup:
        setup.settings(path_map="/data => /plex")
        said = check(setup)
        assert "! 1 of 2 scenes are found in Plex." in text(said)
        assert "! Not found: 1 scene with files whose size Plex does not tell, for example /data/b.mp4." in text(said)
