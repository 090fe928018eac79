"""The executable schema: schema.graphql with the resolvers bound to it."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from graphql import GraphQLObjectType, GraphQLScalarType, GraphQLSchema, build_schema

from tests.doubles.stash import (
    mutate_activity,
    mutate_entities,
    mutate_files,
    mutate_plugins,
    mutate_scenes,
    resolve_entities,
    resolve_scenes,
    resolve_server,
)
from tests.doubles.stash.clock import parse_time, rfc3339
from tests.doubles.stash.registry import Info

SCHEMA_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schema.graphql")

_MODULES = (
    mutate_activity,
    mutate_entities,
    mutate_files,
    mutate_plugins,
    mutate_scenes,
    resolve_entities,
    resolve_scenes,
    resolve_server,
)

# Types whose values are objects of model.py: their fields are read without the checks that graphql-core's own
# resolver makes for mappings and methods. A page of scenes is thousands of such reads.
_MODEL_TYPES = ("Scene", "VideoFile", "Fingerprint", "StashID", "SceneGroup", "Performer", "Studio", "Tag", "Group")


@cache
def executable_schema() -> GraphQLSchema:
    with open(SCHEMA_FILE, encoding="utf-8") as file:
        schema = build_schema(file.read())
    for type_name in _MODEL_TYPES:
        for field_name, field in _object(schema, type_name).fields.items():
            field.resolve = _attribute(field_name)
    for module in _MODULES:
        for (type_name, field_name), resolver in module.resolvers.fields.items():
            _object(schema, type_name).fields[field_name].resolve = resolver
    _bind_scalars(schema)
    return schema


def _object(schema: GraphQLSchema, name: str) -> GraphQLObjectType:
    found = schema.type_map[name]
    assert isinstance(found, GraphQLObjectType)
    return found


def _attribute(name: str) -> Callable[..., Any]:
    read = attrgetter(name)

    def resolve(source: Any, _: Info) -> Any:
        return read(source)

    return resolve


def _bind_scalars(schema: GraphQLSchema) -> None:
    """Times are kept as seconds; the other scalars pass values through as they are."""
    time = schema.type_map["Time"]
    assert isinstance(time, GraphQLScalarType)

    def parse(text: str) -> str:
        parse_time(text)
        return text

    # The second names are those of graphql-core 3.3, which keeps the first for a while.
    for name in ("serialize", "coerce_output_value"):
        setattr(time, name, rfc3339)
    for name in ("parse_value", "coerce_input_value"):
        setattr(time, name, parse)
