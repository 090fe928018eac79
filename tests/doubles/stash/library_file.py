"""Reads a library file (JSON) and the generated library into the store. README.md shows every key."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable, Mapping
from typing import Any

from tests.doubles.common.generated import STASH_ROOT, GeneratedScene, generated_scene
from tests.doubles.stash.clock import Moment, parse_time
from tests.doubles.stash.library import Library
from tests.doubles.stash.model import Group, Performer, Scene, SceneGroup, StashID, Studio, Tag, VideoFile
from tests.doubles.stash.pictures import Picture, decode_image_input, generated_picture

Entry = Mapping[str, Any]


class LibraryFile:
    """Fills `library` from the parsed JSON. `folder` is where relative image paths start."""

    def __init__(self, library: Library, folder: str = ".") -> None:
        self._library = library
        self._folder = folder
        self._named: dict[tuple[str, str], Any] = {}

    def load(self, content: Entry) -> None:
        # Parents are linked when all are there: the list may name a child before its parent.
        tags = [(self._tag(entry), entry) for entry in map(_as_entry, content.get("tags", ()))]
        for tag, entry in tags:
            tag.parents = [self._find("tag", parent) for parent in entry.get("parents", ())]
        studios = [(self._studio(entry), entry) for entry in map(_as_entry, content.get("studios", ()))]
        for studio, entry in studios:
            if entry.get("parent") is not None:
                studio.parent_studio = self._find("studio", entry["parent"])
        for entry in content.get("performers", ()):
            self._performer(_as_entry(entry))
        for entry in content.get("groups", ()):
            self._group(_as_entry(entry))
        for entry in content.get("scenes", ()):
            self._scene(entry)

    def generate(self, count: int) -> None:
        """Scenes 1 to `count` of the library that the Plex double generates too."""
        for number in range(1, count + 1):
            self._generated(generated_scene(number))

    # -- entities ----------------------------------------------------------------------------------------

    def _tag(self, entry: Entry) -> Tag:
        library, (created, updated) = self._library, self._times(entry)
        tag = Tag(
            library.new_id("tag", library.tags, entry.get("id")),
            entry["name"],
            created,
            updated,
            sort_name=entry.get("sort_name"),
            description=entry.get("description", ""),
            aliases=list(entry.get("aliases", ())),
            favorite=entry.get("favorite", False),
            image=self._picture(entry.get("image"), f"tag {entry['name']}"),
        )
        library.tags[tag.id] = self._named["tag", tag.name] = tag
        return tag

    def _studio(self, entry: Entry) -> Studio:
        library, (created, updated) = self._library, self._times(entry)
        studio = Studio(
            library.new_id("studio", library.studios, entry.get("id")),
            entry["name"],
            created,
            updated,
            details=entry.get("details", ""),
            aliases=list(entry.get("aliases", ())),
            urls=list(entry.get("urls", ())),
            favorite=entry.get("favorite", False),
            rating100=entry.get("rating100"),
            stash_ids=self._stash_ids(entry, updated),
            image=self._picture(entry.get("image"), f"studio {entry['name']}"),
        )
        library.studios[studio.id] = self._named["studio", studio.name] = studio
        return studio

    def _performer(self, entry: Entry) -> Performer:
        library, (created, updated) = self._library, self._times(entry)
        performer = Performer(
            library.new_id("performer", library.performers, entry.get("id")),
            entry["name"],
            created,
            updated,
            disambiguation=entry.get("disambiguation", ""),
            gender=entry.get("gender"),
            birthdate=entry.get("birthdate"),
            country=entry.get("country", ""),
            details=entry.get("details", ""),
            alias_list=list(entry.get("alias_list", ())),
            urls=list(entry.get("urls", ())),
            favorite=entry.get("favorite", False),
            rating100=entry.get("rating100"),
            tags=[self._find("tag", tag) for tag in entry.get("tags", ())],
            stash_ids=self._stash_ids(entry, updated),
            image=self._picture(entry.get("image"), f"performer {entry['name']}"),
        )
        library.performers[performer.id] = self._named["performer", performer.name] = performer
        return performer

    def _group(self, entry: Entry) -> Group:
        library, (created, updated) = self._library, self._times(entry)
        studio = entry.get("studio")
        group = Group(
            library.new_id("group", library.groups, entry.get("id")),
            entry["name"],
            created,
            updated,
            aliases=entry.get("aliases", ""),
            duration=entry.get("duration"),
            date=entry.get("date"),
            rating100=entry.get("rating100"),
            director=entry.get("director", ""),
            synopsis=entry.get("synopsis", ""),
            urls=list(entry.get("urls", ())),
            studio=None if studio is None else self._find("studio", studio),
            front_image=self._picture(entry.get("front_image"), f"group {entry['name']}"),
            back_image=self._picture(entry.get("back_image"), f"back of group {entry['name']}"),
        )
        library.groups[group.id] = self._named["group", group.name] = group
        return group

    def _find(self, kind: str, reference: int | str) -> Any:
        """By id or by name; a name that no list declared is added."""
        if isinstance(reference, int):
            return getattr(self._library, kind)(reference)
        found = self._named.get((kind, reference))
        return found if found is not None else getattr(self, f"_{kind}")({"name": reference})

    # -- scenes ------------------------------------------------------------------------------------------

    def _scene(self, entry: Entry) -> None:
        library, (created, updated) = self._library, self._times(entry)
        number = library.new_id("scene", library.scenes, entry.get("id"))
        studio = entry.get("studio")
        scene = Scene(
            number,
            created,
            updated,
            title=entry.get("title") or "",
            code=entry.get("code") or "",
            details=entry.get("details") or "",
            director=entry.get("director") or "",
            urls=list(entry.get("urls", ())),
            date=entry.get("date"),
            rating100=entry.get("rating100"),
            organized=entry.get("organized", False),
            studio=None if studio is None else self._find("studio", studio),
            performers=[self._find("performer", performer) for performer in entry.get("performers", ())],
            tags=[self._find("tag", tag) for tag in entry.get("tags", ())],
            groups=[self._scene_group(group) for group in entry.get("groups", ())],
            stash_ids=self._stash_ids(entry, updated),
            files=[self._file(file) for file in entry.get("files", ())],
            cover=self._picture(entry.get("cover"), f"cover of scene {number}"),
            resume_time=float(entry.get("resume_time", 0)),
            play_duration=float(entry.get("play_duration", 0)),
            play_history=_newest_first(entry.get("play_history", ())),
            o_history=_newest_first(entry.get("o_history", ())),
        )
        library.add_scene(scene)

    def _scene_group(self, entry: Entry | str | int) -> SceneGroup:
        if not isinstance(entry, Mapping):
            return SceneGroup(self._find("group", entry), None)
        return SceneGroup(self._find("group", entry["group"]), entry.get("scene_index"))

    def _file(self, entry: Entry | str) -> VideoFile:
        entry = {"path": entry} if isinstance(entry, str) else entry
        library, (created, updated) = self._library, self._times(entry)
        path = entry["path"]
        return VideoFile(
            library.new_id("file", library.files, entry.get("id")),
            path,
            entry.get("size", 1_000_000),
            entry.get("duration", 60.0),
            library.clock.stored(entry["mod_time"]) if "mod_time" in entry else created,
            created,
            updated,
            oshash=entry.get("oshash", oshash_of(path)),
            md5=entry.get("md5", ""),
            phash=entry.get("phash", ""),
        )

    def _generated(self, made: GeneratedScene) -> None:
        library, now = self._library, self._library.clock.now()
        studio = self._find("studio", made.studio)
        if made.parent_studio is not None and studio.parent_studio is None:
            studio.parent_studio = self._find("studio", made.parent_studio)
        path = made.path(STASH_ROOT)
        number = library.new_id("scene", library.scenes, made.number)
        file = VideoFile(
            library.new_id("file", library.files),
            path,
            made.size,
            float(made.duration),
            now,
            now,
            now,
            oshash=oshash_of(path),
        )
        scene = Scene(
            number,
            now,
            now,
            title=made.title,
            details=made.details,
            director=made.director,
            date=made.date,
            rating100=made.rating100,
            organized=made.organized,
            studio=studio,
            tags=[self._find("tag", tag) for tag in made.tags],
            files=[file],
            cover=generated_picture(f"cover of scene {number}"),
        )
        for performer in made.performers:
            known = self._named.get(("performer", performer.name))
            entry = {"name": performer.name, "gender": performer.gender}
            scene.performers.append(known if known is not None else self._performer(entry))
        library.add_scene(scene)

    # -- parts -------------------------------------------------------------------------------------------

    def _times(self, entry: Entry) -> tuple[Moment, Moment]:
        created = entry.get("created_at")
        updated = entry.get("updated_at", created)
        clock = self._library.clock
        now = clock.now()
        return (clock.stored(created) if created else now, clock.stored(updated) if updated else now)

    def _stash_ids(self, entry: Entry, updated: int) -> list[StashID]:
        return [StashID(e["endpoint"], e["stash_id"], updated) for e in entry.get("stash_ids", ())]

    def _picture(self, value: bool | str | None, seed: str) -> Picture | None:
        """None or false: no image; true: one made from the name; else base64 or a file."""
        if value is None or value is False:
            return None
        if value is True:
            return generated_picture(seed)
        if value.startswith("data:"):
            return decode_image_input(value)
        if value.startswith(("base64/", "base64,")):
            return Picture(base64.b64decode(value[len("base64/") :]))
        with open(os.path.join(self._folder, value), "rb") as file:
            return Picture(file.read())


def oshash_of(path: str) -> str:
    """A stand-in for the file's hash: 16 hex digits that differ by path."""
    return hashlib.md5(path.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _newest_first(moments: Iterable[str]) -> list[int]:
    return sorted((parse_time(moment) for moment in moments), reverse=True)


def _as_entry(value: Entry | str) -> Entry:
    return {"name": value} if isinstance(value, str) else value
