"""Mutations of performers, studios, tags and groups (internal/api/resolver_mutation_*.go).

Each fires hooks of its own kind only. No scene that shows the thing gets a hook, and no scene's
`updated_at` moves: a follower has to look for itself what a rename has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.doubles.stash import plugin_input
from tests.doubles.stash.library import Library
from tests.doubles.stash.model import Group, Performer, StashID, Studio, Tag
from tests.doubles.stash.pictures import Picture, decode_image_input
from tests.doubles.stash.registry import Info, Resolvers, request_of, to_int

resolvers = Resolvers()

Input = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """`triggers` are the hook types' first words: groups fire those of the former movies as well."""

    name: str
    make: Callable[..., Any]
    texts: tuple[str, ...]
    values: tuple[str, ...]
    lists: tuple[str, ...]
    images: tuple[str, ...]
    triggers: tuple[str, ...]
    hook_input: Callable[[Input, bool], dict[str, Any]]

    def table(self, library: Library) -> dict[int, Any]:
        found: dict[int, Any] = getattr(library, f"{self.name}s")
        return found

    def find(self, library: Library, number: int) -> Any:
        return getattr(library, self.name)(number)


_KINDS = (
    Kind(
        "performer",
        Performer,
        ("name", "disambiguation", "country", "details"),
        ("gender", "birthdate", "rating100"),
        ("alias_list", "urls"),
        ("image",),
        ("Performer",),
        plugin_input.performer,
    ),
    Kind(
        "studio",
        Studio,
        ("name", "details"),
        ("rating100",),
        ("aliases", "urls"),
        ("image",),
        ("Studio",),
        plugin_input.studio,
    ),
    Kind(
        "tag",
        Tag,
        ("name", "description"),
        ("sort_name",),
        ("aliases",),
        ("image",),
        ("Tag",),
        lambda given, create: plugin_input.tag(given),
    ),
    Kind(
        "group",
        Group,
        ("name", "aliases", "director", "synopsis"),
        ("duration", "date", "rating100"),
        ("urls",),
        ("front_image", "back_image"),
        ("Group", "Movie"),
        lambda given, create: plugin_input.group(given),
    ),
)


def _create(kind: Kind, info: Info, given: Input) -> Any:
    request = request_of(info)
    library = request.stash.library
    now = library.clock.now()
    with library.lock:
        _check_name(kind, library, None, given)
        wanted = _changes(kind, library, given)
        entity = kind.make(library.new_id(kind.name, kind.table(library)), given["name"], now, now)
        _commit(entity, wanted)
        kind.table(library)[entity.id] = entity
    for trigger in kind.triggers:
        hook_input = kind.hook_input(given, True)
        request.stash.hooks.fire(request, f"{trigger}.Create.Post", entity.id, hook_input)
    return entity


def _update(kind: Kind, info: Info, given: Input) -> Any:
    request = request_of(info)
    library = request.stash.library
    with library.lock:
        entity = kind.find(library, to_int(given["id"]))
        _check_name(kind, library, entity, given)
        _commit(entity, _changes(kind, library, given))
        entity.updated_at = library.clock.now()
    for trigger in kind.triggers:
        hook_input = kind.hook_input(given, False)
        request.stash.hooks.fire(request, f"{trigger}.Update.Post", entity.id, hook_input, given.keys())
    return entity


def _destroy(kind: Kind, info: Info, ids: list[str], hook_input: Any) -> bool:
    request = request_of(info)
    library = request.stash.library
    with library.lock:
        entities = [kind.find(library, to_int(text)) for text in ids]
        for entity in entities:
            library.forget(entity)
    for entity in entities:
        for trigger in kind.triggers:
            request.stash.hooks.fire(request, f"{trigger}.Destroy.Post", entity.id, hook_input)
    return True


def _check_name(kind: Kind, library: Library, entity: Any, given: Input) -> None:
    """Names of tags, studios and performers are unique; those of groups need not be."""
    name = given.get("name")
    if name is None:
        return
    if not name.strip():
        raise ValueError("name cannot be empty" if kind.name == "group" else f"{kind.name} name must not be blank")
    if kind.name == "group":
        return
    for other in kind.table(library).values():
        same = other.name.lower() == name.lower() if kind.name == "tag" else other.name == name
        if same and other is not entity:
            if kind.name == "performer" and other.disambiguation != given.get("disambiguation", ""):
                continue
            raise ValueError(f"{kind.name} with name '{name}' already exists")


def _changes(kind: Kind, library: Library, given: Input) -> dict[str, Any]:
    """Worked out before anything is changed: a mutation is one transaction."""
    wanted: dict[str, Any] = {name: (given[name] or "").strip() for name in kind.texts if name in given}
    wanted.update({name: given[name] for name in kind.values if name in given})
    for name in (*kind.lists, "favorite"):
        if given.get(name) is not None:
            wanted[name] = given[name]
    for name in kind.images:
        if name in given:
            wanted[name] = _picture(given[name])
    if "parent_id" in given:
        wanted["parent_studio"] = library.studio(to_int(given["parent_id"])) if given["parent_id"] else None
    if "studio_id" in given:
        wanted["studio"] = library.studio(to_int(given["studio_id"])) if given["studio_id"] else None
    if given.get("parent_ids") is not None:
        wanted["parents"] = [library.tag(to_int(text)) for text in given["parent_ids"]]
    if given.get("tag_ids") is not None:
        wanted["tags"] = [library.tag(to_int(text)) for text in given["tag_ids"]]
    if given.get("stash_ids") is not None:
        now = library.clock.now()
        wanted["stash_ids"] = [StashID(entry["endpoint"], entry["stash_id"], now) for entry in given["stash_ids"]]
    return wanted


def _commit(entity: Any, wanted: Mapping[str, Any]) -> None:
    for attribute, value in wanted.items():
        setattr(entity, attribute, value)


def _picture(text: str | None) -> Picture | None:
    """Null or an empty text takes the image away."""
    return decode_image_input(text) if text else None


def _register(kind: Kind) -> None:
    def create(_: Any, info: Info, input: Input) -> Any:
        return _create(kind, info, input)

    def update(_: Any, info: Info, input: Input) -> Any:
        return _update(kind, info, input)

    def destroy(_: Any, info: Info, input: Input) -> bool:
        return _destroy(kind, info, [input["id"]], {"id": input["id"]})

    def destroy_many(_: Any, info: Info, ids: list[str]) -> bool:
        return _destroy(kind, info, ids, list(ids))

    resolvers.field("Mutation", f"{kind.name}Create")(create)
    resolvers.field("Mutation", f"{kind.name}Update")(update)
    resolvers.field("Mutation", f"{kind.name}Destroy")(destroy)
    resolvers.field("Mutation", f"{kind.name}sDestroy")(destroy_many)


for _kind in _KINDS:
    _register(_kind)


@resolvers.field("Mutation", "tagsMerge")
def tags_merge(_: Any, info: Info, input: Input) -> Tag | None:
    """What bore a source bears the destination now; the sources' names live on as its aliases."""
    request = request_of(info)
    library = request.stash.library
    if not input["source"]:
        return None
    with library.lock:
        target = library.tag(to_int(input["destination"]))
        sources = [library.tag(to_int(text)) for text in input["source"]]
        if target in sources:
            raise ValueError("cannot merge where source == destination")
        for source in sources:
            library.replace_tag(source, target)
            target.aliases = [*target.aliases, source.name, *source.aliases]
            del library.tags[source.id]
    hook_input = {"source": list(input["source"]), "destination": input["destination"]}
    request.stash.hooks.fire(request, "Tag.Merge.Post", target.id, hook_input)
    return target
