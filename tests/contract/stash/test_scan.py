"""Files that come, move and go, and the jobs that go through the library."""

import json
from pathlib import Path
from typing import Any

import requests

from tests.contract.stash.support import SCENE_UPDATE, data, scenes, updated_at, wait_for, write_plugin
from tests.doubles.stash import StashDouble

SCENE = "query($id:ID!){findScene(id:$id){title files{path size fingerprints{value}} paths{screenshot}}}"


def _scan(stash: StashDouble, options: str = "") -> None:
    stash.wait_for_job(int(data(stash, f"mutation{{metadataScan(input:{{{options}}})}}")["metadataScan"]))


def _file(stash: StashDouble, method: str, action: str = "", /, **body: Any) -> requests.Response:
    return requests.request(method, f"{stash.url}/__double__/files{action}", json=body, timeout=10)


def _plugin(folder: Path) -> Path:
    """Answers with what it sees of its scene's cover."""
    body = """
import urllib.request
url = f"http://127.0.0.1:{connection['Port']}/scene/{hook['id']}/screenshot"
with urllib.request.urlopen(url) as image:
    answer(image.headers["Content-Type"])
"""
    return write_plugin(folder, body, hooks=[SCENE_UPDATE, "Scene.Create.Post", "Scene.Destroy.Post"])


def _runs(stash: StashDouble) -> list[tuple[str, int]]:
    return [(run["type"], run["id"]) for run in stash.hook_runs]


def test_a_new_file_is_a_new_scene_whose_hook_comes_before_its_cover(tmp_path: Path) -> None:
    with StashDouble(scenes(1), plugins=_plugin(tmp_path)) as stash:
        _file(stash, "POST", path="/media/stash/new.mp4", size=77)
        assert _file(stash, "GET").json() == ["/media/stash/new.mp4"]
        _scan(stash, "scanGenerateCovers:true")

        assert _runs(stash) == [("Scene.Create.Post", 2)]
        assert stash.hook_runs[0]["output"] == "image/svg+xml"
        scene = data(stash, SCENE, {"id": 2})["findScene"]
        assert (scene["title"], scene["files"][0]["size"]) == ("", 77)
        cover = requests.get(scene["paths"]["screenshot"], timeout=10)
        assert cover.headers["Content-Type"] == "image/png"
        assert _file(stash, "GET").json() == []


def test_covers_come_later_in_the_job_of_the_scan(tmp_path: Path) -> None:
    """All scenes are there, and all their hooks done, before the first cover; a cover moves its scene."""
    query = "{findScenes{scenes{updated_at paths{screenshot}}}}"
    with StashDouble({}, plugins=_plugin(tmp_path)) as stash:
        requests.post(f"{stash.url}/__double__/covers/hold", json={"held": True}, timeout=10).raise_for_status()
        for name in ("a", "b"):
            _file(stash, "POST", path=f"/media/stash/{name}.mp4")
        job = int(data(stash, "mutation{metadataScan(input:{scanGenerateCovers:true})}")["metadataScan"])
        wait_for(lambda: len(stash.hook_runs) == 2 and all(run["output"] for run in stash.hook_runs))
        before = data(stash, query)["findScenes"]["scenes"]
        kinds = [requests.get(one["paths"]["screenshot"], timeout=10).headers["Content-Type"] for one in before]
        running = data(stash, f"{{findJob(input:{{id:{job}}}){{status}}}}")["findJob"]["status"]
        stash.advance(60)
        stash.hold_covers(False)
        stash.wait_for_job(job)
        after = data(stash, query)["findScenes"]["scenes"]
        made = [requests.get(one["paths"]["screenshot"], timeout=10).headers["Content-Type"] for one in after]

        assert (kinds, running) == (["image/svg+xml"] * 2, "RUNNING")
        assert made == ["image/png"] * 2
        assert all(new["updated_at"] > old["updated_at"] for new, old in zip(after, before, strict=True))
        assert _runs(stash) == [("Scene.Create.Post", 1), ("Scene.Create.Post", 2)]


def test_a_scan_that_is_stopped_makes_no_cover() -> None:
    with StashDouble({}) as stash:
        stash.hold_covers()
        _file(stash, "POST", path="/media/stash/a.mp4")
        job = int(data(stash, "mutation{metadataScan(input:{scanGenerateCovers:true})}")["metadataScan"])
        wait_for(lambda: data(stash, "{findScenes{count}}")["findScenes"]["count"])
        stash.stop_job(job)

        assert stash.wait_for_job(job)["status"] == "CANCELLED"
        assert requests.get(f"{stash.url}/scene/1/screenshot", timeout=10).headers["Content-Type"] == "image/svg+xml"


