"""From a scene to the Plex items that hold its files, with as few requests as that takes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from plex.client import PlexClient
from plex.exceptions import PlexAmbiguous, PlexConfigurationError, PlexNotFound, PlexNotReady, PlexUnreachable
from plex.index import LibraryIndex, Refresh
from plex.index_tables import Arrivals
from plex.indexed import IndexedItem
from plex.items import PlexItem, fetch_items
from plex.listing import scan_folder
from plex.matcher import Found, Match, match_file, may_be, parts_of
from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError
from validation.paths import PathMap, basename, file_name_key, folder, is_inside, path_key
from validation.scenes import Scene, SceneFile
from worker.items.item_server import ConnectedServer, ItemServer
from worker.items.target import Target
from worker.metadata.unlisted import WATCHED, why_absent
from worker.storage.outcomes import File

log = logging.getLogger(__name__)

#: How the reason begins of a scene whose folder is in no library; the folder follows.
OUTSIDE = "no Plex library contains the folder "

#: Plex is asked for single files where no more of them are waited for; for more, a list of what changed costs less.
FEW = 3

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

    def refresh(self, max_age: float = 0.0, names: Sequence[str] = ()) -> Refresh:
        """Bring what is known of Plex's libraries up to date; ``names``: only a few files are of interest."""

    def prepare(self, scenes: Iterable[Scene]) -> None:
        """Some scenes are about to be looked for."""

    def find(self, scene: Scene, anew: bool = False) -> list[Target]:
        """Every item that provably holds a file of the scene, ready to be compared and edited; ``anew``: after a look
        at what changed in Plex.

        Raises PlexNotFound: none does. PlexAmbiguous: there are candidates, and nothing tells them apart.
        """

    def lacks(self, names: Sequence[str]) -> bool:
        """Whether it is certain, after a look at Plex, that no file there has one of these names."""

    def holders(self, files: Iterable[File]) -> str | None:
        """A fingerprint of the items that hold these files, by what is known now (``holders_key``); None when nothing
        is."""

    def server(self) -> ItemServer:
        """The server that the items are on."""


