"""The server that items are on, as far as it is needed beyond finding them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from plex.collections import find_collections
from plex.items import PlexItem, fetch_items
from plex.protocols import Server
from stash.client import StashClient
from validation.config import PlexSyncConfig
from validation.scenes import Scene
from worker.items.collections import CollectionKeeper
from worker.items.target import Target
from worker.metadata.shown import Shown, shown_of
from worker.storage.record import Record


class Keeper(Protocol):
    """Looks after collections: worker/items/collections.py."""

    def concern(self, shown: Shown, scene: Scene, config: PlexSyncConfig) -> bool:
        """Whether an item is in a collection, or is to be, or was."""

    def follow(self, shown: Shown, scene: Scene, config: PlexSyncConfig) -> None:
        """Look after the collections an item was put into or taken out of."""

    def follow_undo(self, shown: Shown) -> None:
        """Look after the collections that an undo took an item out of, or put it into again."""

    def leave_all(self, shown: Shown) -> None:
        """Look after the collections of an item to which everything was given back."""


class ItemServer(Protocol):
    """A server with items. Its methods raise the errors of plex/exceptions.py."""

    @property
    def machine(self) -> str:
        """Plex's identifier of the server, under which is remembered what was written to its items."""

    def look(self, rating_keys: Sequence[str]) -> dict[str, Shown]:
        """What items show now, by their keys; those that cannot be seen are missing."""

    def targets(self, rating_keys: Sequence[str]) -> list[Target]:
        """Items by their keys, but for those that are gone."""

    def collections(self, record: Record, stash: StashClient) -> Keeper:
        """Who looks after its collections."""

    def has_collection(self, section: str, title: str) -> bool:
        """Whether a library has a collection of that title, by the library's key."""


class ConnectedServer:
    """A Plex server that is connected."""

    def __init__(
        self,
        server: Server,
        section_of: Callable[[str], str | None],
        met: Callable[[PlexItem], object] = lambda _: None,
    ) -> None:
        """``section_of``: the library of an item, by its key; ``met`` is called for each item whose details were
        read."""
        self._server = server
        self._section_of = section_of
        self._met = met
        self.machine = str(server.machineIdentifier)

    def look(self, rating_keys: Sequence[str]) -> dict[str, Shown]:
        """Costs one request for each fifty."""
        return {key: shown_of(item) for key, item in self._fetch(rating_keys).items()}

    def targets(self, rating_keys: Sequence[str]) -> list[Target]:
        """Costs one request for each fifty."""
        return [Target.of(item) for item in self._fetch(rating_keys).values()]

    def _fetch(self, rating_keys: Sequence[str]) -> dict[str, PlexItem]:
        found = fetch_items(self._server, rating_keys, self._section_of)
        for item in found.values():
            self._met(item)
        return found

    def collections(self, record: Record, stash: StashClient) -> Keeper:
        """Who looks after its collections."""
        return CollectionKeeper(self._server, record, stash)

    def has_collection(self, section: str, title: str) -> bool:
        """Costs one request."""
        return bool(find_collections(self._server, section, title))
