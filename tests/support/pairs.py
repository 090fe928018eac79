"""A scene and the item with its file, for tests that look at single fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.doubles.plex.recorder import Recorded
from tests.doubles.stash.model import SceneGroup, StashID
from tests.doubles.stash.pictures import Picture
from validation.jobs import UpdateType
from worker.metadata.memory import ItemMemory

if TYPE_CHECKING:
    from tests.support.workbench import Workbench

#: What moves by itself, or differs without a difference that Plex would show.
_VOLATILE = ("updatedAt", "changedAt", "ratings")


@dataclass(frozen=True)
class Pair:
    """A scene in Stash and the item in Plex that holds its file."""

    workbench: Workbench
    scene: int
    key: int

    def in_stash(self, **fields: Any) -> None:
        """Change the scene; studio, performers, tags and groups by name (or by a mapping of their attributes)."""
        workbench, values = self.workbench, dict(fields)
        if "studio" in values:
            values["studio"] = workbench.entity("studio", values["studio"]) if values["studio"] else None
        for kind in ("performer", "tag"):
            if f"{kind}s" in values:
                values[f"{kind}s"] = [workbench.entity(kind, one) for one in values[f"{kind}s"]]
        if "groups" in values:
            values["groups"] = [SceneGroup(workbench.entity("group", one), None) for one in values["groups"]]
        if "stash_ids" in values:
            values["stash_ids"] = [StashID("https://box/graphql", one, 0) for one in values["stash_ids"]]
        if "cover" in values:
            values["cover"] = Picture(values["cover"]) if values["cover"] is not None else None
        with workbench.library.lock:
            scene = workbench.library.scenes[self.scene]
            for name, value in values.items():
                assert hasattr(scene, name), name
                setattr(scene, name, value)
            workbench.library.touch(scene)

    def by_hand(self, **params: object) -> None:
        """A person edits the item in Plex."""
        url = f"{self.workbench.plex.url}/library/sections/1/all"
        sent = {"type": "1", "id": str(self.key), **{name: str(value) for name, value in params.items()}}
        assert self.workbench.person.put(url, params=sent).status_code == 200

    def rated_by_hand(self, rating: float) -> None:
        """A person gives stars in Plex; -1 takes them away."""
        params: dict[str, str] = {"key": str(self.key), "identifier": "x", "rating": str(rating)}
        assert self.workbench.person.put(f"{self.workbench.plex.url}/:/rate", params=params).status_code == 200

    def sync(self, kind: UpdateType = UpdateType.UPDATE) -> list[str]:
        """Sync the scene; what was written, one line a request. It must neither wait nor be parked afterwards."""
        self.workbench.sync(self.scene, kind=kind)
        assert self.workbench.parked() == {}
        assert self.workbench.waiting() == {}
        return self.writes()

    def writes(self) -> list[str]:
        """The requests of the last sync that asked for a change, as ``PUT studio.locked=1; studio.value=X``."""
        return [self._spelled(request) for request in self.workbench.plex.requests if request.write]

    def requests(self) -> list[Recorded]:
        """The same as the double recorded them."""
        return [request for request in self.workbench.plex.requests if request.write]

    def _spelled(self, request: Recorded) -> str:
        params = request.params
        if request.kind == "edit":
            # Without id, Plex edits everything: no line is ever without it.
            assert (request.method, request.path) == ("PUT", "/library/sections/1/all")
            assert (params.pop("id"), params.pop("type")) == (str(self.key), "1")
            return "PUT " + "; ".join(f"{name}={value}" for name, value in params.items())
        if request.kind == "rate":
            assert (params["key"], params["identifier"]) == (str(self.key), "com.plexapp.plugins.library")
            return f"RATE {params['rating']}"
        assert request.path.startswith(f"/library/metadata/{self.key}/")
        return f"{request.method} {request.path.rsplit('/', 1)[-1]} {request.body_size} bytes"

    def shown(self) -> dict[str, Any]:
        """All that Plex has of the item, but for what moves by itself."""
        return {name: value for name, value in self.workbench.plex.item(self.key).items() if name not in _VOLATILE}

    def tags(self, kind: str) -> list[str]:
        """The item's genres, labels, actors, directors or collections, by the edit's name."""
        found: list[str] = self.shown()["tags"].get(kind, [])
        return found

    def memory(self) -> ItemMemory:
        """What PlexSync remembers of the item."""
        server = str(self.workbench.worker.plex_client.server.machineIdentifier)
        return self.workbench.record.memory(server, str(self.key)) or ItemMemory()


def listed(kind: str, tags: Sequence[str]) -> dict[str, str]:
    """The parameters with which a client sends a list of tags."""
    return {f"{kind}[{position}].tag.tag": tag for position, tag in enumerate(tags)}
