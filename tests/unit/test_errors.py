"""The error tree is drawn as it is, and names of classes are told apart."""

from __future__ import annotations

import ast
import builtins
import importlib
import re
import typing
from collections import defaultdict
from collections.abc import Iterator

import validation.errors
from tests.support.modules import MODULES, NAMES, name
from validation.errors import PlexSyncError

_DRAWN = re.compile(r"^    (?P<indent>[│ ├└─]*)(?P<room>\w+\.)?(?P<name>[A-Z]\w+)(?P<rest>.*)$")


def drawn() -> dict[str, tuple[str, set[str]]]:
    """By the name of each class in the drawing: the room it is defined in, and its bases."""
    found: dict[str, tuple[str, set[str]]] = {}
    above: list[str] = []
    for line in (validation.errors.__doc__ or "").splitlines():
        one = _DRAWN.match(line)
        if one:
            del above[len(one["indent"]) // 4 :]
            also = re.findall(r"\(also an? (\w+)\)", one["rest"])
            found[one["name"]] = (one["room"] or "validation.").rstrip("."), {*above[-1:], *also}
            above.append(one["name"])
    return found


def tree(error: type[PlexSyncError]) -> Iterator[type[PlexSyncError]]:
    yield error
    for one in error.__subclasses__():
        yield from tree(one)


def test_the_drawing_shows_every_error_with_its_room_and_its_bases() -> None:
    for module in NAMES:
        importlib.import_module(module)
    classes = {one for one in tree(PlexSyncError) if one.__module__ in NAMES}
    there = {
        one.__name__: (one.__module__.split(".")[0], {base.__name__ for base in one.__bases__} - {"Exception"})
        for one in classes
    }
    assert drawn() == there


def public_classes() -> dict[str, list[str]]:
    """The modules that define each public class of the product."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(name(path))
    return found


def test_no_two_classes_share_a_name() -> None:
    assert {one: modules for one, modules in public_classes().items() if len(modules) > 1} == {}


def test_no_class_takes_a_name_of_pythons_own() -> None:
    forms = {one for one in typing.__all__ if type(getattr(typing, one)) is type(typing.Optional)}
    assert "Optional" in forms
    # From Python 3.14 on, Union is a class like any other.
    assert not public_classes().keys() & {*forms, "Union", *dir(builtins)}
