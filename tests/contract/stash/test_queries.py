"""Every document the plugin sends is valid for the double's schema, and for that of a real Stash."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

import stash.activity
import stash.client
import stash.light
import stash.scenes
import stash.server
from tests.doubles.stash.schema import SCHEMA_FILE

REAL = Path(__file__).parents[4] / "shared" / "reference" / "stash-schema.graphql"


def documents() -> dict[str, str]:
    """By name: every constant that is a document, and the one that is built."""
    found = {f"scenes_query({count})": stash.scenes.scenes_query(count) for count in (1, 2, 50)}
    found["activity_query"] = stash.activity.activity_query(2)
    modules = (stash.activity, stash.client, stash.light, stash.scenes, stash.server)
    constants = [one for module in modules for one in vars(module).items()]
    texts = {name: value for name, value in constants if isinstance(value, str)}
    found.update({name: text for name, text in texts.items() if text.strip().startswith(("query", "mutation"))})
    return found


def schema(path: Path) -> GraphQLSchema:
    if not path.exists():
        pytest.skip(f"the schema of a real Stash is not at hand: {path}")
    return build_schema(path.read_text(encoding="utf-8"), assume_valid=True)


@pytest.fixture(scope="module", params=[SCHEMA_FILE, REAL], ids=["double", "real"])
def any_schema(request: pytest.FixtureRequest) -> GraphQLSchema:
    return schema(Path(request.param))


@pytest.mark.parametrize("name", sorted(documents()))
def test_the_document_is_valid(any_schema: GraphQLSchema, name: str) -> None:
    assert validate(any_schema, parse(documents()[name])) == []


def test_all_documents_are_found() -> None:
    assert {"SHOWING", "NAMED", "SCENES", "ENTITIES", "ABOUT", "QUEUE", "PING"} <= set(documents())
