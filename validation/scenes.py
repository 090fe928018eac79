"""A scene as the rest of PlexSync sees it: what Stash said, flattened to what Plex can show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from validation.errors import SceneFault

_DATE = re.compile(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")


class SceneFile(BaseModel):
    """One file of a scene: the path as Stash spells it, the size in bytes when known."""

    model_config = ConfigDict(frozen=True)

    path: str = Field(min_length=1)
    size: int | None = None


class Scene(BaseModel):
    """A scene, read from Stash or handed over ready in a job; empty text means that Stash has none."""

    model_config = ConfigDict(frozen=True)

    id: PositiveInt
    title: str = ""
    studio: str = ""
    summary: str = ""
    tagline: str = ""
    date: str = ""
    files: tuple[SceneFile, ...] = ()

    @property
    def name(self) -> str:
        """How a person recognises the scene in a log line."""
        from_file = self.files[0].path.replace("\\", "/").rsplit("/", 1)[-1] if self.files else ""
        return f'scene {self.id} "{self.title or from_file}"'

    @property
    def release_date(self) -> str:
        """``YYYY-MM-DD``, or empty. Stash knows months and years since 0.30; Plex wants a day: the first."""
        found = _DATE.match(self.date)
        if not found:
            return ""
        year, month, day = found.groups()
        return f"{year}-{month or '01'}-{day or '01'}"


def scene_from_data(scene_id: int, data: Mapping[str, Any]) -> Scene:
    """A ready scene out of a job's ``data``: ``path``, ``title``, ``studio``, ``summary``, ``tagline``,
    ``date`` and ``size`` in bytes, each optional.

    Raises:
        SceneFault: a value has a shape that no scene has.
    """
    fields = {key: data[key] or "" for key in ("title", "studio", "summary", "tagline", "date") if key in data}
    path = data.get("path")
    files = [{"path": path, "size": data.get("size")}] if path else []
    try:
        return Scene(id=scene_id, files=files, **fields)  # type: ignore[arg-type]
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise SceneFault(f"Scene {scene_id} was handed over with an unusable {where}.") from None
