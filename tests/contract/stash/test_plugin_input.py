"""A plugin gets on standard input what the recorded one got: every key, in the same order, as Go writes it."""

import json
import os
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.contract.stash.recorded_library import LIBRARY
from tests.contract.stash.support import SCENE_UPDATE, recorded, wait_for, write_plugin
from tests.doubles.stash import StashDouble
from tests.doubles.stash.go_json import go_map, marshal

HOOKS = (
    SCENE_UPDATE,
    "Scene.Create.Post",
    "Scene.Destroy.Post",
    *(f"{kind}.{event}.Post" for kind in ("Performer", "Studio", "Tag", "Group") for event in ("Update", "Destroy")),
    "Tag.Merge.Post",
)


def _library() -> dict[str, Any]:
    library = deepcopy(LIBRARY)
    library["tags"].append({"id": 5, "name": "Tag B"})
    return library


@pytest.fixture
def stash(tmp_path: Path) -> Iterator[StashDouble]:
    extra = "tasks:\n  - {name: Echo, defaultArgs: {mode: echo}}\n"
    plugins = write_plugin(tmp_path, "pass", hooks=HOOKS, tasks=())
    manifest = plugins / "Probe" / "Probe.yml"
    manifest.write_text(manifest.read_text().replace("tasks:\n", extra))
    with StashDouble(_library(), plugins=plugins) as double:
        yield double


def _normal(document: dict[str, Any]) -> dict[str, Any]:
    """Without what differs from one Stash to the next; `inputFields` come in any order."""
    connection = document["server_connection"]
    connection["SessionCookie"]["Value"] = connection["Host"] = connection["Dir"] = connection["PluginDir"] = ""
    connection["Port"] = 0
    context = document["args"].get("hookContext", {})
    if "inputFields" in context:
        context["inputFields"].sort()
    return document


def _same(run: dict[str, Any], name: str) -> None:
    """Equal as text, so the order of keys counts too."""
    got, expected = _normal(json.loads(run["input"])), _normal(recorded(f"stdin/{name}.json"))
    assert json.dumps(got, indent=1) == json.dumps(expected, indent=1), name


ALL_OF_SCENE_3 = {
    "title": "A scene",
    "code": "ABC-001",
    "details": "What happens.",
    "director": "A Director",
    "urls": ["https://example.org/scene/3"],
    "date": "2024-03-15",
    "rating100": 80,
    "organized": True,
    "studio_id": "3",
    "performer_ids": ["3"],
    "groups": [{"group_id": "2", "scene_index": 2}],
    "tag_ids": ["4", "5"],
    "stash_ids": [{"stash_id": "00000000-0000-0000-0000-000000000001", "endpoint": "https://example.org/graphql"}],
}


def test_scene_update(stash: StashDouble) -> None:
    stash.save(3, **ALL_OF_SCENE_3)

    _same(stash.hook_runs[0], "hook-scene-update")


def test_scene_update_with_a_cover(stash: StashDouble) -> None:
    cover = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    stash.save(3, cover_image=cover)

    run = stash.hook_runs[0]
    document = json.loads(run["input"])
    given = document["args"]["hookContext"]["input"]
    assert given["cover_image"] == cover
    given["cover_image"] = cover[:60] + "\u2026"
    _same({"input": json.dumps(document)}, "hook-scene-update-cover")


def test_bulk_update_hands_the_whole_input_to_each(stash: StashDouble) -> None:
    stash.bulk_save([1, 3], organized=True)

    for index, run in enumerate(stash.hook_runs, 1):
        _same(run, f"hook-scene-update-bulk-{index}")


def test_scenes_update_hands_the_whole_array_to_each(stash: StashDouble) -> None:
    query = "mutation($i:[SceneUpdateInput!]!){scenesUpdate(input:$i){id}}"
    stash.graphql(query, {"i": [{"id": "1", "title": "One"}, {"id": "6", "title": "Six"}]})

    for index, run in enumerate(stash.hook_runs, 1):
        _same(run, f"hook-scenes-update-{index}")


def test_a_created_scene_has_no_input(stash: StashDouble) -> None:
    stash.stash.library.scenes.pop(9)
    stash.stash.library._highest["scene"] = 8
    stash.graphql('mutation{sceneCreate(input:{title:"Made by hand"}){id}}')

    _same(stash.hook_runs[0], "hook-scene-create-by-mutation")


def test_a_scanned_scene_has_no_input(stash: StashDouble) -> None:
    for number in (8, 9):
        stash.stash.library.scenes.pop(number)
    stash.stash.library._highest["scene"] = 7
    stash.stash.disk.put("/media/stash/new.mp4")
    job = stash.graphql("mutation{metadataScan(input:{})}")["data"]["metadataScan"]
    stash.wait_for_job(int(job))

    _same(stash.hook_runs[0], "hook-scene-create-by-scan")


def test_scene_destroy_tells_what_the_file_was(stash: StashDouble) -> None:
    stash.graphql('mutation{sceneDestroy(input:{id:"6"})}')

    _same(stash.hook_runs[0], "hook-scene-destroy")