def test_only_what_lies_below_the_paths_is_scanned() -> None:
    with StashDouble(scenes(0)) as stash:
        _file(stash, "POST", path="/media/a/1.mp4")
        _file(stash, "POST", path="/media/ab/2.mp4")
        _scan(stash, 'paths:["/media/a"]')

        found = data(stash, "{findScenes{scenes{files{path}}}}")["findScenes"]["scenes"]
    assert found == [{"files": [{"path": "/media/a/1.mp4"}]}]


def test_a_renamed_file_fires_an_update_and_does_not_move_the_scene(tmp_path: Path) -> None:
    with StashDouble(scenes(2), plugins=_plugin(tmp_path)) as stash:
        before = updated_at(stash, 1)
        _file(stash, "POST", "/move", **{"from": "/media/stash/1.mp4", "to": "/media/stash/moved/1.mp4"})
        _scan(stash)

        assert _runs(stash) == [(SCENE_UPDATE, 1)]
        assert json.loads(stash.hook_runs[0]["input"])["args"]["hookContext"]["input"] is None
        files = data(stash, SCENE, {"id": 1})["findScene"]["files"]
        assert [file["path"] for file in files] == ["/media/stash/moved/1.mp4"]
        assert updated_at(stash, 1) == before


def test_a_copy_becomes_a_second_file_and_moves_the_scene(tmp_path: Path) -> None:
    with StashDouble(scenes(2), plugins=_plugin(tmp_path)) as stash:
        before = updated_at(stash, 1)
        oshash = data(stash, SCENE, {"id": 1})["findScene"]["files"][0]["fingerprints"][0]["value"]
        _file(stash, "POST", path="/media/stash/copy.mp4", oshash=oshash)
        _scan(stash)

        assert _runs(stash) == [(SCENE_UPDATE, 1)]
        files = data(stash, SCENE, {"id": 1})["findScene"]["files"]
        assert [file["path"] for file in files] == ["/media/stash/1.mp4", "/media/stash/copy.mp4"]
        assert updated_at(stash, 1) > before


def test_a_file_changed_in_its_place(tmp_path: Path) -> None:
    with StashDouble(scenes(1), plugins=_plugin(tmp_path)) as stash:
        before = updated_at(stash, 1)
        _file(stash, "POST", path="/media/stash/1.mp4", size=5, oshash="aa")
        _scan(stash)

        assert _runs(stash) == [(SCENE_UPDATE, 1)]
        file = data(stash, SCENE, {"id": 1})["findScene"]["files"][0]
        assert (file["size"], file["fingerprints"]) == (5, [{"value": "aa"}])
        assert updated_at(stash, 1) == before


def test_clean_takes_scenes_whose_files_are_gone(tmp_path: Path) -> None:
    clean = "mutation($dry:Boolean!){metadataClean(input:{dryRun:$dry})}"
    with StashDouble(scenes(2), plugins=_plugin(tmp_path)) as stash:
        oshash = data(stash, SCENE, {"id": 1})["findScene"]["files"][0]["fingerprints"][0]["value"]
        _file(stash, "DELETE", path="/media/stash/1.mp4")
        for dry in (True, False):
            stash.wait_for_job(int(data(stash, clean, {"dry": dry})["metadataClean"]))
            assert data(stash, "{findScenes{count}}")["findScenes"]["count"] == 2 - (not dry)

        given = json.loads(stash.hook_runs[0]["input"])["args"]["hookContext"]
    assert given["type"] == "Scene.Destroy.Post"
    assert given["input"] == {
        "id": "",
        "delete_file": None,
        "delete_generated": None,
        "checksum": "",
        "oshash": oshash,
        "path": "/media/stash/1.mp4",
    }


def test_a_file_that_is_not_there_cannot_move() -> None:
    with StashDouble(scenes(1)) as stash:
        assert _file(stash, "POST", "/move", **{"from": "/none", "to": "/x"}).status_code == 400


def test_auto_tag_finds_names_in_paths_of_scenes_that_are_not_organized() -> None:
    library = {
        "performers": [{"name": "Jane Doe"}],
        "studios": [{"name": "Big House"}],
        "tags": [{"name": "beach"}, {"name": "each"}],
        "scenes": [
            {"files": ["/media/Big.House/jane_doe-BEACH.mp4"]},
            {"files": ["/media/Big House/Jane Doe.mp4"], "organized": True},
            {"files": ["/media/other.mp4"]},
        ],
    }
    query = "{findScenes{scenes{studio{name} performers{name} tags{name}}}}"
    with StashDouble(library) as stash:
        job = data(stash, 'mutation{metadataAutoTag(input:{performers:["*"],studios:["*"],tags:["*"]})}')
        stash.wait_for_job(int(job["metadataAutoTag"]))
        found = data(stash, query)["findScenes"]["scenes"]

    nothing: dict[str, Any] = {"studio": None, "performers": [], "tags": []}
    assert found == [
        {"studio": {"name": "Big House"}, "performers": [{"name": "Jane Doe"}], "tags": [{"name": "beach"}]},
        nothing,
        nothing,
    ]


