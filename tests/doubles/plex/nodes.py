"""One answer model for both formats: a tree of nodes, written as XML (Plex's default) or as JSON.

JSON attribute names equal the XML ones; booleans are `1`/`0` in XML and true/false in JSON (recorded from
a real server in both formats). Videos and Directories that stand for library items share the JSON list
`Metadata`, whatever their XML element is called.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Scalar = str | int | float | bool

PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)


@dataclass(slots=True)
class Node:
    """An element. `json_key` names the JSON list it belongs to when that is not its XML tag; a `single` one is no
    list in JSON, but an object."""

    tag: str
    attrs: dict[str, Scalar]
    children: list[Node] = field(default_factory=list)
    json_key: str | None = None
    single: bool = False


def container(attrs: Mapping[str, Scalar], children: list[Node] | None = None) -> Node:
    """A MediaContainer whose `size` is the number of its children, unless `attrs` already says otherwise."""
    rows = [] if children is None else children
    return Node("MediaContainer", {"size": len(rows), **attrs}, rows)


def from_json(tag: str, row: Mapping[str, object], single: bool = False) -> Node:
    """An element as a real server's JSON shows it: lists and objects inside are elements, the rest attributes."""
    node = Node(tag, {}, single=single)
    for name, value in row.items():
        if isinstance(value, Mapping):
            node.children.append(from_json(name, value, single=True))
        elif isinstance(value, (list, tuple)):
            node.children += [from_json(name, entry) for entry in value if isinstance(entry, Mapping)]
        elif isinstance(value, (str, int, float)):
            node.attrs[name] = value
    return node


def to_xml(node: Node) -> bytes:
    """The document as Plex writes it: prolog, one element per line, attributes on one line.

    Control characters that XML forbids are written raw, as Plex does: clients have to clean them.
    """
    out: list[str] = [PROLOG]
    _write_xml(node, out)
    return "".join(out).encode("utf-8", "surrogatepass")


def to_json(node: Node) -> bytes:
    """The document as Plex's Web client asks for it: `{"MediaContainer": {…}}`."""
    return json.dumps({node.tag: _jsonable(node)}, ensure_ascii=False, separators=(",", ":")).encode()


def prune(node: Node, keep_attr: Callable[[str], bool], keep_element: Callable[[str], bool]) -> None:
    """Drop attributes and descendants in place (what excludeFields and excludeElements do)."""
    node.attrs = {name: value for name, value in node.attrs.items() if keep_attr(name)}
    node.children = [child for child in node.children if keep_element(child.tag)]
    for child in node.children:
        prune(child, keep_attr, keep_element)


def _write_xml(node: Node, out: list[str]) -> None:
    out.append(f"<{node.tag}")
    for name, value in node.attrs.items():
        if value is True:
            text = "1"
        elif value is False:
            text = "0"
        elif isinstance(value, str):
            text = value.translate(_ESCAPES)
        else:
            text = str(value)
        out.append(f' {name}="{text}"')
    if node.children:
        out.append(">\n")
        for child in node.children:
            _write_xml(child, out)
        out.append(f"</{node.tag}>\n")
    elif node.tag == "MediaContainer":
        out.append(">\n</MediaContainer>\n")
    else:
        out.append(" />\n")


def _jsonable(node: Node) -> dict[str, object]:
    result: dict[str, object] = dict(node.attrs)
    for child in node.children:
        if child.single:
            result[child.tag] = _jsonable(child)
            continue
        rows = result.setdefault(child.json_key or child.tag, [])
        if isinstance(rows, list):
            rows.append(_jsonable(child))
    return result
