"""From a scene to the Plex items that hold its files, with as few requests as that takes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from plex.client import PlexClient
from plex.exceptions import PlexAmbiguous, PlexConfigurationError, PlexNotFound, PlexNotReady, PlexUnreachable
from plex.index import IndexedItem, LibraryIndex, Refresh
from plex.items import PlexItem, fetch_items
from plex.listing import scan_folder
from plex.matcher import Found, Match, match_file, may_be, parts_of
from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError
from validation.paths import basename, file_name_key, folder, is_inside, path_key
from validation.scenes import Scene, SceneFile
from worker.items.item_server import ConnectedServer, ItemServer
from worker.items.target import Target

log = logging.getLogger(__name__)

#: How the reason begins of a scene whose folder is in no library; the folder follows.
OUTSIDE = "no Plex library contains the folder "

#: The reason of a scene whose folder is in a library.
ABSENT = "its file is not in Plex yet"

#: The reason of a scene whose path leads to a file of another size. It is what a wrong path map leads to, and what a
#: file that was replaced looks like until both sides have scanned it.
DIFFERENT = (
    "sizes differ: the file that Plex has at its path is not as large as Stash's, so it may be another one; if it was "
    'replaced, let Stash and Plex scan its folder, else correct the setting "Path map"'
)

#: The reason of a scene whose file may be one of which Plex tells no size.
UNSIZED = (
    "Plex tells no size of the file of this name, and a name alone proves nothing; let Plex analyze the item, or "
    'correct the setting "Path map" so that the path leads to it'
)


class Finder(Protocol):
    """Finds the items of scenes. Raises the errors of plex/exceptions.py."""

    def refresh(self, max_age: float = 0.0) -> Refresh:
        """Bring what is known of Plex's libraries up to date."""

    def prepare(self, scenes: Iterable[Scene]) -> None:
        """Some scenes are about to be looked for."""

    def find(self, scene: Scene) -> list[Target]:
        """Every item that provably holds a file of the scene, ready to be compared and edited.

        Raises PlexNotFound: none does. PlexAmbiguous: there are candidates, and nothing tells them apart.
        """

    def server(self) -> ItemServer:
        """The server that the items are on."""