def test_move_files_and_merge_keep_files_where_they_belong() -> None:
    with StashDouble(scenes(3)) as stash:
        data(stash, 'mutation{moveFiles(input:{ids:[1],destination_folder:"/new/",destination_basename:"x.mp4"})}')
        data(stash, 'mutation{sceneMerge(input:{source:[2,3],destination:1,values:{id:1,title:"all"}}){id}}')
        merged = data(stash, SCENE, {"id": 1})["findScene"]
        gone = data(stash, SCENE, {"id": 2})["findScene"]
        refused = stash.graphql("mutation{sceneAssignFile(input:{scene_id:1,file_id:1})}")
        missing = stash.graphql("mutation{sceneUpdate(input:{id:2}){id}}")

    assert [file["path"] for file in merged["files"]] == ["/new/x.mp4", "/media/stash/2.mp4", "/media/stash/3.mp4"]
    assert merged["title"] == "all"
    assert gone is None
    assert refused["errors"][0]["message"] == "cannot reassign primary file"
    assert missing["errors"][0] == {"message": "scene with id 2 not found", "path": ["sceneUpdate"]}


def test_bulk_edits_set_add_and_remove() -> None:
    library = {**scenes(2), "tags": ["a", "b", "c"], "performers": ["p"], "groups": ["g"]}
    library["scenes"][0]["tags"] = ["a"]
    query = "{findScenes{scenes{tags{name} performers{name} groups{group{name}} urls}}}"
    with StashDouble(library) as stash:
        stash.bulk_save([1, 2], tag_ids={"mode": "ADD", "ids": ["2"]}, urls={"mode": "SET", "values": ["u"]})
        stash.bulk_save([1], tag_ids={"mode": "REMOVE", "ids": ["1"]}, performer_ids={"mode": "SET", "ids": ["1"]})
        stash.bulk_save([2], tag_ids={"mode": "SET", "ids": ["3"]}, group_ids={"mode": "ADD", "ids": ["1"]})
        found = data(stash, query)["findScenes"]["scenes"]

    assert found == [
        {"tags": [{"name": "b"}], "performers": [{"name": "p"}], "groups": [], "urls": ["u"]},
        {"tags": [{"name": "c"}], "performers": [], "groups": [{"group": {"name": "g"}}], "urls": ["u"]},
    ]


def test_a_scene_destroyed_without_its_file_comes_back_with_the_next_scan() -> None:
    with StashDouble(scenes(2)) as stash:
        data(stash, "mutation{sceneDestroy(input:{id:1}) other:sceneDestroy(input:{id:2,delete_file:true})}")
        _scan(stash)
        found = data(stash, "{findScenes{scenes{id title files{path}}}}")["findScenes"]["scenes"]

    assert found == [{"id": "3", "title": "", "files": [{"path": "/media/stash/1.mp4"}]}]


def test_dates_may_be_partial_but_not_nonsense() -> None:
    query = "mutation($d:String){sceneUpdate(input:{id:1,date:$d}){date}}"
    with StashDouble(scenes(1)) as stash:
        for date in ("2024", "2024-03", "2024-03-15", None):
            assert data(stash, query, {"d": date})["sceneUpdate"]["date"] == date
        refused = stash.graphql(query, {"d": "2024-13"})

    assert refused["errors"][0]["message"].startswith("converting date: ")


def test_a_mutation_that_is_refused_changes_nothing() -> None:
    refused = (
        'sceneUpdate(input:{id:1,title:"new",tag_ids:[99]}){id}',
        'scenesUpdate(input:[{id:1,title:"new"},{id:2,studio_id:99}]){id}',
        'bulkSceneUpdate(input:{ids:[1,99],title:"new"}){id}',
        'sceneMerge(input:{source:[2],destination:1,values:{id:1,title:"new",date:"x"}}){id}',
        'tagUpdate(input:{id:1,name:"new",parent_ids:[99]}){id}',
    )
    with StashDouble({**scenes(2), "tags": ["old"]}) as stash:
        before = requests.get(f"{stash.url}/__double__/state", timeout=10).json()
        stash.advance(60)
        for mutation in refused:
            assert stash.graphql(f"mutation{{{mutation}}}")["errors"]
        after = requests.get(f"{stash.url}/__double__/state", timeout=10).json()

    assert {**after, "now": ""} == {**before, "now": ""}
