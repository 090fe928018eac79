"""What of a file's name Plex is asked for."""

from __future__ import annotations

import pytest

from plex.file_search import searched_text
from worker.metadata.unlisted import ABSENT, why_absent


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("scene.0001.mp4", "scene.0001"),
        ("One, Two and Three.mkv", "Two and Three"),
        ("café noir at night.mp4", "noir at night"),
        ("cafe\u0301 noir at night.mp4", "noir at night"),
        ("動画.mp4", None),
        ("ab.mp4", None),
        (" padded name .mp4", "padded name"),
        ("no ending", "no ending"),
    ],
)
def test_the_longest_part_that_every_server_compares_alike(name: str, text: str | None) -> None:
    assert searched_text(name) == text


@pytest.mark.parametrize(
    "path",
    [
        "/data/Extras/a.mp4",
        "/data/Film/Behind The Scenes/a.mp4",
        "/data/samples/a.mp4",
        "/data/.hidden/a.mp4",
        "/data/@eaDir/a.mp4",
        "/data/Film/Film-trailer.mp4",
        "/data/Film/film.sample.mp4",
        "/data/.a.mp4",
    ],
)
def test_what_plex_never_lists_is_named(path: str) -> None:
    assert why_absent(path, "/data").startswith(f"{ABSENT}; Plex may never list")


@pytest.mark.parametrize("path", ["/data/a.mp4", "/data/Sampler/example.mp4", "/data/my scenes/extra ordinary.mp4"])
def test_other_names_are_just_not_there_yet(path: str) -> None:
    assert why_absent(path, "/data") == ABSENT


def test_the_folders_of_the_library_itself_are_no_reason() -> None:
    assert why_absent("/data/Extras/a.mp4", "/data/Extras") == ABSENT
