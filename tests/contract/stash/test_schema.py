"""The double's schema is a part of the real one: whatever validates here validates there."""

from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_required_argument,
    is_required_input_field,
)

from tests.doubles.stash.schema import SCHEMA_FILE, executable_schema

REAL_SCHEMA = Path(__file__).parents[4] / "shared" / "reference" / "stash-schema.graphql"


@pytest.fixture(scope="module")
def real() -> GraphQLSchema:
    if not REAL_SCHEMA.exists():
        pytest.skip(f"the schema of a real Stash is not at {REAL_SCHEMA}")
    return build_schema(REAL_SCHEMA.read_text(), assume_valid=True)


@pytest.fixture(scope="module")
def ours() -> GraphQLSchema:
    return build_schema(Path(SCHEMA_FILE).read_text())


def _deviations(ours: GraphQLSchema, real: GraphQLSchema) -> list[str]:
    found: list[str] = []
    for name in ours.type_map:
        mine: Any = ours.type_map[name]
        theirs: Any = real.type_map.get(name)
        if name.startswith("__"):
            continue
        if type(theirs) is not type(mine):
            found.append(f"{name} is no {type(mine).__name__} there")
        elif isinstance(mine, GraphQLEnumType) and set(mine.values) != set(theirs.values):
            found.append(f"{name} has other values")
        elif isinstance(mine, GraphQLInputObjectType):
            for field, declared in mine.fields.items():
                if field not in theirs.fields or str(theirs.fields[field].type) != str(declared.type):
                    found.append(f"{name}.{field}")
            for field, declared in theirs.fields.items():
                if is_required_input_field(declared) and field not in mine.fields:
                    found.append(f"{name}.{field} is required there")
        elif isinstance(mine, GraphQLObjectType):
            found += _field_deviations(mine, theirs)
    return found


def _field_deviations(mine: GraphQLObjectType, theirs: GraphQLObjectType) -> list[str]:
    found = []
    for name, declared in mine.fields.items():
        other = theirs.fields.get(name)
        if other is None or str(other.type) != str(declared.type):
            found.append(f"{mine.name}.{name}: {declared.type}")
            continue
        if bool(other.deprecation_reason) is not bool(declared.deprecation_reason):
            found.append(f"{mine.name}.{name} is deprecated on one side only")
        for argument, detail in declared.args.items():
            if argument not in other.args or str(other.args[argument].type) != str(detail.type):
                found.append(f"{mine.name}.{name}({argument})")
        for argument, detail in other.args.items():
            if is_required_argument(detail) and argument not in declared.args:
                found.append(f"{mine.name}.{name}({argument}) is required there")
    return found


def test_everything_in_the_schema_is_in_the_real_one(ours: GraphQLSchema, real: GraphQLSchema) -> None:
    assert _deviations(ours, real) == []


def test_a_deviation_would_be_noticed(real: GraphQLSchema) -> None:
    wrong = build_schema("type Query { version: String } enum JobStatus { READY }")

    assert _deviations(wrong, real) == ["Query.version: String", "JobStatus has other values"]


def test_every_resolver_belongs_to_a_field_of_the_schema() -> None:
    assert "findScene" in executable_schema().query_type.fields  # type: ignore[union-attr]