class ItemFinder:
    """Finds items through the index.

    Times in seconds: a refresh that is younger than ``believe_miss`` is believed that a file is not there, and no
    folder is scanned twice within ``rescan``. ``waited_for``: the names of all files that are waited for, None when
    they are more than so many. ``arrived`` is called when the index meets files it had not seen.
    """

    def __init__(
        self,
        config: PlexSyncConfig,
        client: Callable[[], PlexClient],
        index: LibraryIndex,
        *,
        believe_miss: float,
        rescan: float,
        waited_for: Callable[[int], list[str] | None],
        arrived: Callable[[Arrivals], object],
        clock: Callable[[], float],
    ) -> None:
        self._config = config
        self._client = client
        self._index = index
        self._believe_miss = believe_miss
        self._waited_for = waited_for
        self._arrived = arrived
        self._rescan = rescan
        self._clock = clock
        self._scanned: dict[str, float] = {}
        self._details: dict[str, PlexItem] = {}
        #: The names of files of the scenes in hand that were not known as they were prepared.
        self._unknown: set[str] = set()
        #: Whether the index named an item that turned out to be gone, or another, for the scene in hand.
        self._misled = False

    def refresh(self, max_age: float = 0.0, names: Sequence[str] = ()) -> Refresh:
        """Bring the index up to date, where it can be with regard to the files of these names only.

        Raises:
            PlexNotReady: Plex cannot list its libraries now, which is no scene's fault.
            PlexConfigurationError: see plex/exceptions.py.
        """
        try:
            server, wanted = self._client().server, self._config.plex_libraries
            done = self._index.refresh(server, wanted, max_age=max_age, names=names)
        except (PlexNotReady, PlexConfigurationError):
            raise
        except PlexUnreachable as error:
            raise PlexNotReady(str(error)) from None
        except PlexSyncError as error:
            raise PlexNotReady(f"Plex cannot list its libraries now: {error}") from None
        if done.new_files:
            self._arrived(done.arrivals)
        return done

    def prepare(self, scenes: Iterable[Scene]) -> None:
        """Fetch the details of all items of some scenes at once; fifty cost one request.

        Raises the errors of plex/exceptions.py.
        """
        self._details.clear()
        if not self._index.lists(self._config.plex_libraries):
            self.refresh()
        files = [file for scene in scenes for file in scene.files]
        keys = self._keys_of(files)
        if keys and self._index.server_id != self.server().machine:
            self.refresh()
            keys = self._keys_of(files)
        self._details = self._fetch(keys)

    def _keys_of(self, files: Iterable[SceneFile]) -> list[str]:
        """The rating keys of the items that may hold some files, by the index; notes which files it does not know."""
        matches = [(file, _candidates(self._match(file))) for file in files]
        self._unknown = {basename(file.path) for file, items in matches if not items}
        return list(dict.fromkeys(item.ratingKey for _, items in matches for item in items))

    def find(self, scene: Scene, anew: bool = False) -> list[Target]:
        """Every item that provably holds a file of the scene, ready to be compared and edited.

        Raises:
            PlexNotFound: none does, not even after a refresh of the index.
            PlexAmbiguous: there are candidates, and nothing tells them apart.
            Other errors of plex/exceptions.py.
        """
        self._misled = False
        found = self._find_now(scene)
        if anew or not found or self._misled:
            self.refresh(self._believe_miss, self._asked_for(basename(file.path) for file in scene.files))
            found = self._find_now(scene)
        if found:
            return found
        for file in scene.files:
            refuse_to_guess(self._match(file), file)
        if self._config.plex_scan_missing:
            self._ask_for_scans(scene)
        raise PlexNotFound(self._why_missing(scene))

    def lacks(self, names: Sequence[str]) -> bool:
        """By the index, brought up to date. Raises as ``refresh``."""
        self.refresh(self._believe_miss, self._asked_for(names))
        return not any(self._index.knows_name(name) for name in names)

    def holders(self, files: Iterable[File]) -> str | None:
        """By the index."""
        return holders_key(self._index, self._config.path_map, files)

    def server(self) -> ItemServer:
        """The server that the items are on, connected."""
        return ConnectedServer(self._client().server, self._index.section_of_item, self._met)

    def _asked_for(self, names: Iterable[str]) -> list[str]:
        """The names of all files that are missed, these among them, where Plex is to be asked for nothing else; none
        where they are more than a few."""
        waiting = self._waited_for(FEW)
        missed = {*(waiting or ()), *self._unknown, *names}
        return sorted(missed) if waiting is not None and len(missed) <= FEW else []

    def _fetch(self, rating_keys: list[str]) -> dict[str, PlexItem]:
        found = fetch_items(self._client().server, rating_keys, self._index.section_of_item)
        for item in found.values():
            self._met(item)
        return found

    def _met(self, item: PlexItem) -> None:
        self._index.note_stars(item.ratingKey, item.stars)

    def _ask_for_scans(self, scene: Scene) -> None:
        """Ask Plex to look into the folders of files it lacks, each once in a while."""
        now = self._clock()
        self._scanned = {place: at for place, at in self._scanned.items() if 0 <= now - at < self._rescan}
        for file in scene.files:
            path = self._config.path_map.to_plex(file.path)
            section, place = self._index.section_of(path), folder(path)
            if section is not None and place not in self._scanned:
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
        if indexed.ratingKey not in self._details:
            self._details.update(self._fetch([indexed.ratingKey]))
        item = self._details.get(indexed.ratingKey)
        name = file_name_key(file.path)
        meant = {path_key(part.file) for part in parts_of(indexed) or [] if file_name_key(part.file) == name}
        if item is not None and item.in_trash:
            self._index.note_trashed(indexed.section_key, indexed.ratingKey, item.updatedAt)
            return None
        if item is None or not any(may_be(item, key, None) for key in meant):
            self._index.forget(indexed.section_key, indexed.ratingKey)
            self._misled = True
            return None
        self._index.note_stamp(item.ratingKey, item.updatedAt)
        return item if any(may_be(item, key, file.size) for key in meant) else None

    def _why_missing(self, scene: Scene) -> str:
        for file in scene.files:
            reason = why_not(self._match(file))
            if reason:
                return reason
        path = self._config.path_map.to_plex(scene.files[0].path)
        locations = self._index.locations()
        roots = [location for location in locations if is_inside(path, location)]
        if locations and not roots:
            return OUTSIDE + folder(path)
        return why_absent(path, max(roots, key=len, default=folder(path)))


def folder_outside(reason: str) -> str:
    """The folder that is in no library, of a scene that waits or is parked for that; empty for any other reason."""
    return reason.removeprefix(OUTSIDE).removesuffix(f"; {WATCHED}") if reason.startswith(OUTSIDE) else ""


def holders_key(index: LibraryIndex, path_map: PathMap, files: Iterable[File]) -> str | None:
    """A fingerprint that changes when other items hold a scene's files; None when none does."""
    libraries = index.libraries()
    found = {item.ratingKey for file in files for item in match_file(libraries, file.path, path_map, file.size).items}
    text = "\n".join([index.server_id, *sorted(found)])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest() if found else None


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
            'and neither size nor folder tells which one is meant; correct the setting "Path map" so that the path '
            "leads to one of them."
        )
