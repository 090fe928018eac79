"""Who plays what, what was played, and what an account's items show of that."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree.ElementTree import Element

from plex.exceptions import PlexConfigurationError
from plex.items import is_in_trash
from plex.listing import number, read_list, read_sections
from plex.protocols import Server
from plex.sections import choose_sections
from plex.wire import get

#: The account that owns a server, in its sessions and its history (plexapi.server.PlexServer.history).
OWNER = 1


@dataclass(frozen=True)
class PlaySession:
    """Somebody plays an item just now. ``account``: the user's number on this server."""

    session: str
    item: str
    account: int
    user: str


@dataclass(frozen=True)
class Watched:
    """A row of the history, which comes as 90 % were played: ``viewed_at`` in Plex's seconds since 1970; ``item`` is
    empty where that is gone."""

    key: str
    item: str
    account: int
    viewed_at: int

    @property
    def row(self) -> int:
        """Its number, which grows with each row; after a restored backup, numbers come again."""
        return number(self.key.rpartition("/")[2])


@dataclass(frozen=True)
class Views:
    """What an item shows to the token's account: how often it was viewed, and when last, in Plex's seconds since 1970;
    where it was left, in seconds. ``guid``: what Plex takes the item for."""

    item: str
    count: int
    viewed_at: int
    offset: float
    guid: str = ""

    @property
    def kept_by(self) -> str:
        """What Plex keeps them by: the guid, which other items may have, too, and which changes with the match
        (its tables ``metadata_item_settings`` and ``metadata_item_views`` know no item); without one, the item."""
        return self.guid or self.item


def read_sessions(server: Server) -> list[PlaySession]:
    """Who plays what now; only the owner's token sees it. Raises the errors of plex/exceptions.py."""
    found = []
    for video in get(server, "/status/sessions").findall("Video"):
        user = video.find("User")
        if user is not None and video.get("sessionKey"):
            account, name = number(user.get("id", "")), user.get("title", "")
            found.append(PlaySession(video.get("sessionKey", ""), video.get("ratingKey", ""), account, name))
    return found


def newest_viewed(server: Server) -> int:
    """When something was last played, in Plex's seconds since 1970; 0 for never. Raises the errors of
    plex/exceptions.py."""
    headers = {"X-Plex-Container-Start": "0", "X-Plex-Container-Size": "1"}
    rows = get(server, "/status/sessions/history/all?sort=viewedAt%3Adesc", headers)
    return max((number(row.get("viewedAt", "")) for row in rows), default=0)


def read_history(server: Server, since: int, item: str = "") -> Iterator[Watched]:
    """What was played since a time of Plex's, oldest first, by every account, of every item or one. Raises as
    ``read_list``.

    A filter that a server does not know finds everything, so rows that are older are left out here.
    """
    path = f"/status/sessions/history/all?sort=viewedAt%3Aasc&viewedAt%3E={since}"
    path += f"&metadataItemID={item}" if item else ""
    for row in read_list(server, path):
        watched = Watched(
            row.get("historyKey", ""),
            row.get("ratingKey", ""),
            number(row.get("accountID", "")),
            number(row.get("viewedAt", "")),
        )
        if row.tag == "Video" and watched.key and watched.viewed_at >= since:
            yield watched


def read_accounts(server: Server) -> dict[int, str]:
    """The names of all accounts of a server, by their numbers. Raises the errors of plex/exceptions.py."""
    accounts = get(server, "/accounts").findall("Account")
    return {number(one.get("id", "")): one.get("name", "") for one in accounts if number(one.get("id", ""))}


def is_owners(server: Server) -> bool:
    """Whether the token is the owner's: what lists show is the token's account's, and nobody else may ask for the
    accounts. Raises as ``read_accounts``, but for a refusal."""
    try:
        read_accounts(server)
    except PlexConfigurationError:
        return False
    return True


def list_views(server: Server, libraries: Sequence[str]) -> Iterator[Views]:
    """What every item of the movie libraries of these names (of all where there are none) shows to the token's account,
    500 a request. Raises as ``read_list``, PlexConfigurationError: there is no such library."""
    for section in choose_sections(read_sections(server), libraries):
        yield from _views_in(server, section.key)


def items_alike(server: Server, items: Collection[str]) -> dict[str, frozenset[str]]:
    """The items of a library that have the guid of each of these, itself among them; not those that are gone. Raises as
    ``read_list``."""
    if not items:
        return {}
    alike = dict[str, frozenset[str]]()
    for video in get(server, f"/library/metadata/{','.join(sorted(items))}").findall("Video"):
        item, guid, section = (video.get(name, "") for name in ("ratingKey", "guid", "librarySectionID"))
        others = list[str]()
        if guid and section and not guid.endswith(f"://{item}"):  # no other item can have that
            path = f"/library/sections/{quote(section)}/all?type=1&guid={quote(guid, safe='')}"
            rows = [one for one in read_list(server, path) if one.get("guid") == guid and not is_in_trash(one)]
            others = [one.get("ratingKey", "") for one in rows]
        alike[item] = frozenset([item, *others])
    return alike


def _views_in(server: Server, section_key: str) -> Iterator[Views]:
    unused = "excludeElements=Media%2CGenre%2CDirector%2CWriter%2CCountry%2CRole%2CCollection%2CGuid%2CRating"
    path = f"/library/sections/{quote(section_key)}/all?type=1&includeGuids=0&includeCollections=0&{unused}"
    rows = read_list(server, path + "&excludeFields=summary%2Ctagline&sort=addedAt")
    return (_views_of(video) for video in rows if not is_in_trash(video))


def _views_of(video: Element) -> Views:
    return Views(
        video.get("ratingKey", ""),
        number(video.get("viewCount", "")),
        number(video.get("lastViewedAt", "")),
        number(video.get("viewOffset", "")) / 1000.0,
        video.get("guid", ""),
    )
