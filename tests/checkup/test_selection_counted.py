"""What the selection leaves out is counted by Stash, as the worker leaves it out; names that are nobody's are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stash.client import StashClient
from stash.connection import StashConnection
from stash.scenes import Details, read_scenes
from tests.doubles.stash import StashDouble
from tests.support.checklist import Check, crosses, hints, text
from tests.support.harness import Setup, installed, plex_library, stash_library
from tests.support.tasks import run
from validation.config import read_settings
from validation.scenes import Scene
from worker.jobs.selection import left_out
from worker.tasks.selected import selection_lines

NAMES = ["Private", "Very  private", "Prive\u0301", "One, two", "Draft"]
PATHS = [
    "/data/a/1.mp4",
    "/data/A/2.mp4",
    "D:\\Media\\x\\3.mp4",
    "\\\\nas\\v\\4.mp4",
    "/caf\u00e9 + (x)/5.mp4",
    "/data/ab/6.mp4",
]

#: Thirty scenes, of which each differs from the others in something that a selection looks at.
LIBRARY: dict[str, Any] = {
    "tags": [{"id": n, "name": name} for n, name in enumerate(NAMES, 1)],
    "scenes": [
        {
            "id": n,
            "title": f"S{n}",
            "files": [{"path": PATHS[n % 6].replace(".mp4", f"-{n}.mp4"), "size": n}],
            "organized": n % 2 == 0,
            "rating100": [None, 0, 60][n % 3],
            "tags": [1 + n % 5, 1 + (n + 2) % 5] if n % 4 else [],
            "stash_ids": [{"endpoint": "https://box", "stash_id": str(n)}] if n % 3 else [],
        }
        for n in range(1, 31)
    ],
}

SELECTIONS: list[dict[str, Any]] = [
    {"only_organized": True},
    {"only_rated": True},
    {"only_with_stash_id": True},
    {"only_tags": "private, very private"},
    {"only_tags": "One, two"},
    {"never_tags": "priv\u00e9; DRAFT"},
    {"only_tags": "Draft, Private", "never_tags": "Very private"},
    {"only_paths": "/data/a"},
    {"only_paths": "/data/"},
    {"only_paths": "d:/media; //NAS/v"},
    {"never_paths": "/cafe\u0301 + (x)"},
    {"only_paths": "/data", "never_paths": "/data/A, /data/ab"},
    {"only_paths": "/"},
    {"only_organized": True, "only_rated": True, "only_tags": "Private, Draft", "never_paths": "/data/ab"},
    {"never_tags": "nobody's"},
]


@pytest.fixture(scope="module")
def double() -> Any:
    with StashDouble(LIBRARY) as double:
        yield double


@pytest.mark.parametrize("settings", SELECTIONS, ids=str)
def test_stash_counts_what_the_worker_leaves_out(double: StashDouble, settings: dict[str, Any]) -> None:
    config, problems = read_settings(settings)
    assert problems == ()
    with StashClient(StashConnection(double.url)) as stash:
        scenes = read_scenes(stash, range(1, 31), Details(stash_ids=True)).values()
        out = sum(1 for one in scenes if isinstance(one, Scene) and left_out(one, config))
        said = [line.text for line in selection_lines(stash, config)]
    assert 0 <= out < 30
    assert said[-1] == f"Your selection leaves out {out} of 30 scenes."


def test_where_everything_is_sent_nothing_is_said_or_asked(double: StashDouble) -> None:
    double.reset_counts()
    with StashClient(StashConnection(double.url)) as stash:
        assert list(selection_lines(stash, read_settings({})[0])) == []
    assert double.counts().get("graphql", 0) == 0


def said(double: StashDouble, **settings: str) -> list[str]:
    with StashClient(StashConnection(double.url)) as stash:
        return [str(line) for line in selection_lines(stash, read_settings(settings)[0], ("/data", "/more"))]


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"never_tags": "Privat"}, '! Stash has no tag called "Privat", which stands in the setting "Never scenes with '
         'one of these tags". Is "Private" meant?'),
        ({"only_tags": "Draft; zzz*"}, '! Stash has no tag called "zzz*", which stands in the setting "Only scenes '
         'with one of these tags". No pattern is understood there: write the tag itself.'),
        ({"collection_tags": "Beach"}, '! Stash has no tag called "Beach", which stands in the setting "Collections '
         'for tags".'),
        ({"never_paths": "/data/a/*"}, '! Stash has no scene below "/data/a/*", which stands in the setting "Never '
         'scenes below these folders". No pattern is understood there: write the folder itself. Stash\'s own folders '
         "are: /data, /more."),
        ({"only_paths": "/data; /dta"}, '! Stash has no scene below "/dta", which stands in the setting "Only scenes '
         'below these folders". Stash\'s own folders are: /data, /more.'),
    ],
)  # fmt: skip
def test_a_name_that_is_nobodys_is_named(double: StashDouble, settings: dict[str, str], line: str) -> None:
    assert line in said(double, **settings)
    assert len([one for one in said(double, **settings) if one.startswith("!")]) == 1


@pytest.mark.parametrize(
    "settings", [{"only_tags": "nobody's"}, {"only_paths": "/dta"}, {"never_paths": "/, D:, //nas"}]
)
def test_a_selection_that_leaves_out_all_is_a_cross(double: StashDouble, settings: dict[str, str]) -> None:
    assert said(double, **settings)[-1].startswith(
        "✗ Your selection leaves out all of 30 scenes: nothing is sent to Plex. Correct the setting "
    )


def test_a_stash_that_fails_is_said(double: StashDouble) -> None:
    double.inject({"kind": "status", "status": 500, "match": "findTags", "count": None})
    try:
        (line,) = said(double, never_tags="Draft")
    finally:
        double.clear_faults()
    assert line.startswith("! What your selection leaves out could not be counted: ")


def test_everything_is_right_is_never_said_where_nothing_is_sent(tmp_path: Path, check: Check) -> None:
    with installed(tmp_path, stash_library(3), plex_library(3)) as setup:
        setup.settings(only_tags="To Plex")
        lines = check(setup)
        assert "✓ 3 of 3 scenes are found in Plex." in text(lines)
        assert '! Stash has no tag called "To Plex"' in text(lines)
        assert len(crosses(lines)) == 1
        assert (
            lines[-1][1]
            == 'Next: Correct the setting "Only scenes with one of these tags". Then run Check Setup again.'
        )
        setup.settings(never_tags="Privat")
        lines = check(setup)
        assert len(hints(lines)) == 1
        assert lines[-1][1].startswith("Nothing is in the way")


def test_status_says_the_same(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(3), plex_library(3)) as setup:
        setup.settings(only_organized=True, never_tags="Privat")
        assert_status(
            setup,
            'Stash has no tag called "Privat", which stands in the setting "Never scenes with one of these tags".',
        )
        setup.stash.save(1, organized=True)
        assert_status(setup, "Your selection leaves out 2 of 3 scenes.")


def assert_status(setup: Setup, line: str) -> None:
    lines = run(setup, "Status")
    assert line in lines, lines
