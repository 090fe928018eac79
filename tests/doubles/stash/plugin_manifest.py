"""Reads plugin .yml files the way Stash does: strictly (pkg/plugin/config.go with yaml.v2 in strict mode).

An unknown or doubled key anywhere makes the plugin fail to load. The plugin's id is the file's name without
`.yml`; the folder does not matter. Every `.yml` below the plugins folder is tried.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

_SETTING_TYPES = ("STRING", "NUMBER", "BOOLEAN")
_INTERFACES = ("raw", "rpc", "js")


class ManifestError(ValueError):
    """The file is not a plugin that Stash would load."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A task or a hook: what is added to the command line and to the arguments."""

    name: str
    description: str
    exec_args: tuple[str, ...]
    default_args: dict[str, str]
    triggered_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    display_name: str
    description: str
    type: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One loaded plugin. `path` is the .yml file's; `scripts` and `styles` are the local files of `ui:`, `assets`
    its folders by the prefix of their addresses."""

    id: str
    path: str
    name: str
    version: str
    interface: str
    exec: tuple[str, ...]
    error_log: str
    tasks: tuple[Operation, ...] = ()
    hooks: tuple[Operation, ...] = ()
    settings: tuple[Setting, ...] = ()
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    assets: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        return os.path.dirname(self.path)

    @property
    def display_name(self) -> str:
        return self.name or self.id

    def task(self, name: str) -> Operation | None:
        return next((task for task in self.tasks if task.name == name), None)

    def hooks_for(self, trigger: str) -> list[Operation]:
        return [hook for hook in self.hooks if trigger in hook.triggered_by]


# The shape of the file: a converter, a list of one shape, a mapping to one shape, or fixed keys.
_Text = str
_OPERATION: dict[str, Any] = {"name": _Text, "description": _Text, "execArgs": [_Text], "defaultArgs": {"*": _Text}}
_SHAPE: dict[str, Any] = {
    "name": _Text,
    "description": _Text,
    "url": _Text,
    "version": _Text,
    "interface": _Text,
    "exec": [_Text],
    "errLog": _Text,
    "tasks": [_OPERATION],
    "hooks": [{**_OPERATION, "triggeredBy": [_Text]}],
    "settings": {"*": {"displayName": _Text, "description": _Text, "type": _Text}},
    "ui": {
        "requires": [_Text],
        "javascript": [_Text],
        "css": [_Text],
        "assets": {"*": _Text},
        "csp": {"script-src": [_Text], "style-src": [_Text], "connect-src": [_Text]},
    },
}


def load_all(folder: str, report: Callable[[str], None]) -> list[Manifest]:
    """All plugins below `folder`, in lexical path order; what cannot be loaded is reported as Stash logs it."""
    loaded: list[Manifest] = []
    known: set[str] = set()
    for path in _yml_files(folder):
        try:
            manifest = load(path)
        except (ManifestError, OSError) as error:
            report(f"Error loading plugin {path}: {error}")
            continue
        if manifest.id.lower() in known:
            report(f"Error loading plugin {path}: plugin ID {manifest.id} already exists")
            continue
        known.add(manifest.id.lower())
        loaded.append(manifest)
    return loaded


def load(path: str) -> Manifest:
    with open(path, encoding="utf-8") as file:
        try:
            root = yaml.compose(file, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            raise ManifestError(f"yaml: {error}") from error
    problems: list[str] = []
    raw = _read(root, _SHAPE, problems, "plugin.Config") if root is not None else {}
    if problems:
        raise ManifestError("yaml: unmarshal errors:\n  " + "\n  ".join(problems))
    ui = raw.get("ui", {})
    interface = raw.get("interface") or "raw"
    if interface not in _INTERFACES:
        raise ManifestError(f"invalid interface type {interface}")
    return Manifest(
        id=os.path.basename(path)[: -len(".yml")],
        path=path,
        name=raw.get("name", ""),
        version=raw.get("version", ""),
        interface=interface,
        exec=tuple(raw.get("exec", ())),
        error_log=raw.get("errLog", ""),
        tasks=tuple(_operation(task) for task in raw.get("tasks", ())),
        hooks=tuple(_operation(hook) for hook in raw.get("hooks", ())),
        settings=tuple(_setting(name, entry) for name, entry in sorted(raw.get("settings", {}).items())),
        scripts=_local(ui.get("javascript", ())),
        styles=_local(ui.get("css", ())),
        assets=dict(ui.get("assets", {})),
    )


def _local(entries: Iterable[str]) -> tuple[str, ...]:
    """Whole addresses are loaded from where they are; only the rest is served."""
    return tuple(entry for entry in entries if not entry.startswith(("http://", "https://")))


def _operation(entry: dict[str, Any]) -> Operation:
    return Operation(
        entry.get("name", ""),
        entry.get("description", ""),
        tuple(entry.get("execArgs", ())),
        dict(entry.get("defaultArgs", {})),
        tuple(entry.get("triggeredBy", ())),
    )


def _setting(name: str, entry: dict[str, Any]) -> Setting:
    kind = entry.get("type") or "STRING"
    if kind not in _SETTING_TYPES:
        raise ManifestError(f"invalid setting type {kind} for setting {name}")
    return Setting(name, entry.get("displayName") or name, entry.get("description", ""), kind)


def _read(node: yaml.Node, shape: Any, problems: list[str], where: str) -> Any:
    """The node as plain values; what does not fit is added to `problems` in yaml.v2's words."""
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"):
        return {} if isinstance(shape, dict) else [] if isinstance(shape, list) else ""
    if isinstance(shape, list):
        if not isinstance(node, yaml.SequenceNode):
            problems.append(f"line {line}: cannot unmarshal {_describe(node)} into a list")
            return []
        return [_read(item, shape[0], problems, where) for item in node.value]
    if isinstance(shape, dict):
        return _read_mapping(node, shape, problems, where)
    if not isinstance(node, yaml.ScalarNode):
        problems.append(f"line {line}: cannot unmarshal {_describe(node)} into string")
        return ""
    return node.value  # the text as written: `version: 0.10` stays 0.10


def _read_mapping(node: yaml.Node, shape: dict[str, Any], problems: list[str], where: str) -> dict[str, Any]:
    if not isinstance(node, yaml.MappingNode):
        problems.append(f"line {node.start_mark.line + 1}: cannot unmarshal {_describe(node)} into {where}")
        return {}
    read: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        inner = shape.get(key, shape.get("*"))
        if key in read:
            problems.append(f"line {line}: field {key} already set in type {where}")
        elif inner is None:
            problems.append(f"line {line}: field {key} not found in type {where}")
        else:
            read[key] = _read(value_node, inner, problems, f"{where}.{key}")
    return read


def _describe(node: yaml.Node) -> str:
    kind = node.tag.rpartition(":")[2]
    return f"!!{kind} `{node.value}`" if isinstance(node, yaml.ScalarNode) else f"!!{kind}"


def _yml_files(folder: str) -> Iterator[str]:
    """Lexical order, links followed, each real folder once."""
    seen: set[str] = set()

    def walk(current: str) -> Iterator[str]:
        real = os.path.realpath(current)
        if real in seen:
            return
        seen.add(real)
        try:
            names = sorted(os.listdir(current))
        except OSError:
            return
        for name in names:
            path = os.path.join(current, name)
            if os.path.isdir(path):
                yield from walk(path)
            elif os.path.splitext(name)[1] == ".yml":
                yield path

    yield from walk(folder)
