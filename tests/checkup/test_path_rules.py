"""The path map out of evidence: it makes every pair right that one map can, and never one wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.paths import PathMap, PathRule, parse_path_map
from worker.tasks.checkup.pathrules import Pair, candidates, derive, group_folders, is_right, turned_round, written

EMPTY = PathMap()


def rules(pairs: list[Pair], present: str = "", least: int = 1) -> str:
    return written(derive(pairs, parse_path_map(present), least).rules)


@pytest.mark.parametrize(
    ("pairs", "rule"),
    [
        ([("/data/a/x.mp4", "/media/a/x.mp4"), ("/data/b/y.mp4", "/media/b/y.mp4")], "/data => /media"),
        ([("/data/x.mp4", "/media/videos/x.mp4")], "/data => /media/videos"),
        ([("/mnt/data/x.mp4", "/data/x.mp4")], "/mnt/data => /data"),
        ([("/a/x.mp4", "/m/a/x.mp4")], "/a => /m/a"),
        ([("/a/x.mp4", "/m/a/x.mp4"), ("/b/y.mp4", "/m/b/y.mp4")], "/ => /m"),
        ([("/data/A/x.mp4", "D:\\Media\\A\\x.mp4")], "/data => D:\\Media"),
        ([("/data/A/x.mp4", "D:/Media/a/X.mp4")], "/data => D:/Media"),
        ([("/data/A/x.mp4", "\\\\nas\\media\\A\\x.mp4")], "/data => \\\\nas\\media"),
        ([("D:\\Media\\A\\x.mp4", "/media/A/x.mp4")], "D:\\Media => /media"),
        ([("\\\\nas\\clips\\A\\x.mp4", "/volume1/clips/A/x.mp4")], "\\\\nas\\clips => /volume1/clips"),
        ([("D:\\Clips\\x.mp4", "E:\\Clips\\x.mp4")], "D:\\Clips => E:\\Clips"),
        ([("/data/cafe\u0301/x.mp4", "/media/caf\u00e9/x.mp4")], "/data => /media"),
    ],
)
def test_the_rule_reads_as_a_person_would_write_it(pairs: list[Pair], rule: str) -> None:
    assert rules(pairs) == rule


def test_the_rule_for_most_comes_with_one_for_the_folder_where_it_does_not_hold() -> None:
    pairs = [(f"/data/{n}/x{n}.mp4", f"/media/{n}/x{n}.mp4") for n in range(9)]
    pairs += [("/data/old/a.mp4", "/archive/a.mp4"), ("/data/old/b.mp4", "/archive/b.mp4")]
    assert rules(pairs) == "/data/old => /archive; /data => /media"


def test_present_rules_stay_but_for_those_that_lead_astray() -> None:
    pairs = [("/one/x.mp4", "/media/1/x.mp4"), ("/two/y.mp4", "/media/2/y.mp4")]
    assert rules(pairs, "/one => /media/1; /gone => /away") == "/gone => /away; /one => /media/1; /two => /media/2"
    assert rules(pairs[1:], "/two => /wrong") == "/two => /media/2"
    deeper = [("/data/media/x.mp4", "/films/x.mp4")]
    assert rules(deeper, "/data => /film; /gone => /away") == "/data/media => /films; /gone => /away"


def test_files_that_are_right_without_a_rule_are_not_broken_by_one() -> None:
    pairs = [("/media/a/x.mp4", "/media/a/x.mp4"), ("/media/b/y.mp4", "/films/b/y.mp4")]
    derived = derive(pairs, EMPTY)
    assert all(is_right(derived, pair) for pair in pairs)


def test_what_no_setting_can_hold_is_not_offered() -> None:
    assert rules([("/data;1/x.mp4", "/media/x.mp4")]) == ""
    assert rules([("/da => ta/x.mp4", "/media/x.mp4")]) == ""


def test_a_single_file_that_went_astray_makes_no_rule_where_there_are_many() -> None:
    pairs = [(f"/data/x{n}.mp4", f"/media/x{n}.mp4") for n in range(30)] + [("/data/odd/z.mp4", "/else/z.mp4")]
    assert rules(pairs, least=2) == "/data => /media"
    assert rules(pairs) == "/data/odd => /else; /data => /media"


def test_names_that_differ_give_no_rule() -> None:
    assert list(candidates(("/data/a.mp4", "/media/b.mp4"))) == []
    assert list(candidates(("/data/a.mp4", "/media/A.mp4"))) == []  # two files, where case counts


def test_rules_with_their_sides_changed_are_noticed() -> None:
    assert turned_round(parse_path_map("/plex => /data"), ["/data/x.mp4"]) == [PathRule("/plex", "/data")]
    assert turned_round(parse_path_map("/data => /plex"), ["/data/x.mp4"]) == []


def test_missing_files_are_grouped_by_the_topmost_folder_of_their_own() -> None:
    inside = ["/data/clips/a/1.mp4", "/data/clips/b/2.mp4"]
    outside = ["/data/old/a/3.mp4", "/data/old/b/4.mp4", "/data/clips/new/5.mp4", "/data/clips/a/6.mp4"]
    assert group_folders(outside, inside) == {"/data/old": 2, "/data/clips/new": 1, "/data/clips/a": 1}
    assert group_folders(["/data/x/1.mp4", "/data/x/y/2.mp4"], []) == {"/data/x": 2}
    assert group_folders(["D:\\x\\1.mp4", "/y/2.mp4"], []) == {"D:\\x": 1, "/y": 1}


NAMES = st.text("abcXYZ 01é.-_", min_size=1, max_size=6).filter(lambda name: name == name.strip() and name.strip("."))
FOLDERS = st.lists(NAMES, max_size=3)


@st.composite
def changed_trees(draw: st.DrawFn) -> tuple[list[Pair], list[Pair]]:
    """Files of a tree whose top folders Plex sees elsewhere, and files that both see alike."""
    style = draw(st.sampled_from(["posix", "drive", "unc"]))
    tops = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.casefold))
    pairs = []
    for number, top in enumerate(tops):
        place = [f"to{number}", *draw(FOLDERS)]
        for file in range(draw(st.integers(1, 4))):
            below = [*draw(FOLDERS), f"file{number}.{file}.mp4"]
            stash = "/".join(["/stash", top, *below])
            plex = {
                "posix": "/" + "/".join([*place, *below]),
                "drive": "D:\\" + "\\".join([*place, *below]),
                "unc": "\\\\nas\\" + "\\".join([*place, *below]),
            }[style]
            pairs.append((stash, plex))
    alike = [("/".join(["/both", *draw(FOLDERS), f"same{n}.mp4"]),) * 2 for n in range(draw(st.integers(0, 4)))]
    return pairs, alike


@given(changed_trees())
def test_whatever_top_folders_were_moved_all_match_and_nothing_breaks(tree: tuple[list[Pair], list[Pair]]) -> None:
    moved, alike = tree
    derived = derive([*moved, *alike], EMPTY)
    assert [pair for pair in [*moved, *alike] if not is_right(derived, pair)] == []
    assert parse_path_map(written(derived.rules)) == derived
    assert derive([*moved, *alike], derived) == derived


PATHS = st.builds(
    lambda root, parts: root + ("\\" if "\\" in root else "/").join(parts),
    st.sampled_from(["/", "/data/", "D:\\", "\\\\nas\\share\\"]),
    st.lists(st.sampled_from(["a", "b", "A", "x.mp4", "c;d", "=>"]), min_size=1, max_size=4),
)


@given(
    st.lists(st.tuples(PATHS, PATHS), max_size=12),
    st.lists(st.tuples(PATHS, PATHS), max_size=2).map(lambda rules: PathMap.of(PathRule(*rule) for rule in rules)),
)
def test_no_evidence_however_odd_makes_a_right_pair_wrong(pairs: list[Pair], present: PathMap) -> None:
    derived = derive(pairs, present)
    assert all(is_right(derived, pair) for pair in pairs if is_right(present, pair))
    assert sum(is_right(derived, pair) for pair in pairs) >= sum(is_right(present, pair) for pair in pairs)
