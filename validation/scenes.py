"""A scene as the rest of PlexSync sees it: what Stash said, as small frozen models.

Hundreds of scenes are in hand at a time, with some twenty such objects each. As dataclasses with slots they take an
eighth of the memory that pydantic's own models would, and are checked in half the time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from pydantic import Field, PositiveInt, TypeAdapter, ValidationError

from validation.errors import SceneFault

_DATE = re.compile(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")


class Entity(NamedTuple):
    """A performer, studio, tag or group, by its kind and its number in Stash."""

    kind: str
    id: int


@dataclass(frozen=True, slots=True)
class SceneFile:
    """One file of a scene: the path as Stash spells it, the size in bytes when known."""

    path: Annotated[str, Field(min_length=1)]
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, by its number in Stash."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Studio:
    """A studio, and the one it belongs to; numbers are 0 when only the name is known."""

    name: str
    id: int = 0
    image: str = ""
    parent: Studio | None = None


@dataclass(frozen=True, slots=True)
class Performer:
    """A performer. ``image`` is the address below Stash, empty when Stash only has its default."""

    name: str
    id: int = 0
    gender: str = ""
    favorite: bool = False
    image: str = ""


@dataclass(frozen=True, slots=True)
class SceneGroup:
    """A group the scene is in, and its place there, if it has one."""

    name: str
    id: int = 0
    index: int | None = None
    image: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene, read from Stash or handed over ready in a job; empty means that Stash has nothing."""

    id: PositiveInt
    title: str = ""
    code: str = ""
    summary: str = ""
    tagline: str = ""
    director: str = ""
    date: str = ""
    rating100: int | None = None
    organized: bool = False
    updated_at: str = ""
    stash_ids: int = 0
    studio: Studio | None = None
    performers: tuple[Performer, ...] = ()
    tags: tuple[Tag, ...] = ()
    groups: tuple[SceneGroup, ...] = ()
    files: tuple[SceneFile, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Scene:
        """A scene out of plain values, by the names of its fields. Raises ValidationError, which is a ValueError."""
        return _SCENE.validate_python(document)

    def as_json(self) -> bytes:
        """All that is known of the scene, by the names of its fields."""
        return _SCENE.dump_json(self)

    @property
    def stem(self) -> str:
        """The name of the first file without folders and extension; empty for a scene without files."""
        name = self.files[0].path.replace("\\", "/").rsplit("/", 1)[-1] if self.files else ""
        return name.rsplit(".", 1)[0] if "." in name[1:] else name

    @property
    def name(self) -> str:
        """How a person recognises the scene in a log line."""
        return f'scene {self.id} "{self.title or self.stem}"'

    @property
    def release_date(self) -> str:
        """``YYYY-MM-DD``, or empty. Stash knows months and years since 0.30; Plex wants a day: the first."""
        found = _DATE.match(self.date)
        if not found:
            return ""
        year, month, day = found.groups()
        return f"{year}-{month or '01'}-{day or '01'}"

    @property
    def directors(self) -> tuple[str, ...]:
        """Stash keeps one text, with commas between several directors."""
        return tuple(name.strip() for name in self.director.split(",") if name.strip())

    def shown_entities(self) -> frozenset[Entity]:
        """Everything of Stash's that Plex may show for this scene."""
        found = {Entity("performer", one.id) for one in self.performers} | {Entity("tag", one.id) for one in self.tags}
        found |= {Entity("group", one.id) for one in self.groups}
        studio = self.studio
        while studio is not None:
            found.add(Entity("studio", studio.id))
            studio = studio.parent
        return frozenset(found)


_SCENE = TypeAdapter(Scene)


def scene_from_data(scene_id: int, data: Mapping[str, Any]) -> Scene:
    """A ready scene out of a job's ``data``: ``path``, ``title``, ``studio`` (a name), ``summary``, ``tagline``,
    ``date`` and ``size`` in bytes, each optional.

    Raises:
        SceneFault: a value has a shape that no scene has.
    """
    fields = {key: data[key] or "" for key in ("title", "summary", "tagline", "date") if key in data}
    path, studio = data.get("path"), data.get("studio")
    files = [{"path": path, "size": data.get("size")}] if path else []
    try:
        return Scene.of({"id": scene_id, "files": files, "studio": {"name": studio} if studio else None, **fields})
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise SceneFault(f"Scene {scene_id} was handed over with an unusable {where}.") from None
