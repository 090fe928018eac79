"""An item is written through the library that lists it, also where its details do not tell which, or call it a clip."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from plex.client import PlexClient
from plex.index import LibraryIndex
from plex.items import fetch_items
from tests.doubles.plex import PlexDouble
from tests.support.clock import Clock
from tests.support.harness import plex_library
from tests.support.liar import Liar, lying
from worker.storage.index_file import open_index

Tampered = tuple[Liar, PlexClient, LibraryIndex]


@pytest.fixture
def tampered(tmp_path: Path) -> Iterator[Tampered]:
    with (
        PlexDouble(plex_library(2)) as plex,
        lying(plex.url) as liar,
        closing(PlexClient(liar.url, plex.token)) as client,
        closing(open_index(str(tmp_path / "index.db"))) as database,
    ):
        index = LibraryIndex(database, Clock())
        index.refresh(client.server, ())
        yield liar, client, index


def in_details(pattern: bytes, put: bytes) -> Callable[[str, bytes], bytes]:
    return lambda path, body: re.sub(pattern, put, body) if path.startswith("/library/metadata/") else body


def test_details_that_do_not_tell_the_library(tampered: Tampered) -> None:
    liar, client, index = tampered
    liar.tamper = in_details(rb' librarySection\w+="[^"]*"', b"")
    item = fetch_items(client.server, ["1"], index.section_of_item)["1"]
    assert item.section_key == "1"
    with pytest.raises(Exception, match="500"):
        item.edit(**{"title.value": "A"})  # the liar refuses what it has noted
    assert liar.writes[0].startswith("/library/sections/1/all?")


def test_a_clip_is_written_as_one(tampered: Tampered) -> None:
    liar, client, index = tampered
    liar.tamper = in_details(rb' type="movie"', b' type="clip"')
    item = fetch_items(client.server, ["1"], index.section_of_item)["1"]
    with pytest.raises(Exception, match="500"):
        item.edit(**{"title.value": "A"})
    assert "type=12" in liar.writes[0]
    assert "id=1" in liar.writes[0]
