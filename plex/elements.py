"""The elements of a long answer, each made as it is asked for.

All of them at once take ten times as much memory as the text, in which Plex sends 10 to 20 KB for the details of an
item; and plexapi, which makes them, holds three copies of that text meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from plexapi.utils import parseXMLString

#: Bytes of the text that are made into elements at a time.
_PIECE = 16 * 1024


@dataclass(frozen=True)
class Container:
    """The outermost element of an answer: its name, its attributes, and the elements right below it, once."""

    tag: str
    attributes: Mapping[str, str]
    elements: Iterator[Element]


def read_container(content: bytes) -> Container | None:
    """None for an empty answer. Raises ParseError, an error of syntax; so does whoever asks for the elements."""
    elements = _elements(content) if content.strip() else iter(())
    outermost = next(elements, None)
    return None if outermost is None else Container(outermost.tag, dict(outermost.attrib), elements)


def _elements(content: bytes) -> Iterator[Element]:
    """The outermost element, still empty, and those right below it; each is let go once the next one is asked for."""
    above, given = list[Element](), 0
    try:
        for event, element in _events(content):
            if event == "start":
                above.append(element)
            else:
                above.pop()
            if len(above) == 1 and (event == "end" or not given):
                given += 1
                yield element
                above[0].clear()
    except ParseError:
        whole = parseXMLString(content.decode(errors="replace"))  # without control characters, which Plex lets through
        yield from islice(chain((whole,), whole), given, None)


def _events(content: bytes) -> Iterator[tuple[str, Element]]:
    parser = XMLPullParser(("start", "end"))
    for start in range(0, len(content), _PIECE):
        parser.feed(content[start : start + _PIECE])
        yield from cast("Iterator[tuple[str, Element]]", parser.read_events())
    parser.close()
    yield from cast("Iterator[tuple[str, Element]]", parser.read_events())