class ItemFinder:
    """Finds items through the index.

    Times in seconds: a refresh that is younger than ``believe_miss`` is believed that a file is not there, and no
    folder is scanned twice within ``rescan``. ``new_files`` is called when the index meets files it had not seen.
    """

    def __init__(
        self,
        config: PlexSyncConfig,
        client: Callable[[], PlexClient],
        index: LibraryIndex,
        *,
        believe_miss: float,
        rescan: float,
        new_files: Callable[[], object],
        clock: Callable[[], float],
    ) -> None:
        self._config = config
        self._client = client
        self._index = index
        self._believe_miss = believe_miss
        self._new_files = new_files
        self._rescan = rescan
        self._clock = clock
        self._scanned: dict[str, float] = {}
        self._details: dict[str, PlexItem] = {}

    def refresh(self, max_age: float = 0.0) -> Refresh:
        """Bring the index up to date.

        Raises:
            PlexNotReady: Plex cannot list its libraries now, which is no scene's fault.
            PlexConfigurationError: see plex/exceptions.py.
        """
        try:
            done = self._index.refresh(self._client().server, self._config.plex_libraries, max_age=max_age)
        except (PlexNotReady, PlexConfigurationError):
            raise
        except PlexUnreachable as error:
            raise PlexNotReady(str(error)) from None
        except PlexSyncError as error:
            raise PlexNotReady(f"Plex cannot list its libraries now: {error}") from None
        if done.new_files:
            self._new_files()
        return done

    def prepare(self, scenes: Iterable[Scene]) -> None:
        """Fetch the details of all items of some scenes at once; fifty cost one request.

        Raises the errors of plex/exceptions.py.
        """
        self._details.clear()
        if self._index.is_empty:
            self.refresh()
        files = [file for scene in scenes for file in scene.files]
        keys = dict.fromkeys(item.ratingKey for file in files for item in _candidates(self._match(file)))
        self._details = fetch_items(self._client().server, list(keys))

    def find(self, scene: Scene) -> list[Target]:
        """Every item that provably holds a file of the scene, ready to be compared and edited.

        Raises:
            PlexNotFound: none does, not even after a refresh of the index.
            PlexAmbiguous: there are candidates, and nothing tells them apart.
            Other errors of plex/exceptions.py.
        """
        found = self._find_now(scene)
        if not found:
            self.refresh(self._believe_miss)
            found = self._find_now(scene)
        if found:
            return found
        for file in scene.files:
            refuse_to_guess(self._match(file), file)
        if self._config.plex_scan_missing:
            self._ask_for_scans(scene)
        raise PlexNotFound(self._why_missing(scene))

    def server(self) -> ItemServer:
        """The server that the items are on, connected."""
        return ConnectedServer(self._client().server)

    def _ask_for_scans(self, scene: Scene) -> None:
        """Ask Plex to look into the folders of files it lacks, each once in a while."""
        now = self._clock()
        for file in scene.files:
            path = self._config.path_map.to_plex(file.path)
            section, place = self._index.section_of(path), folder(path)
            if section is not None and not 0 <= now - self._scanned.get(place, -1.0) < self._rescan:
                self._scanned[place] = now
                try:
                    scan_folder(self._client().server, section, place)
                except PlexConfigurationError:
                    raise
                except PlexSyncError as error:  # the scene waits for its file all the same
                    log.warning("Plex could not be asked to scan %s: %s", place, error)

    def _find_now(self, scene: Scene) -> list[Target]:
        found: dict[str, Target] = {}
        for file in scene.files:
            for indexed in _candidates(self._match(file)):
                item = self._verified(indexed, file)
                if item is not None:
                    found[item.ratingKey] = Target.of(item)
        return list(found.values())

    def _match(self, file: SceneFile) -> Match[IndexedItem]:
        return match_file(self._index.libraries(), file.path, self._config.path_map, file.size)

    def _verified(self, indexed: IndexedItem, file: SceneFile) -> PlexItem | None:
        """The details of an indexed item, if they still list the file, and of no other size.

        One that does not list it any more is forgotten by the index. Sizes in the index may be older than a scan.
        """
        server = self._client().server
        if indexed.ratingKey not in self._details:
            self._details.update(fetch_items(server, [indexed.ratingKey]))
        item = self._details.get(indexed.ratingKey)
        name = file_name_key(file.path)
        meant = {path_key(part.file) for part in parts_of(indexed) or [] if file_name_key(part.file) == name}
        if item is None or not any(may_be(item, key, None) for key in meant):
            self._index.forget(indexed.section_key, indexed.ratingKey)
            return None
        return item if any(may_be(item, key, file.size) for key in meant) else None

    def _why_missing(self, scene: Scene) -> str:
        for file in scene.files:
            reason = why_not(self._match(file))
            if reason:
                return reason
        path = self._config.path_map.to_plex(scene.files[0].path)
        locations = self._index.locations()
        if locations and not any(is_inside(path, location) for location in locations):
            return OUTSIDE + folder(path)
        return ABSENT


def _candidates(match: Match[Found]) -> tuple[Found, ...]:
    """The items whose details decide: those that are proved, else those whose size in the index may be outdated."""
    return match.items or match.contradicted


def why_not(match: Match[Found]) -> str:
    """Why a file counts as missing although there is something like it; empty when there is not."""
    if match.contradicted or match.items:
        return DIFFERENT
    return UNSIZED if match.unsized else ""


def refuse_to_guess(match: Match[Found], file: SceneFile) -> None:
    """Raise PlexAmbiguous when there are candidates for a file, and nothing tells which one it is."""
    if match.ambiguous:
        raise PlexAmbiguous(
            f'{len(match.candidates)} items in Plex hold a file called "{basename(file.path)}" '
            "and neither size nor folder tells which one is meant."
        )
