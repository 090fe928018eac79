"""Lines about settings: what is missing, unknown, of no effect, or contradicts something else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.checklist import Check, crosses, text
from tests.support.harness import Setup
from validation.config import read_settings
from worker.tasks.checkup.settings_side import FIND_TOKEN, settings_lines

WORKING = {"plex_url": "http://plex:32400", "plex_token": "abc"}


def said(**stored: Any) -> str:
    config, problems = read_settings({**WORKING, **stored})
    return "\n".join(str(line) for line in settings_lines({**WORKING, **stored}, config, problems))


def test_settings_that_fit_are_one_tick() -> None:
    assert said() == said(keep_plex_edits=True, only_tags="A", never_tags="B") == "✓ The settings fit together."


@pytest.mark.parametrize(
    ("stored", "line"),
    [
        ({"plex_url": ""}, '✗ The setting "Plex address" is empty. Enter under Settings > Plugins > PlexSync where'),
        ({"plex_url": ""}, "for example http://192.168.1.5:32400."),
        ({"plex_token": ""}, '✗ The setting "Plex token" is empty. Enter the X-Plex-Token of the account that owns'),
        ({"plex_token": ""}, FIND_TOKEN),
        ({"plex_url": "plex"}, 'Correct the setting "Plex address" under Settings > Plugins > PlexSync.'),
        ({"skip_tags": "maybe"}, '✗ The setting "Skip tags" cannot be used ("maybe" was given): it is either on'),
        ({"plex_libary": "x"}, "! The stored setting `plex_libary` is not one of PlexSync's and is ignored."),
        ({"plex_libary": "x"}, 'Is "Plex libraries" (`plex_libraries`) meant?'),
        ({"plexToken": "x"}, 'Is "Plex token" (`plex_token`) meant?'),
        ({"pathMap": "x"}, 'Is "Path map" (`path_map`) meant?'),
        ({"zzz": 1}, "! The stored setting `zzz` is not one of PlexSync's and is ignored."),
        ({"keep_plex_edits": True, "mirror_exactly": True}, '! "Keep edits made in Plex" and "Remove what others'),
        ({"only_tags": "A, b", "never_tags": "B, a"}, "✗ Every tag in"),
        ({"only_tags": "A, B", "never_tags": "b"}, '! The tag "b" stands in "Only scenes with one of these tags"'),
        ({"only_paths": "/a/b", "never_paths": "/a"}, "✗ Every folder in"),
        ({"only_tags_named": "A", "skip_tags_named": "a, b"}, "no tag reaches Plex."),
        ({"only_tags_named": "A, C", "skip_tags_named": "a, b"}, '! The tag "a" stands in "Only tags named" and in'),
        ({"skip_tags": True, "tags_as_labels": True}, '! "Tags as labels" has no effect, since "Skip tags" is on.'),
        ({"skip_tags": True, "only_tags_named": "A"}, '! "Only tags named" has no effect'),
        ({"skip_tags": True, "skip_tags_named": "A"}, '! "Skip tags named" has no effect'),
        ({"skip_title": True, "title_template": "{title}"}, '! "Template for the title" has no effect'),
        ({"skip_summary": True, "summary_template": "{title}"}, '! "Template for the summary" has no effect'),
        ({"skip_performers": True, "skip_male_performers": True}, '! "Skip male performers" has no effect'),
        ({"skip_performers": True, "plex_stash_url": "http://stash:9999"}, '! "Plex: address of Stash" has no effect'),
        ({"collection_prefix": "x"}, '! "Prefix of collections" has no effect, since no kind of collection'),
        ({"collection_performers": True, "collection_favorites": True}, '! "Collection for each favorite performer"'),
        ({"plex_skip_tls_verify": True}, '! "Plex: accept any certificate" has no effect'),
        ({"plex_stash_url": "http://plex:32400"}, '! "Plex: address of Stash" holds the address of Plex'),
        ({"path_map": "/a => /x; /a/ => /y"}, '! "Path map" names the folder /a/ twice; /y is not used.'),
        ({"path_map": "/a => /a/"}, '! "Path map" leads the folder /a to itself'),
        (
            {"path_map": "/a => /x; /bb => /x"},
            '! "Path map" leads two folders, /bb and /a, to the same one in Plex: /x',
        ),
    ],
)
def test_each_fault_has_its_line(stored: dict[str, Any], line: str) -> None:
    assert line in said(**stored)
    assert "✓" not in said(**stored)


def test_a_setting_that_cannot_be_read_is_not_called_empty_as_well() -> None:
    assert "is empty" not in said(plex_url="plex", plex_token="two words")


def test_values_of_unknown_keys_are_not_repeated() -> None:
    assert "a-secret" not in said(plexToken="a-secret", plex_token2="a-secret")


def test_a_fresh_installation_is_told_what_to_enter(setup: Setup, check: Check) -> None:
    setup.stash.settings("PlexSync")
    found = check(setup)
    assert len(crosses(found)) == 2
    assert "✓ Stash" in text(found)
    assert "background worker" in text(found)
    assert found[-1][1].startswith("Next: Enter under Settings > Plugins > PlexSync where Stash reaches Plex")
    assert found[-1][1].endswith("Then run Check Setup again. 1 more line has a cross.")
    setup.settings(plex_token="")
    found = check(setup)
    assert f"✓ A Plex server answers at {setup.plex.url}." in text(found)
    assert FIND_TOKEN in found[-1][1]
