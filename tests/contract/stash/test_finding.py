"""findScenes and its kin: filters, paging, sorting, with Stash's own oddities."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.stash.support import data, post
from tests.doubles.stash import StashDouble

LIBRARY: dict[str, Any] = {
    "tags": [{"id": 1, "name": "Place"}, {"id": 2, "name": "Beach", "parents": [1]}, {"id": 3, "name": "alone"}],
    "performers": [{"id": 1, "name": "Jane", "favorite": True, "gender": "FEMALE"}, {"id": 2, "name": "Bob"}],
    "studios": [{"id": 2, "name": "Child", "parent": "Network"}, {"id": 1, "name": "Network"}],
    "groups": [{"id": 1, "name": "Series"}],
    "scenes": [
        {
            "id": 5,
            "title": "Alpha",
            "code": "A-1",
            "tags": [2],
            "performers": [1],
            "studio": 2,
            "organized": True,
            "groups": [{"group": 1, "scene_index": 3}],
            "rating100": 80,
            "date": "2020-05-01",
            "updated_at": "2024-01-01T00:00:00Z",
            "cover": True,
            "stash_ids": [{"endpoint": "https://box", "stash_id": "a"}],
            "files": [{"path": "/media/My Videos/a_1.mp4", "size": 10}, {"path": "/other/copy.mp4", "size": 20}],
        },
        {
            "id": 2,
            "title": "beta",
            "tags": [1, 3],
            "performers": [1, 2],
            "studio": 1,
            "rating100": 40,
            "updated_at": "2024-01-02T00:00:00Z",
            "files": [{"path": "/media/Videos/ab1.mp4", "size": 30, "oshash": "00000000000000ff"}],
        },
        {"id": 9, "title": "Gamma", "updated_at": "2024-01-03T00:00:00Z"},
    ],
}


@pytest.fixture(scope="module")
def stash() -> Iterator[StashDouble]:
    with StashDouble(LIBRARY) as double:
        yield double


def _ids(stash: StashDouble, scene_filter: str = "", page: str = "") -> list[int]:
    arguments = ",".join(part for part in (scene_filter, page) if part)
    asked = data(stash, f"{{findScenes({arguments}){{scenes{{id}}}}}}" if arguments else "{findScenes{scenes{id}}}")
    return [int(scene["id"]) for scene in asked["findScenes"]["scenes"]]


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        ("id:{value:2,modifier:GREATER_THAN}", [5, 9]),
        ("id:{value:2,value2:5,modifier:BETWEEN}", [2, 5]),
        ("id:{value:2,value2:5,modifier:NOT_BETWEEN}", [9]),
        ("id:{value:5,modifier:LESS_THAN}", [2]),
        ("organized:true", [5]),
        ("organized:false", [2, 9]),
        # LIKE: the underscore matches any character, so `a_1` finds ab1 as well.
        ('path:{value:"%/a_1.mp4",modifier:EQUALS}', [2, 5]),
        # Each word by itself, unless quoted.
        ('path:{value:"my videos",modifier:INCLUDES}', [2, 5]),
        ('path:{value:"\\"my videos\\"",modifier:INCLUDES}', [5]),
        ('path:{value:"/other/",modifier:INCLUDES}', [5]),
        ('path:{value:"",modifier:IS_NULL}', [9]),
        ("tags:{value:[1],modifier:INCLUDES}", [2]),
        ("tags:{value:[1],modifier:INCLUDES,depth:-1}", [2, 5]),
        ("tags:{value:[1,3],modifier:INCLUDES_ALL}", [2]),
        ("tags:{value:[1,2],modifier:INCLUDES}", [2, 5]),
        ("tags:{value:[2],modifier:EXCLUDES}", [2, 9]),
        ("tags:{value:[1],modifier:EQUALS}", []),
        ("tags:{modifier:IS_NULL}", [9]),
        ("performers:{value:[1],modifier:INCLUDES,excludes:[2]}", [5]),
        ("performers:{value:[1,2],modifier:INCLUDES_ALL}", [2]),
        ("performers:{modifier:NOT_NULL}", [2, 5]),
        ("studios:{value:[1],modifier:INCLUDES}", [2]),
        ("studios:{value:[1],modifier:INCLUDES,depth:1}", [2, 5]),
        ("groups:{value:[1],modifier:INCLUDES}", [5]),
        ('is_missing:"cover"', [2, 9]),
        ('updated_at:{value:"2024-01-01T12:00:00Z",modifier:GREATER_THAN}', [2, 9]),
        # Compared as text: a space sorts before the T.
        ('updated_at:{value:"2024-01-02 12:00:00",modifier:GREATER_THAN}', [2, 9]),
        ("organized:true,OR:{id:{value:9,modifier:EQUALS}}", [5, 9]),
        ("performers:{value:[1],modifier:INCLUDES},NOT:{organized:true}", [2]),
        ("organized:false,AND:{id:{value:1,modifier:GREATER_THAN},NOT:{id:{value:9,modifier:EQUALS}}}", [2]),
    ],
)
def test_filters(stash: StashDouble, criterion: str, expected: list[int]) -> None:
    assert _ids(stash, f"scene_filter:{{{criterion}}}") == expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("", [2, 5, 9]),
        ("filter:{per_page:2}", [2, 5]),
        ("filter:{per_page:2,page:2}", [9]),
        ("filter:{per_page:0}", []),
        ("filter:{per_page:-1}", [2, 5, 9]),
        ('filter:{sort:"id",direction:DESC}', [9, 5, 2]),
        ('filter:{sort:"title",direction:ASC}', [5, 2, 9]),
        ('filter:{sort:"updated_at",direction:DESC,per_page:1}', [9]),
        ('filter:{q:"gamma"}', [9]),
    ],
)
def test_paging_and_sorting(stash: StashDouble, page: str, expected: list[int]) -> None:
    assert _ids(stash, "", page) == expected


def test_the_count_is_of_all_pages(stash: StashDouble) -> None:
    asked = data(stash, "{findScenes(filter:{per_page:0}){count scenes{id}}}")["findScenes"]

    assert asked == {"count": 3, "scenes": []}


def test_ids_ignore_filter_and_paging_and_keep_their_order(stash: StashDouble) -> None:
    assert _ids(stash, "ids:[9,2]", "filter:{per_page:1},scene_filter:{organized:true}") == [9, 2]
    assert _ids(stash, "scene_ids:[5]") == [5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('filter:{sort:"nonsense"}', "invalid sort: nonsense"),
        ('scene_filter:{path:{value:"(",modifier:MATCHES_REGEX}}', "error parsing regexp"),
    ],
)
def test_what_stash_refuses(stash: StashDouble, arguments: str, message: str) -> None:
    answer = post(stash, f"{{findScenes({arguments}){{count}}}}")

    assert answer.status_code == 200
    assert answer.json()["data"] is None
    assert answer.json()["errors"][0]["message"].startswith(message)


def test_every_field_of_a_scene(stash: StashDouble) -> None:
    query = """{findScene(id:5){urls o_history play_history resume_time play_duration groups{group{name} scene_index}
      files{path fingerprints{type value}} stash_ids{endpoint stash_id}
      performers{name gender favorite} tags{name parents{name}} studio{name parent_studio{name}}}}"""
    scene = data(stash, query)["findScene"]

    assert scene["groups"] == [{"group": {"name": "Series"}, "scene_index": 3}]
    assert [file["fingerprints"][0]["type"] for file in scene["files"]] == ["oshash", "oshash"]
    assert scene["performers"] == [{"name": "Jane", "gender": "FEMALE", "favorite": True}]
    assert scene["studio"] == {"name": "Child", "parent_studio": {"name": "Network"}}
    assert scene["tags"] == [{"name": "Beach", "parents": [{"name": "Place"}]}]


def test_tags_of_a_scene_come_by_name(stash: StashDouble) -> None:
    tags = data(stash, "{findScene(id:2){tags{name}}}")["findScene"]["tags"]

    assert [tag["name"] for tag in tags] == ["alone", "Place"]


def test_lists_of_entities(stash: StashDouble) -> None:
    asked = data(
        stash,
        """{findTags(filter:{per_page:-1}){count tags{name}}
        findPerformers(ids:[2,1]){performers{name}} findStudios(filter:{q:"net"}){studios{name}}
        findGroups(filter:{sort:"id",direction:DESC}){groups{name}}}""",
    )

    assert [tag["name"] for tag in asked["findTags"]["tags"]] == ["alone", "Beach", "Place"]
    assert asked["findPerformers"]["performers"] == [{"name": "Bob"}, {"name": "Jane"}]
    assert asked["findStudios"]["studios"] == [{"name": "Network"}]
    assert asked["findGroups"]["groups"] == [{"name": "Series"}]


def test_times_in_the_servers_own_offset() -> None:
    with StashDouble(LIBRARY, utc_offset_minutes=-90) as stash:
        scene = data(stash, "{findScene(id:5){updated_at}}")["findScene"]
        late = 'scene_filter:{updated_at:{value:"2024-01-01T23:00:00-01:30",modifier:GREATER_THAN}}'

        assert scene["updated_at"] == "2023-12-31T22:30:00-01:30"
        assert _ids(stash, late) == [9]


def test_names_are_unique(stash: StashDouble) -> None:
    for mutation, message in (
        ('tagUpdate(input:{id:3,name:"beach"}){id}', "tag with name 'beach' already exists"),
        ('studioCreate(input:{name:"Child"}){id}', "studio with name 'Child' already exists"),
        ('performerCreate(input:{name:"Bob"}){id}', "performer with name 'Bob' already exists"),
    ):
        assert post(stash, f"mutation{{{mutation}}}").json()["errors"][0]["message"] == message


def test_names_keep_their_spaces_as_the_library_has_them() -> None:
    """Rows of older versions and of imports; what comes through a mutation loses its outer spaces, no others."""
    name = "  Jane\u00a0 van  Doe "
    library = {
        "performers": [name],
        "tags": [name],
        "studios": [name],
        "groups": [name],
        "scenes": [{"id": 1, "title": name, "performers": [name], "tags": [name], "studio": name, "groups": [name]}],
    }
    query = "{findScene(id:1){title performers{name} tags{name} studio{name} groups{group{name}}}}"
    with StashDouble(library) as stash:
        shown = data(stash, query)["findScene"]
        stash.save(1, title=name)
        data(stash, "mutation($n:String!){tagUpdate(input:{id:1,name:$n}){id}}", {"n": name})
        saved = data(stash, query)["findScene"]

    one = {"name": name}
    assert shown == {"title": name, "performers": [one], "tags": [one], "studio": one, "groups": [{"group": one}]}
    assert (saved["title"], saved["tags"][0]["name"]) == (name.strip(), name.strip())
    assert saved["performers"] == [one]
