"""Reading Plex's lists as raw XML, in pages.

plexapi's objects cost a hundred times more than the XML they come from, and reload themselves over the network
when an attribute is empty. A list without the container headers is refused by newer servers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from urllib.parse import quote
from xml.etree.ElementTree import Element

from plex.exceptions import PlexListMoved, PlexTemporaryError, translated
from plex.protocols import Server
from plex.wire import get, get_each

PAGE = 500

#: Asks the server to leave out what the index has no use for; one that cannot sends it all the same.
_UNUSED_ELEMENTS = "Genre,Country,Guid,Rating,Collection,Director,Writer,Role,Producer,Similar,Style,Mood,Format"


@dataclass(frozen=True)
class SectionState:
    """One library as ``/library/sections`` shows it. ``content_changed`` is a counter of Plex's that moves
    whenever an item is added, removed or edited; scans alone do not move it."""

    key: str
    uuid: str
    title: str
    type: str
    agent: str
    content_changed: str
    locations: tuple[str, ...]


@dataclass(frozen=True)
class FileHits:
    """What a server names when it is asked for a file, as far as it was read, and of how many."""

    videos: list[Element]
    total: int


def number(text: str) -> int:
    """A number out of an attribute; 0 for what is none, or is too large for any that Plex has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def read_sections(server: Server) -> list[SectionState]:
    """All libraries of the server, in one request."""
    return [
        SectionState(
            key=directory.get("key", ""),
            uuid=directory.get("uuid", ""),
            title=directory.get("title", ""),
            type=directory.get("type", ""),
            agent=directory.get("agent", ""),
            content_changed=directory.get("contentChangedAt", ""),
            locations=tuple(location.get("path", "") for location in directory.findall("Location")),
        )
        for directory in get(server, "/library/sections").findall("Directory")
    ]


def scan_folder(server: Server, section_key: str, folder: str) -> None:
    """Ask Plex to look for new files in one folder; Plex answers before it has looked. Raises plex/exceptions.py."""
    with translated():
        server.query(f"/library/sections/{quote(section_key)}/refresh?path={quote(folder, safe='')}")


def read_list(server: Server, path: str, *, whole: bool = False) -> Iterator[Element]:
    """Every element of a list of Plex's, 500 a request, whatever the list holds.

    ``path`` may have a query. The list ends with an empty page, or when as many elements were read as its total says;
    where it tells none, with a page that is not full, or with one that is the first again: all came at once.
    No two pages may begin with the same element, so that a server that repeats a page, or whose total grows with
    each, is not read for ever.

    ``whole``: who reads it takes what is not listed for gone. Each page then begins with the last element of the one
    before, since an item that is deleted meanwhile moves another one out of sight, and the total has to agree.

    Raises PlexTemporaryError when a page comes again, PlexListMoved at the end of a list that is not proved whole,
    and what ``get`` raises.
    """
    start, beginnings, first, last, moved = 0, set[str](), "", "", False
    while True:
        again = 1 if whole and start else 0
        page = _Page(server, path, start - again, PAGE + again)
        head = next(page, None)
        overlaps = bool(again) and head is not None and _key_of(head) == last
        moved = moved or bool(again and head is not None and not overlaps)
        if overlaps:
            head = next(page, None)
        elif start and head is not None and _key_of(head) == first and page.holds_all():
            break
        if head is None:
            break
        if _key_of(head) in beginnings:
            raise PlexTemporaryError("Plex lists the same items again and again.")
        beginnings.add(_key_of(head))
        first = first or _key_of(head)
        for element in chain((head,), page):
            start, last, head = start + 1, _key_of(element), None
            yield element
        if start >= page.total if page.total else page.count != PAGE + again:
            break
    if whole and (moved or (page.total and start != page.total)):
        raise PlexListMoved("A list of Plex's changed while it was read.")


class _Page:
    """One page of a list, element by element, and what it says of all pages. ``count``: how many elements were read."""

    def __init__(self, server: Server, path: str, start: int, size: int) -> None:
        """Raises as ``get``; so does whoever asks for the elements."""
        headers = {"X-Plex-Container-Start": str(start), "X-Plex-Container-Size": str(size)}
        container = get_each(server, path, headers)
        self._elements = container.elements
        self._told, self._size = (number(container.attributes.get(name, "")) for name in ("totalSize", "size"))
        self.count = 0

    def __iter__(self) -> Iterator[Element]:
        return self

    def __next__(self) -> Element:
        element = next(self._elements)
        self.count += 1
        return element

    @property
    def total(self) -> int:
        """How many elements there are on all pages, once this one was read; 0 where it does not tell. Some tell it
        where others say how many are on this one."""
        return self._told or (self._size if self._size > self.count else 0)

    def holds_all(self) -> bool:
        """Whether it tells of no others. Reads it to its end."""
        if not self._told:
            deque(self, maxlen=0)
        return not self.total


def _key_of(element: Element) -> str:
    return element.get("historyKey") or element.get("ratingKey") or element.get("key") or ""


def count_items(server: Server, section_key: str) -> int:
    """How many items a movie section has, those in Plex's trash among them: the total of a list of which nothing is
    sent (as plexapi's ``LibrarySection.totalViewSize`` asks for it)."""
    path = f"/library/sections/{quote(section_key)}/all?type=1&includeCollections=0"
    page = get(server, path, {"X-Plex-Container-Start": "0", "X-Plex-Container-Size": "0"})
    return number(page.get("totalSize") or page.get("size") or "")


def list_items(server: Server, section_key: str, since: int | None = None) -> Iterator[Element]:
    """Every ``Video`` of a movie section, oldest first, 500 a request.

    ``since``: only what was added or edited at that time of the server's (seconds since 1970) or later. Plex
    ignores filters it does not know and then lists everything, so the caller has to check.

    Raises as ``read_list`` of a list that has to be whole.
    """
    path = _listed(section_key) + "&sort=addedAt"
    if since is not None:
        # ">=" on the wire: the last "=" is the separator; "or=1" counts only between the two filters.
        path += f"&updatedAt%3E={since}&or=1&addedAt%3E={since}"
    return (element for element in read_list(server, path, whole=True) if element.tag == "Video")


def list_rated(server: Server, section_key: str, since: int) -> Iterator[Element]:
    """Every ``Video`` of a movie section whose rating the token's account gave or took at a time of the server's, in
    seconds since 1970, or later. The caller has to check, as with ``list_items``. Raises as ``read_list``."""
    path = f"{_listed(section_key)}&lastRatedAt%3E={since}"
    return (element for element in read_list(server, path) if element.tag == "Video")


def find_by_file(server: Server, section_key: str, text: str, most: int) -> FileHits:
    """Items of a movie section with a file whose name contains ``text``, up to ``most`` in one request.

    Plex ignores case here, and can name more than was asked for, so the caller has to check.
    """
    path = f"{_listed(section_key)}&file={quote(text, safe='')}"
    page = get(server, path, {"X-Plex-Container-Start": "0", "X-Plex-Container-Size": str(most)})
    return FileHits(page.findall("Video"), number(page.get("totalSize") or page.get("size") or ""))


def _listed(section_key: str) -> str:
    path = f"/library/sections/{quote(section_key)}/all?type=1&includeGuids=0&includeCollections=0&checkFiles=0"
    return path + f"&excludeElements={_UNUSED_ELEMENTS.replace(',', '%2C')}&excludeFields=summary%2Ctagline"
