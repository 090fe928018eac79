"""What Stash knows: scenes, their files, and the performers, studios, tags and groups they show.

The attributes bear the names of the GraphQL fields, so that most resolvers are plain attribute reads.
Objects refer to each other directly and are compared by identity. Lists are replaced, never changed in
place: a request that still reads an old list sees it whole. Times are seconds since the epoch, those of rows
`clock.Moment`s, plays and O's in UTC and newest first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from tests.doubles.stash.pictures import Picture


class Fingerprint(NamedTuple):
    """`type` is oshash, md5 or phash."""

    type: str
    value: str


class StashID(NamedTuple):
    endpoint: str
    stash_id: str
    updated_at: int


@dataclass(slots=True, eq=False)
class Tag:
    id: int
    name: str
    created_at: int
    updated_at: int
    sort_name: str | None = None
    description: str = ""
    aliases: list[str] = field(default_factory=list)
    favorite: bool = False
    stash_ids: list[StashID] = field(default_factory=list)
    parents: list[Tag] = field(default_factory=list)
    image: Picture | None = None


@dataclass(slots=True, eq=False)
class Performer:
    id: int
    name: str
    created_at: int
    updated_at: int
    disambiguation: str = ""
    gender: str | None = None
    birthdate: str | None = None
    country: str = ""
    details: str = ""
    alias_list: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    favorite: bool = False
    rating100: int | None = None
    tags: list[Tag] = field(default_factory=list)
    stash_ids: list[StashID] = field(default_factory=list)
    image: Picture | None = None


@dataclass(slots=True, eq=False)
class Studio:
    id: int
    name: str
    created_at: int
    updated_at: int
    parent_studio: Studio | None = None
    details: str = ""
    aliases: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    favorite: bool = False
    rating100: int | None = None
    tags: list[Tag] = field(default_factory=list)
    stash_ids: list[StashID] = field(default_factory=list)
    image: Picture | None = None


@dataclass(slots=True, eq=False)
class Group:
    id: int
    name: str
    created_at: int
    updated_at: int
    aliases: str = ""
    duration: int | None = None
    date: str | None = None
    rating100: int | None = None
    director: str = ""
    synopsis: str = ""
    urls: list[str] = field(default_factory=list)
    studio: Studio | None = None
    tags: list[Tag] = field(default_factory=list)
    front_image: Picture | None = None
    back_image: Picture | None = None


@dataclass(slots=True, eq=False)
class VideoFile:
    """One file. `size` in bytes, `duration` in seconds."""

    id: int
    path: str
    size: int
    duration: float
    mod_time: int
    created_at: int
    updated_at: int
    oshash: str = ""
    md5: str = ""
    phash: str = ""

    @property
    def basename(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def fingerprints(self) -> list[Fingerprint]:
        values = (("oshash", self.oshash), ("md5", self.md5), ("phash", self.phash))
        return [Fingerprint(kind, value) for kind, value in values if value]


class SceneGroup(NamedTuple):
    group: Group
    scene_index: int | None


@dataclass(slots=True, eq=False)
class Scene:
    """`files[0]` is the primary file. Texts that nobody set are empty, dates and ratings None."""

    id: int
    created_at: int
    updated_at: int
    title: str = ""
    code: str = ""
    details: str = ""
    director: str = ""
    urls: list[str] = field(default_factory=list)
    date: str | None = None
    rating100: int | None = None
    organized: bool = False
    studio: Studio | None = None
    performers: list[Performer] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    groups: list[SceneGroup] = field(default_factory=list)
    stash_ids: list[StashID] = field(default_factory=list)
    files: list[VideoFile] = field(default_factory=list)
    cover: Picture | None = None
    play_history: list[int] = field(default_factory=list)
    o_history: list[int] = field(default_factory=list)
    resume_time: float = 0.0
    play_duration: float = 0.0

    @property
    def o_counter(self) -> int:
        return len(self.o_history)

    @property
    def play_count(self) -> int:
        return len(self.play_history)

    @property
    def last_played_at(self) -> int | None:
        return max(self.play_history, default=None)

    @property
    def path(self) -> str:
        """Path of the primary file; empty for a scene without files."""
        return self.files[0].path if self.files else ""


Entity = Performer | Studio | Tag | Group