def test_scenes_destroy(stash: StashDouble) -> None:
    stash.graphql('mutation{scenesDestroy(input:{ids:["9","3"]})}')

    for index, run in enumerate(stash.hook_runs, 1):
        _same(run, f"hook-scenes-destroy-{index}")


@pytest.mark.parametrize(
    ("mutation", "name"),
    [
        ('performerUpdate(input:{id:"3",name:"Performer A2"}){id}', "hook-performer-update"),
        ('performerDestroy(input:{id:"3"})', "hook-performer-destroy"),
        ('studioUpdate(input:{id:"3",name:"Studio A2"}){id}', "hook-studio-update"),
        ('studioDestroy(input:{id:"3"})', "hook-studio-destroy"),
        ('tagUpdate(input:{id:"4",name:"Tag A2"}){id}', "hook-tag-update"),
        ('tagDestroy(input:{id:"4"})', "hook-tag-destroy"),
        ('tagsMerge(input:{source:["5"],destination:"4"}){id}', "hook-tag-merge"),
        ('groupUpdate(input:{id:"2",name:"Group A2"}){id}', "hook-group-update"),
        ('groupDestroy(input:{id:"2"})', "hook-group-destroy"),
    ],
)
def test_performers_studios_tags_and_groups(stash: StashDouble, mutation: str, name: str) -> None:
    stash.graphql(f"mutation{{{mutation}}}")

    assert len(stash.hook_runs) == 1
    _same(stash.hook_runs[0], name)


def test_tasks_and_operations(stash: StashDouble) -> None:
    with_args = {"mode": "echo", "scene_id": 3, "nested": {"b": True}, "list": [1, "a"]}
    for task, args in (("Echo", None), ("Echo", with_args), (None, {"mode": "echo", "x": 1})):
        stash.wait_for_job(stash.run_task("Probe", task, args))
    stash.graphql('mutation{runPluginOperation(plugin_id:"Probe",args:{x:1,mode:"echo"})}')

    names = ("task", "task-with-args", "task-without-name", "operation")
    for run, name in zip(stash.runs, names, strict=True):
        _same(run, name)


def test_the_bytes_are_those_of_gos_encoder(stash: StashDouble) -> None:
    stash.save(3, title='<b> & "ü"\u2028')

    document = stash.hook_runs[0]["input"]
    assert document.startswith('{"server_connection":{"Scheme":"http","Host":"0.0.0.0","Port":')
    assert '"args":{"hookContext":{"id":3,"type":"Scene.Update.Post","input":{"clientMutationId":null,' in document
    assert '"title":"\\u003cb\\u003e \\u0026 \\"ü\\"\\u2028"' in document
    assert document.endswith("}}}")


def test_gos_numbers_and_maps() -> None:
    assert marshal(go_map({"b": 3.0, "a": [1.5, {"d": None, "c": True}]})) == b'{"a":[1.5,{"c":true,"d":null}],"b":3}'


def test_hook_defaults_stand_beside_the_context(tmp_path: Path) -> None:
    extra = f'  - {{name: second, triggeredBy: [{SCENE_UPDATE}], defaultArgs: {{mode: hook, aa: "1"}}}}\n'
    with StashDouble(_library(), plugins=write_plugin(tmp_path, extra=extra)) as stash:
        stash.save(3, title="x")

        assert [list(json.loads(run["input"])["args"]) for run in stash.hook_runs] == [
            ["hookContext"],
            ["aa", "hookContext", "mode"],
        ]


def test_where_and_how_the_process_runs(tmp_path: Path) -> None:
    body = "answer([os.getcwd(), os.environ['PYTHONPATH'], os.environ['EXTRA'], sys.argv[0], sys.path[0]])"
    plugins = write_plugin(tmp_path / "plugins", body)
    with StashDouble(_library(), plugins=plugins, environment={"EXTRA": "yes"}) as stash:
        stash.save(3, title="x")

        folder, python_path, extra, script, first = stash.hook_runs[0]["output"]
        connection = json.loads(stash.hook_runs[0]["input"])["server_connection"]

    assert python_path.split(os.pathsep)[-1] == str(plugins)
    assert extra == "yes"
    assert script == str(plugins / "Probe" / "run.py")
    assert first == str(plugins / "Probe")
    assert not folder.startswith((str(plugins), os.getcwd()))
    assert connection["PluginDir"] == str(plugins / "Probe")
    assert f"http://127.0.0.1:{connection['Port']}" == stash.url


def test_a_plugin_that_does_not_read_its_input(tmp_path: Path) -> None:
    plugins = write_plugin(tmp_path)
    (plugins / "Probe" / "run.py").write_text("import os\nos.close(0)\nprint('{}')")
    with StashDouble(_library(), plugins=plugins) as stash:
        stash.save(3, details="x" * 1_000_000)

        assert stash.hook_runs[0]["exit_code"] == 0
        wait_for(lambda: [line for line in stash.log if "error writing input to plugins stdin" in line["message"]])
