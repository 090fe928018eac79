"""What a real Stash (v0.30, built from its source) was seen to answer to odd requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.stash.support import data, post
from tests.doubles.stash import StashDouble

LIBRARY = {"scenes": [{"id": 1, "title": "A"}, {"id": 2, "title": "B"}], "tags": [{"id": 1, "name": "Tag one"}]}


@pytest.fixture
def stash() -> Iterator[StashDouble]:
    with StashDouble(LIBRARY) as stash:
        yield stash


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("{findScenes(ids:[]){count}}", {"count": 2}),
        ("{findScenes(scene_ids:[]){count}}", {"count": 2}),
        ('{findTags(filter:{q:"one tag"}){count}}', {"count": 1}),
        ('{findTags(filter:{q:"\\"Tag on\\""}){count}}', {"count": 1}),
        ('{findTags(filter:{q:"\\"one tag\\""}){count}}', {"count": 0}),
        ("mutation{bulkSceneUpdate(input:{ids:[]}){id}}", None),
        ("mutation{sceneUpdate(input:{id:1,rating100:0}){rating100}}", {"rating100": 0}),
        ('mutation{sceneUpdate(input:{id:1,title:"  spaces  "}){title}}', {"title": "spaces"}),
        ('mutation{tagUpdate(input:{id:1,name:" spaces "}){name}}', {"name": "spaces"}),
    ],
)
def test_it_answers(stash: StashDouble, operation: str, answer: object) -> None:
    (given,) = data(stash, operation).values()
    assert given == answer


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ('{findScenes(ids:["2","1","2"]){count}}', "validating ids: duplicate id found: 2"),
        ("{findScenes(scene_ids:[2,1,2]){count}}", "scene with id 2 not found"),
        ('{findTags(ids:["1","1"]){count}}', "validating ids: duplicate id found: 1"),
        ("mutation{scenesDestroy(input:{ids:[1,1]})}", "scene with id 1 not found"),
        ("mutation{sceneCreate(input:{}){id}}", "title must be set if scene has no files"),
        ('mutation{tagCreate(input:{name:""}){id}}', "tag name must not be blank"),
        ('mutation{studioCreate(input:{name:" "}){id}}', "studio name must not be blank"),
        ('mutation{groupCreate(input:{name:""}){id}}', "name cannot be empty"),
    ],
)
def test_it_refuses(stash: StashDouble, operation: str, message: str) -> None:
    assert post(stash, operation).json()["errors"][0]["message"] == message
    assert data(stash, "{findScenes{count}}") == {"findScenes": {"count": 2}}


def test_settings_that_were_all_taken_away_are_as_if_never_set(stash: StashDouble) -> None:
    def settings() -> Any:
        return data(stash, '{configuration{plugins(include:["Any"])}}')["configuration"]["plugins"]

    configure = 'mutation($i:Map!){configurePlugin(plugin_id:"Any",input:$i)}'
    data(stash, configure, {"i": {"a": 1}})
    assert settings() == {"Any": {"a": 1}}
    data(stash, configure, {"i": {}})
    assert settings() == {}
    assert data(stash, "{configuration{plugins}}")["configuration"]["plugins"] == {"Any": {}}
