"""Pages are read ahead by one, and what goes wrong with a page comes when it is its turn."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from stash.paging import Page, read_ahead
from tests.support.harness import ROOT
from validation.errors import StashUnavailable

PATIENCE = 30.0


def test_the_next_page_is_read_while_one_is_in_use() -> None:
    asked = [threading.Event() for _ in range(3)]

    def pages() -> Iterator[Page[int]]:
        for number, event in enumerate(asked):
            event.set()
            yield Page(number, number, (number,))

    ahead = read_ahead(pages())
    assert not asked[0].is_set()
    assert next(ahead).scenes == (0,)
    assert asked[1].wait(PATIENCE)
    assert not asked[2].is_set(), "one at a time: each page is memory"
    assert [page.scenes for page in ahead] == [(1,), (2,)]


def test_a_page_that_fails_is_heard_of_after_those_before_it() -> None:
    def pages() -> Iterator[Page[int]]:
        yield Page(1, 1, (1,))
        raise StashUnavailable("Stash is gone")

    ahead = read_ahead(pages())
    assert next(ahead).scenes == (1,)
    with pytest.raises(StashUnavailable, match="Stash is gone"):
        next(ahead)


def test_who_leaves_early_asks_for_nothing_more() -> None:
    asked: list[int] = []
    read = threading.Event()

    def pages() -> Iterator[Page[int]]:
        for number in range(9):
            asked.append(number)
            if number == 1:
                read.set()
            yield Page(number, number)

    ahead = read_ahead(pages())
    next(ahead)
    assert read.wait(PATIENCE)
    ahead.close()  # type: ignore[attr-defined]
    assert asked == [0, 1]


#: A process that fails at its first page, while Stash does not answer with the second.
FAILS = """
import threading
from stash.paging import Page, read_ahead
asked = threading.Event()
def pages():
    yield Page(1, 1)
    asked.set()
    threading.Event().wait()
for page in read_ahead(pages()):
    asked.wait()
    raise SystemExit(7)
"""


def test_a_process_that_ends_waits_for_no_page() -> None:
    assert subprocess.run([sys.executable, "-c", FAILS], cwd=ROOT, timeout=PATIENCE, check=False).returncode == 7
