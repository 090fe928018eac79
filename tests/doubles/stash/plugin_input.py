"""The JSON document a plugin gets on standard input (pkg/plugin/common/msg.go, pkg/plugin/args.go)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.doubles.stash.go_json import go_map


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# pkg/models/scene.go, SceneUpdateInput: all fields are there, null when not given.
_SCENE_UPDATE = _names(
    "clientMutationId id title code details director url urls date rating100 o_counter organized studio_id "
    "gallery_ids performer_ids movies groups tag_ids cover_image stash_ids resume_time play_duration play_count "
    "primary_file_id"
)
# pkg/models/performer.go, PerformerUpdateInput: it still has the fields `height` and `aliases`.
_PERFORMER_UPDATE = _names(
    "id name disambiguation url urls gender birthdate ethnicity country eye_color height height_cm measurements "
    "fake_tits penis_length circumcised career_length tattoos piercings aliases alias_list twitter instagram "
    "favorite tag_ids image stash_ids rating100 details death_date hair_color weight ignore_auto_tag custom_fields"
)
# pkg/models/studio.go, StudioUpdateInput.
_STUDIO_UPDATE = _names(
    "id name url urls parent_id image stash_ids rating100 favorite details aliases tag_ids ignore_auto_tag"
)

# Generated from the schema with `omitempty`: only what was given, in the schema's order.
_BULK_SCENE_UPDATE = _names(
    "clientMutationId ids title code details director url urls date rating100 organized studio_id gallery_ids "
    "performer_ids tag_ids group_ids movie_ids"
)
_GROUP = _names(
    "id name aliases duration date rating100 studio_id director synopsis urls tag_ids containing_groups sub_groups "
    "front_image back_image"
)
_TAG = _names("id name sort_name description aliases ignore_auto_tag favorite image stash_ids parent_ids child_ids")

Given = Mapping[str, Any]


def scene_update(given: Given) -> dict[str, Any]:
    struct = {name: given.get(name) for name in _SCENE_UPDATE}
    return _with_stash_ids(_with_groups(struct))


def bulk_scene_update(given: Given) -> dict[str, Any]:
    return _omit_empty(_BULK_SCENE_UPDATE, given)


def performer(given: Given, create: bool = False) -> dict[str, Any]:
    struct = {name: given.get(name) for name in _PERFORMER_UPDATE}
    struct["custom_fields"] = None if create else {"full": None, "partial": None, "remove": None}
    return _without_id(_with_stash_ids(struct), create)


def studio(given: Given, create: bool = False) -> dict[str, Any]:
    return _without_id(_with_stash_ids({name: given.get(name) for name in _STUDIO_UPDATE}), create)


def group(given: Given) -> dict[str, Any]:
    return _omit_empty(_GROUP, given)


def tag(given: Given) -> dict[str, Any]:
    return _omit_empty(_TAG, given)


def destroyed_scene(given: Given, oshash: str, checksum: str, path: str, many: bool) -> dict[str, Any]:
    """SceneDestroyInput (or ScenesDestroyInput) and what the scene's primary file was."""
    key = "ids" if many else "id"
    return {
        key: given[key],
        "delete_file": given.get("delete_file"),
        "delete_generated": given.get("delete_generated"),
        "checksum": checksum,
        "oshash": oshash,
        "path": path,
    }


def server_connection(cookie: str, host: str, port: int, folder: str, plugin_folder: str) -> dict[str, Any]:
    """`SessionCookie` is Go's http.Cookie, of which only name and value are set."""
    return {
        "Scheme": "http",
        "Host": host,
        "Port": port,
        "SessionCookie": {
            "Name": "session",
            "Value": cookie,
            "Quoted": False,
            "Path": "",
            "Domain": "",
            "Expires": "0001-01-01T00:00:00Z",
            "RawExpires": "",
            "MaxAge": 0,
            "Secure": False,
            "HttpOnly": False,
            "SameSite": 0,
            "Partitioned": False,
            "Raw": "",
            "Unparsed": None,
        },
        "Dir": folder,
        "PluginDir": plugin_folder,
    }


def hook_context(entity_id: int, trigger: str, hook_input: Any, fields: Iterable[str]) -> dict[str, Any]:
    """`id` is left out when 0, `inputFields` when empty; `input` is always there, if only as null."""
    context: dict[str, Any] = {"id": entity_id} if entity_id else {}
    context.update(type=trigger, input=hook_input)
    names = list(fields)
    if names:
        context["inputFields"] = names
    return context


def arguments(given: Given, defaults: Mapping[str, str]) -> dict[str, Any]:
    """A Go map: sorted by key. Defaults fill only keys that were not given."""
    merged: dict[str, Any] = {**defaults, **{key: go_map(value) for key, value in given.items()}}
    return {key: merged[key] for key in sorted(merged)}


def hook_arguments(context: dict[str, Any], defaults: Mapping[str, str]) -> dict[str, Any]:
    """The context is a struct: it keeps its own order inside the sorted map."""
    merged: dict[str, Any] = {**defaults, "hookContext": context}
    return {key: merged[key] for key in sorted(merged)}


def _omit_empty(names: Iterable[str], given: Given) -> dict[str, Any]:
    return {name: given[name] for name in names if given.get(name) not in (None, [])}


def _without_id(struct: dict[str, Any], create: bool) -> dict[str, Any]:
    return {name: value for name, value in struct.items() if name != "id"} if create else struct


def _with_groups(struct: dict[str, Any]) -> dict[str, Any]:
    if struct["groups"] is not None:
        struct["groups"] = [
            {"group_id": entry["group_id"], "scene_index": entry.get("scene_index")} for entry in struct["groups"]
        ]
    return struct


def _with_stash_ids(struct: dict[str, Any]) -> dict[str, Any]:
    if struct["stash_ids"] is not None:
        struct["stash_ids"] = [
            {"stash_id": e["stash_id"], "endpoint": e["endpoint"], "updated_at": e.get("updated_at")}
            for e in struct["stash_ids"]
        ]
    return struct
