"""Settings: unset means the default, a wrong one never stops the others, and no secret is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.config import PlexSyncConfig, read_settings
from validation.paths import PathMap


def test_unset_empty_and_zero_mean_the_default() -> None:
    nothing, _ = read_settings({})
    cleared, problems = read_settings(
        {"plex_url": "", "plex_read_timeout": 0, "plex_skip_tls_verify": False, "path_map": None}
    )
    assert cleared == nothing == PlexSyncConfig()
    assert problems == ()
    assert (nothing.plex_connect_timeout, nothing.plex_read_timeout) == (5.0, 30.0)
    assert nothing.missing == ("Plex address", "Plex token")


def test_values_are_read_as_stash_stores_them() -> None:
    config, problems = read_settings(
        {
            "plex_url": " http://192.168.1.5:32400/ ",
            "plex_token": " abc123 ",
            "plex_libraries": "Movies, Clips ,",
            "plex_read_timeout": 12,
            "path_map": "/data => /media",
        }
    )
    assert problems == ()
    assert config.plex_url == "http://192.168.1.5:32400"
    assert config.plex_token == "abc123"
    assert config.plex_libraries == ("Movies", "Clips")
    assert config.plex_read_timeout == 12
    assert config.path_map.to_plex("/data/a") == "/media/a"
    assert config.missing == ()


def test_keys_of_the_other_plugin_of_this_name_are_ignored() -> None:
    config, problems = read_settings({"plexToken": "theirs", "plexHost": "x", "plexPort": "32400"})
    assert config == PlexSyncConfig()
    assert problems == ()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (
            "plex_url",
            "192.168.1.5:32400",
            '"Plex address" cannot be used ("192.168.1.5:32400" was given): an address starts with '
            "http:// or https://, for example http://192.168.1.5:32400",
        ),
        ("plex_url", "plex.lan:32401", "for example http://plex.lan:32401; it counts as empty"),
        (
            "plex_url",
            "ftp://plex",
            "an address starts with http:// or https://, for example http://192.168.1.5:32400",
        ),
        ("plex_url", "http://plex:99999", "host or port of this address cannot be read"),
        ("plex_url", "http://[::1", "host or port of this address cannot be read"),
        ("plex_url", "http://user:pass@plex:32400", '"Plex address" cannot be used: an address holds no user name'),
        ("plex_url", "http://plex:32400/web/index.html#!/?token=a", "cannot be used: an address ends before the #"),
        ("plex_token", "two words", '"Plex token" cannot be used: a token is one word of letters and digits'),
        ("plex_read_timeout", "soon", '("soon" was given): it is a number above 0 and up to 600; the default of 30 is'),
        ("plex_connect_timeout", -1, '("-1" was given): it is a number above 0 and up to 120; the default of 5 is'),
        ("reconcile_every_hours", 1.5, '("1.5" was given): it is a whole number from -1 up to 8760; the default of 24'),
        ("path_map", "nonsense", "write: folder in Stash => folder in Plex, for example /data => /media/videos; it"),
        ("plex_libraries", 7, '"Plex libraries" cannot be used ("7" was given): it is a list of names, separated'),
        (
            "skip_tags",
            "maybe",
            '"Skip tags" cannot be used ("maybe" was given): it is either on or off; it counts as off',
        ),
        ("ratings_winner", "me", "it is one of the words later, stash, plex; the default, later, is used instead."),
        ("title_template", "{titel}", "{titel} is unknown; known are {title}, {studio}"),
        ("content_rating", "x" * 70, "it is a text of at most 40 characters; it counts as empty."),
    ],
)
def test_a_wrong_value_is_named_with_what_is_accepted_and_what_stands_in(key: str, value: object, said: str) -> None:
    config, problems = read_settings({"plex_libraries": "Kept", key: value, "only_organized": True})
    assert config.only_organized
    assert key == "plex_libraries" or config.plex_libraries == ("Kept",)
    assert getattr(config, key) == getattr(PlexSyncConfig(), key)
    (problem,) = problems
    assert problem.startswith(f'The setting "{PlexSyncConfig.model_fields[key].title}" cannot be used')
    assert said in problem
    assert "counts as" in problem or "is used instead" in problem
    assert "x" * 61 not in problem


def test_any_number_of_wrong_settings_stops_none_of_the_right_ones() -> None:
    wrong = {"plex_url": "plex", "plex_read_timeout": "soon", "path_map": "x", "skip_tags": "maybe", "only_tags": 7}
    config, problems = read_settings({**wrong, "plex_token": "abc", "skip_title": True, "never_tags": "A; B, C"})
    assert len(problems) == len(wrong)
    assert (config.plex_token, config.skip_title, config.never_tags) == ("abc", True, ("A", "B, C"))


def test_the_token_is_in_no_repr_and_no_error() -> None:
    assert "secret-token" not in repr(PlexSyncConfig(plex_token="secret-token"))
    _, problems = read_settings({"plex_token": "secret token", "plex_url": "http://x:secret@y"})
    assert len(problems) == 2
    assert "secret" not in " ".join(problems)


@pytest.mark.parametrize("given", ["aSecretTokenPastedHere", "plex?X-Plex-Token=aSecretToken", "me:aSecretWord@plex:1"])
def test_an_address_that_holds_a_secret_is_not_repeated(given: str) -> None:
    for key in ("plex_url", "plex_stash_url"):
        _, (problem,) = read_settings({key: given})
        assert "aSecret" not in problem


@given(
    st.dictionaries(
        st.sampled_from(sorted(PlexSyncConfig.model_fields)),
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text() | st.lists(st.text()),
    )
)
def test_nothing_a_user_can_store_raises(stored: dict[str, object]) -> None:
    config, problems = read_settings(stored)
    assert isinstance(config.path_map, PathMap)
    assert len(problems) <= len(stored)
