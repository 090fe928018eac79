"""What one list of Plex's lacks is not gone for long: a list may be empty for a moment, hold an item twice in the place
of another, tell no total, and its counter of changes may stand still."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from plex import listing
from tests.support.between import Between, between
from tests.support.clock import DAY, HOUR, MINUTE
from tests.support.harness import PLEX_ROOT, file_name, plex_library, stash_library
from tests.support.workbench import Workbench, files_known, loaded_workbench

COUNT = 25
_VIDEO = re.compile(rb"<Video.*?</Video>", re.DOTALL)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    monkeypatch.setattr(listing, "PAGE", 10)
    library = stash_library(COUNT + 1)
    with loaded_workbench(tmp_path, library, plex_library(COUNT), {"skip_poster": True}) as made:
        yield made


@pytest.fixture
def way(made: Workbench) -> Iterator[Between]:
    """What Plex is reached through."""
    with between(made.plex.url) as way:
        made.use(plex_url=way.url)
        yield way
        made.worker.close()


def send_all(made: Workbench) -> None:
    """Every scene but the last, whose file Plex lacks, is right, and a full list is due."""
    with made.library.lock:
        made.library.remove_scene(made.library.scenes[COUNT + 1])
    made.stash.bulk_save(range(1, COUNT + 1), details="Text.")
    made.stash.advance(60)
    made.reconcile()
    made.reconcile()
    made.clock.now += DAY + HOUR


def is_list(path: str) -> bool:
    return "/all?type=1&" in path and "sort=addedAt" in path


@pytest.mark.parametrize("kept", [0, 5])
def test_a_list_that_was_short_for_a_moment_is_read_again_though_the_counter_stands_still(
    made: Workbench, way: Between, kept: int
) -> None:
    def short(_method: str, path: str, _asked: bytes, answer: bytes) -> bytes:
        if not is_list(path):
            return answer
        videos = b"".join(_VIDEO.findall(answer)[:kept])
        return b'<MediaContainer size="%d" totalSize="%d">%s</MediaContainer>' % (kept, kept, videos)

    send_all(made)
    way.change = short
    made.reconcile()
    assert len(made.waiting()) == COUNT - kept
    way.tell_the_truth()
    made.edit(COUNT, title="Saved")
    for _ in range(16):
        made.clock.now += 10 * MINUTE
        made.run()
        made.worker.look_for_new_files()
    made.run()
    assert (made.title(COUNT), made.waiting()) == ("Saved", {})


def test_an_item_that_is_listed_twice_hides_no_other(made: Workbench, way: Between) -> None:
    hidden: list[bytes] = []

    def twice(_method: str, path: str, _asked: bytes, answer: bytes) -> bytes:
        videos = _VIDEO.findall(answer)
        if is_list(path) and len(videos) == 11 and not hidden:  # a page behind the first
            hidden.append(videos[5])
            return answer.replace(videos[5], videos[3])
        return answer

    send_all(made)
    way.change = twice
    findings = made.reconcile()
    assert hidden
    assert not findings.gaps


def test_a_full_page_that_tells_no_total_is_not_the_last(made: Workbench, way: Between) -> None:
    way.change = lambda _method, path, _asked, answer: (
        re.sub(rb' totalSize="\d+"', b"", answer) if is_list(path) else answer
    )
    made.reconcile()
    assert files_known(made.index) == COUNT


def test_a_server_that_sends_all_at_once_has_told_all(
    made: Workbench, way: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: list[bytes] = []

    def everything(_method: str, path: str, _asked: bytes, answer: bytes) -> bytes:
        if not is_list(path):
            return answer
        whole[:] = whole or [re.sub(rb' totalSize="\d+"', b"", answer)]
        return whole[0]

    monkeypatch.setattr(listing, "PAGE", COUNT)  # of just so many, nobody can tell whether there are more
    way.change = everything
    made.reconcile()
    assert files_known(made.index) == COUNT


def test_a_new_file_is_found_within_hours_though_the_counter_stands_still(made: Workbench, way: Between) -> None:
    way.change = lambda _method, _path, _asked, answer: re.sub(
        rb'contentChangedAt="\d+"', b'contentChangedAt="7"', answer
    )
    made.edit(COUNT + 1, title="New")
    made.run()
    assert list(made.waiting()) == [COUNT + 1]
    made.plex.add_item(1, f"{PLEX_ROOT}/{file_name(COUNT + 1)}", 1000 + COUNT + 1)
    for _ in range(16):
        made.clock.now += 10 * MINUTE
        made.plex.advance(10 * MINUTE)
        made.run()
        made.worker.look_for_new_files()
    made.run()
    assert made.title(COUNT + 1) == "New"
