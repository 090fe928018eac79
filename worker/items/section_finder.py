"""From a scene to the Plex items that hold its files without an index: plexapi's sections are searched for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from plex.client import PlexClient
from plex.exceptions import PlexNotFound
from plex.index import Refresh
from plex.matcher import Match, match_file
from plex.protocols import EditableItem, Library
from validation.config import PlexSyncConfig
from validation.names import name_key
from validation.scenes import Scene, SceneFile
from worker.items.finder import ABSENT, refuse_to_guess
from worker.items.target import Target


class SectionFinder:
    """In place of ItemFinder. Costs several requests for each file, and each search lists a whole library."""

    def __init__(self, config: PlexSyncConfig, client: Callable[[], PlexClient]) -> None:
        self._config = config
        self._client = client

    def refresh(self, max_age: float = 0.0) -> Refresh:  # noqa: ARG002
        """There is nothing to refresh."""
        return Refresh()

    def prepare(self, scenes: Iterable[Scene]) -> None:
        """There is nothing to prepare: an item comes with its details."""

    def find(self, scene: Scene) -> list[Target]:
        """Every item that holds a file of the scene. Raises as ItemFinder's."""
        libraries = self._sections()
        matches = [(self._match(libraries, file), file) for file in scene.files]
        found = {str(item.ratingKey): item for match, _ in matches for item in match.items}
        if found:
            return [Target.of(item) for item in found.values()]
        for match, file in matches:
            refuse_to_guess(match, file)
        raise PlexNotFound(ABSENT)

    def _match(self, libraries: Sequence[Library[EditableItem]], file: SceneFile) -> Match[EditableItem]:
        return match_file(libraries, file.path, self._config.path_map, file.size)

    def _sections(self) -> list[Library[EditableItem]]:
        wanted = {name_key(name) for name in self._config.plex_libraries}
        sections = self._client().server.library.sections()
        return [section for section in sections if not wanted or name_key(section.title) in wanted]
