"""A long answer of Plex's is made into elements one at a time, and says what it says all the same."""

from __future__ import annotations

import weakref
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, ParseError

import pytest

from plex.elements import Container, read_container

MANY = 1000


def answer(title: str = "T", count: int = MANY) -> bytes:
    """Items with an element that holds another, as a version does a file; far longer than what is read at a time."""
    videos = "".join(
        f'<Video ratingKey="{key}" title="{title}{key}">\n<Media><Part file="/a/{key}.mp4" /></Media></Video>'
        for key in range(count)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<MediaContainer size="{count}">{videos}</MediaContainer>'.encode()


def read(content: bytes) -> Container:
    container = read_container(content)
    assert container is not None
    return container


def texts(elements: list[Element]) -> list[bytes]:
    return [ElementTree.tostring(one) for one in elements]


def test_every_element_is_there_whole_and_in_order() -> None:
    container = read(answer())
    assert (container.tag, container.attributes) == ("MediaContainer", {"size": str(MANY)})
    assert texts(list(container.elements)) == texts(list(ElementTree.fromstring(answer())))


def test_each_element_is_let_go_once_the_next_one_is_there() -> None:
    given: list[weakref.ref[Element]] = []
    most = 0
    for element in read(answer()).elements:
        given.append(weakref.ref(element))
        most = max(most, sum(one() is not None for one in given))
    assert len(given) == MANY
    assert most <= 2


@pytest.mark.parametrize(
    "content",
    [answer("T\x0b"), answer().replace(b"T0", b"T0\x01"), answer().replace(b"T999", b"T999\x01"), answer() + b"\x0b"],
    ids=["everywhere", "in the first", "in the last", "behind them"],
)
def test_what_xml_cannot_hold_is_left_out(content: bytes) -> None:
    assert texts(list(read(content).elements)) == texts(list(ElementTree.fromstring(answer())))


@pytest.mark.parametrize(
    "content",
    [answer()[:-20], answer()[: len(answer()) // 2], b"<html><body>", b"no XML"],
    ids=["near its end", "in its middle", "another program's", "no XML"],
)
def test_an_answer_that_was_cut_is_an_error(content: bytes) -> None:
    with pytest.raises(ParseError):
        list(read(content).elements)


def test_an_empty_answer_holds_nothing() -> None:
    assert read_container(b"") is None
    assert read_container(b" \n") is None
    assert list(read(b"<MediaContainer/>").elements) == []
