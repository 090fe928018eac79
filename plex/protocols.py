"""The server and its items, as far as PlexSync uses them. plexapi's objects fit, and so do our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar
from xml.etree.ElementTree import Element

import requests

from plex.places import Pictures, Place


class Server(Protocol):
    """A Plex server: plexapi's ``PlexServer``."""

    machineIdentifier: str
    friendlyName: str
    version: str
    #: plexapi has no public way to send anything but a GET; plex/wire.py alone reaches into it.
    _session: requests.Session

    def url(self, key: str) -> str:
        """An address below the server's in full, without the token."""

    def _headers(self) -> Mapping[str, str]:
        """What every request of plexapi's carries, the token among it."""

    def query(
        self, key: str, method: object = None, headers: Mapping[str, str] | None = None, **kwargs: object
    ) -> Element | None:
        """Send a request to an address below the server's; ``method`` is one of the session's, else a GET."""


class FilePart(Protocol):
    """One file of an item: the path as Plex spells it, the size in bytes."""

    @property
    def file(self) -> str:
        """Where it is."""

    @property
    def size(self) -> int | None:
        """How large it is, where Plex knows."""


class Version(Protocol):
    """One version of an item, in one file or several."""

    @property
    def parts(self) -> Sequence[FilePart]:
        """Its files."""


class FoundItem(Protocol):
    """An item that can be recognised by its files: plexapi's ``Movie``, ours with details, or one of the index."""

    @property
    def ratingKey(self) -> str:  # noqa: N802 - as plexapi spells it
        """Plex's number for it."""

    @property
    def media(self) -> Sequence[Version]:
        """Its versions."""


class EditableItem(FoundItem, Protocol):
    """An item that can be written to; each call raises the errors of plex/exceptions.py."""

    def edit(self, **changes: str | int) -> object:
        """Write fields in one PUT: ``edit(**{"title.value": "A", "title.locked": 1})``."""

    def rate(self, rating: float | None) -> object:
        """Set the stars of the token's account, 0 to 10, or take them away."""

    def pictures(self, place: Place) -> Pictures:
        """Which pictures there are, and which one is shown."""

    def choose(self, place: Place, key: str) -> object:
        """Show a picture that is there, or none when ``key`` is empty."""

    def upload(self, place: Place, picture: bytes) -> object:
        """Add a picture and show it."""


Found_co = TypeVar("Found_co", bound=FoundItem, covariant=True)


class Library(Protocol[Found_co]):
    """One library that can be searched: plexapi's ``LibrarySection``, or its counterpart in the index."""

    def search(self, **filters: str) -> Sequence[Found_co]:
        """The items that fit one filter, for example ``Media__Part__file__exact="/data/a.mp4"``."""
