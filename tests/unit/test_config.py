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
            "worker_in_stash_queue": True,
        }
    )
    assert problems == ()
    assert config.plex_url == "http://192.168.1.5:32400"
    assert config.plex_token == "abc123"
    assert config.plex_libraries == ("Movies", "Clips")
    assert config.plex_read_timeout == 12
    assert config.path_map.to_plex("/data/a") == "/media/a"
    assert config.worker_in_stash_queue
    assert config.missing == ()


def test_keys_of_the_other_plugin_of_this_name_are_ignored() -> None:
    config, problems = read_settings({"plexToken": "theirs", "plexHost": "x", "plexPort": "32400"})
    assert config == PlexSyncConfig()
    assert problems == ()


@pytest.mark.parametrize(
    ("key", "value", "title"),
    [
        ("plex_url", "192.168.1.5:32400", "Plex address"),
        ("plex_url", "http://user:pass@plex:32400", "Plex address"),
        ("plex_token", "two words", "Plex token"),
        ("plex_read_timeout", "soon", "Plex read timeout"),
        ("plex_connect_timeout", -1, "Plex connect timeout"),
        ("path_map", "nonsense", "Path map"),
        ("plex_libraries", 7, "Plex libraries"),
    ],
)
def test_a_wrong_value_is_named_and_its_default_stands_in(key: str, value: object, title: str) -> None:
    config, problems = read_settings({"plex_libraries": "Kept", key: value, "worker_in_stash_queue": True})
    assert config.worker_in_stash_queue
    assert getattr(config, key) == getattr(PlexSyncConfig(), key)
    assert len(problems) == 1
    assert title in problems[0]


def test_the_token_is_in_no_repr_and_no_error() -> None:
    assert "secret-token" not in repr(PlexSyncConfig(plex_token="secret-token"))
    _, problems = read_settings({"plex_token": "secret token", "plex_url": "http://x:secret@y"})
    assert len(problems) == 2
    assert "secret" not in " ".join(problems)


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
