"""Which change fires which hook, when `updated_at` moves, and what happens to hooks that go wrong."""

import gc
import os
import signal
import socket
import struct
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest

from tests.contract.stash.support import SCENE_UPDATE, alive, data, scenes, updated_at, wait_for, write_plugin
from tests.doubles.stash import StashDouble

KINDS = ("Scene", "Performer", "Studio", "Tag", "Group", "Movie", "SceneMarker")
EVERY_HOOK = [f"{kind}.{event}.Post" for kind in KINDS for event in ("Create", "Update", "Destroy")]
EVERY_HOOK.append("Tag.Merge.Post")

LIBRARY: dict[str, Any] = {
    "tags": [{"id": 1, "name": "Tag"}, {"id": 2, "name": "Other tag"}, {"id": 3, "name": "Garden"}],
    "performers": [{"id": 1, "name": "Jane"}],
    "studios": [{"id": 1, "name": "Studio"}],
    "groups": [{"id": 1, "name": "Group"}],
    "scenes": [
        {
            "id": 1,
            "title": "One",
            "studio": 1,
            "performers": [1],
            "tags": [1, 2],
            "groups": [1],
            "created_at": "2020-01-01T00:00:00Z",
            "files": [
                {"id": 1, "path": "/media/stash/garden.1.mp4"},
                {"id": 4, "path": "/media/stash/second.mp4"},
            ],
        },
        {"id": 2, "created_at": "2020-01-01T00:00:00Z", "files": [{"id": 2, "path": "/media/stash/2.mp4"}]},
        {"id": 3, "created_at": "2020-01-01T00:00:00Z", "files": [{"id": 3, "path": "/media/stash/3.mp4"}]},
    ],
}

# mutation -> hooks it fires (type and id), and whether the updated_at of scene 1 moves.
TABLE: list[tuple[str, list[tuple[str, int]], bool]] = [
    ('sceneUpdate(input:{id:1,title:"x"}){id}', [(SCENE_UPDATE, 1)], True),
    ("sceneUpdate(input:{id:1,primary_file_id:4}){id}", [(SCENE_UPDATE, 1)], True),
    ("scenesUpdate(input:[{id:2},{id:1}]){id}", [(SCENE_UPDATE, 2), (SCENE_UPDATE, 1)], True),
    ("bulkSceneUpdate(input:{ids:[1,2],rating100:50}){id}", [(SCENE_UPDATE, 1), (SCENE_UPDATE, 2)], True),
    ('sceneCreate(input:{title:"x"}){id}', [("Scene.Create.Post", 4)], False),
    ("sceneDestroy(input:{id:2})", [("Scene.Destroy.Post", 2)], False),
    ("scenesDestroy(input:{ids:[2,3]})", [("Scene.Destroy.Post", 2), ("Scene.Destroy.Post", 3)], False),
    ("sceneMerge(input:{source:[2,3],destination:1}){id}", [], True),
    ("sceneAssignFile(input:{scene_id:2,file_id:4})", [], False),
    ('moveFiles(input:{ids:[1],destination_folder:"/media/stash/new"})', [], False),
    ("deleteFiles(ids:[4])", [], False),
    ("sceneAddPlay(id:1){count}", [], False),
    ("sceneAddO(id:1){count}", [], False),
    ("sceneSaveActivity(id:1,resume_time:3,playDuration:4)", [], False),
    ("sceneResetO(id:1)", [], False),
    ("sceneResetPlayCount(id:1)", [], False),
    ('performerCreate(input:{name:"x"}){id}', [("Performer.Create.Post", 2)], False),
    ('performerUpdate(input:{id:1,name:"x"}){id}', [("Performer.Update.Post", 1)], False),
    ("performerDestroy(input:{id:1})", [("Performer.Destroy.Post", 1)], False),
    ("performersDestroy(ids:[1])", [("Performer.Destroy.Post", 1)], False),
    ('studioCreate(input:{name:"x"}){id}', [("Studio.Create.Post", 2)], False),
    ('studioUpdate(input:{id:1,name:"x"}){id}', [("Studio.Update.Post", 1)], False),
    ("studioDestroy(input:{id:1})", [("Studio.Destroy.Post", 1)], False),
    ('tagCreate(input:{name:"x"}){id}', [("Tag.Create.Post", 4)], False),
    ('tagUpdate(input:{id:1,name:"x"}){id}', [("Tag.Update.Post", 1)], False),
    ("tagDestroy(input:{id:1})", [("Tag.Destroy.Post", 1)], False),
    ("tagsDestroy(ids:[1,2])", [("Tag.Destroy.Post", 1), ("Tag.Destroy.Post", 2)], False),
    ("tagsMerge(input:{source:[2],destination:1}){id}", [("Tag.Merge.Post", 1)], False),
    ('groupCreate(input:{name:"x"}){id}', [("Group.Create.Post", 2), ("Movie.Create.Post", 2)], False),
    ('groupUpdate(input:{id:1,name:"x"}){id}', [("Group.Update.Post", 1), ("Movie.Update.Post", 1)], False),
    ("groupDestroy(input:{id:1})", [("Group.Destroy.Post", 1), ("Movie.Destroy.Post", 1)], False),
    # What ends in a job:
    ("sceneGenerateScreenshot(id:1,at:3)", [], True),
    ("metadataGenerate(input:{covers:true})", [], True),
    ('metadataAutoTag(input:{tags:["*"]})', [], True),
    ("metadataScan(input:{})", [], False),
    ("metadataScan(input:{rescan:true})", [(SCENE_UPDATE, 1), (SCENE_UPDATE, 2), (SCENE_UPDATE, 3)], False),
    ("metadataClean(input:{dryRun:false})", [], False),
]


@pytest.fixture(scope="module")
def every_hook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plugins = write_plugin(tmp_path_factory.mktemp("plugins"), hooks=EVERY_HOOK)
    (plugins / "Probe" / "run.py").write_text("")  # nothing imported: it only has to be started
    return plugins


@pytest.mark.parametrize(("mutation", "hooks", "moves"), TABLE, ids=[row[0].partition("(")[0] for row in TABLE])
def test_hooks_and_updated_at(every_hook: Path, mutation: str, hooks: list[tuple[str, int]], moves: bool) -> None:
    with StashDouble(LIBRARY, plugins=every_hook) as stash:
        before = updated_at(stash, 1)
        data(stash, f"mutation{{{mutation}}}")
        for job in stash.stash.jobs.queue():
            stash.wait_for_job(job.id)

        assert [(run["type"], run["id"]) for run in stash.hook_runs] == hooks
        assert (updated_at(stash, 1) != before) is moves


def test_timestamps_have_a_resolution_of_one_second(every_hook: Path) -> None:
    with StashDouble(LIBRARY) as stash:
        stash.save(1, title="a")
        stash.advance(2)
        first = updated_at(stash, 1)
        stash.save(1, title="b")

        assert len(first) == len("2026-11-21T03:19:31Z")
        assert updated_at(stash, 1) > first


def test_renames_and_merges_show_in_scenes_that_did_not_move(every_hook: Path) -> None:
    query = '{findScene(id:"1"){updated_at tags{id name} studio{name} performers{name}}}'
    with StashDouble(LIBRARY) as stash:
        before = data(stash, query)["findScene"]
        data(stash, 'mutation{tagUpdate(input:{id:1,name:"Renamed"}){id} studioDestroy(input:{id:1})}')
        data(stash, "mutation{tagsMerge(input:{source:[2],destination:1}){aliases} performerDestroy(input:{id:1})}")
        after = data(stash, query)["findScene"]

    assert after == {
        "updated_at": before["updated_at"],
        "tags": [{"id": "1", "name": "Renamed"}],
        "studio": None,
        "performers": [],
    }


def test_a_save_waits_for_its_hooks_and_shows_what_they_changed(tmp_path: Path) -> None:
    body = """
if hook["input"]["title"] != "from the hook":
    ask('mutation{sceneUpdate(input:{id:1,title:"from the hook"}){id}}')
"""
    with StashDouble(scenes(1), plugins=write_plugin(tmp_path, body)) as stash:
        saved = data(stash, 'mutation{sceneUpdate(input:{id:1,title:"mine"}){title}}')

        assert saved["sceneUpdate"]["title"] == "from the hook"
        assert all(run["exit_code"] == 0 for run in stash.hook_runs)


def test_a_save_does_not_return_before_a_slow_hook(tmp_path: Path) -> None:
    flag = tmp_path / "go on"
    body = f"while not os.path.exists({str(flag)!r}): time.sleep(0.01)"
    with StashDouble(scenes(1), plugins=write_plugin(tmp_path / "plugins", body)) as stash:
        saving = threading.Thread(target=stash.save, args=(1,), kwargs={"title": "x"})
        saving.start()
        wait_for(lambda: stash.hook_runs)
        assert data(stash, '{findScene(id:"1"){title}}')["findScene"]["title"] == "x"
        assert saving.is_alive()
        flag.touch()
        saving.join(10)
        assert not saving.is_alive()


def test_one_process_an_entry_in_the_order_of_the_folders(tmp_path: Path) -> None:
    extra = f"  - {{name: second, triggeredBy: [{SCENE_UPDATE}]}}\n"
    write_plugin(tmp_path, plugin="B", extra=extra)
    write_plugin(tmp_path, plugin="A")
    with StashDouble(scenes(2), plugins=tmp_path) as stash:
        stash.bulk_save([1, 2], organized=True)

        runs = [(run["plugin"], run["id"]) for run in stash.hook_runs]
    assert runs == [("A", 1), ("B", 1), ("B", 1), ("A", 2), ("B", 2), ("B", 2)]


def test_a_failing_hook_does_not_fail_the_save(tmp_path: Path) -> None:
    write_plugin(tmp_path, "answer(error='no good')\nsys.exit(3)", plugin="A")
    write_plugin(tmp_path, "sys.exit(3)", plugin="B")
    with StashDouble(scenes(1), plugins=tmp_path) as stash:
        stash.save(1, title="x")

        assert [(run["exit_code"], run["error"]) for run in stash.hook_runs] == [
            (3, "no good"),
            (3, "exit status 3"),
        ]
        assert [line["message"] for line in stash.log if line["level"] == "Error"] == [
            "Scene.Update.Post [A name]: returned error: no good",
            "Scene.Update.Post [B name]: returned error: exit status 3",
        ]


def test_a_plugin_that_cannot_start_takes_the_later_ones_with_it(tmp_path: Path) -> None:
    (write_plugin(tmp_path, plugin="A") / "A" / "A.yml").write_text(
        f"name: A\nexec: [no-such-program]\nhooks:\n  - {{name: h, triggeredBy: [{SCENE_UPDATE}]}}\n"
    )
    write_plugin(tmp_path, plugin="B")
    with StashDouble(scenes(1), plugins=tmp_path) as stash:
        stash.save(1, title="x")

        assert [run["plugin"] for run in stash.hook_runs] == ["A"]
        assert any(line["message"].startswith("error executing post hooks: ") for line in stash.log)


def test_a_disabled_plugin_gets_no_hooks(tmp_path: Path) -> None:
    with StashDouble(scenes(1), plugins=write_plugin(tmp_path)) as stash:
        data(stash, "mutation{setPluginsEnabled(enabledMap:{Probe:false})}")
        stash.save(1, title="x")
        assert stash.hook_runs == []
        assert data(stash, "{plugins{enabled}}")["plugins"] == [{"enabled": False}]

        data(stash, "mutation{setPluginsEnabled(enabledMap:{Probe:true})}")
        stash.save(1, title="y")
        assert len(stash.hook_runs) == 1


def test_a_client_that_leaves_kills_the_hook_and_spares_the_rest(tmp_path: Path) -> None:
    """The change itself stays."""
    body = "if hook['id'] == 1: time.sleep(60)"
    with StashDouble(scenes(3), plugins=write_plugin(tmp_path, body)) as stash:
        query = '{"query":"mutation{bulkSceneUpdate(input:{ids:[1,2],title:\\"new\\"}){id}}"}'
        client = socket.create_connection(("127.0.0.1", int(stash.url.rpartition(":")[2])))
        client.sendall(
            f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(query)}\r\n\r\n{query}".encode()
        )
        run = wait_for(lambda: stash.hook_runs)[0]
        assert alive(run["pid"])
        client.close()

        wait_for(lambda: [line for line in stash.log if "operation cancelled" in line["message"]])
        assert not alive(run["pid"])
        stash.save(3, title="later")
        assert [(run["id"], run["exit_code"], run["killed"]) for run in stash.hook_runs] == [
            (1, -signal.SIGKILL, True),
            (3, 0, False),
        ]
        titles = data(stash, "{findScenes{scenes{title}}}")["findScenes"]["scenes"]
        assert titles == [{"title": "new"}, {"title": "new"}, {"title": "later"}]


def test_a_client_that_sends_its_next_request_early_has_not_left(tmp_path: Path) -> None:
    flag = tmp_path / "go on"
    body = f"while not os.path.exists({str(flag)!r}): time.sleep(0.01)"
    with StashDouble(scenes(1), plugins=write_plugin(tmp_path / "plugins", body)) as stash:
        query = '{"query":"mutation{sceneUpdate(input:{id:1,title:\\"new\\"}){id}}"}'
        request = (
            f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(query)}\r\n\r\n{query}"
        ).encode()
        with socket.create_connection(("127.0.0.1", int(stash.url.rpartition(":")[2]))) as client:
            client.sendall(request)
            wait_for(lambda: stash.hook_runs)
            client.sendall(request)
            flag.touch()
            wait_for(lambda: len(stash.hook_runs) == 2 and stash.hook_runs[1]["exit_code"] == 0)
        assert [run["exit_code"] for run in stash.hook_runs] == [0, 0]


def unclosed() -> int:
    """How many things that nobody holds any more were never closed."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        gc.collect()
    return len(found)


def test_clients_that_leave_before_they_are_answered_leave_no_connection_open() -> None:
    query = '{"query":"{findScenes{scenes{title}}}"}'
    head = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(query)}\r\n\r\n{query}".encode()
    unclosed()  # what others left
    with StashDouble(scenes(1)) as stash:
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", int(stash.url.rpartition(":")[2]))) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.sendall(3 * request)
        wait_for(lambda: not any(thread.name == "stash request" for thread in threading.enumerate()))
    assert unclosed() == 0


def test_a_hook_that_changes_its_own_scene_runs_ten_times(tmp_path: Path) -> None:
    body = "ask('mutation{sceneUpdate(input:{id:1,title:\"again\"}){id}}')"
    with StashDouble(scenes(1), plugins=write_plugin(tmp_path, body)) as stash:
        stash.save(1, title="x")

        assert len(stash.hook_runs) == 10
        assert any("already triggered, not re-triggering" in line["message"] for line in stash.log)


def test_the_loop_count_survives_a_task(tmp_path: Path) -> None:
    """A task that a hook queued still knows which hooks it comes from."""
    body = """
if hook:
    ask('mutation{runPluginTask(plugin_id:"Probe",args_map:{mode:"save"})}')
else:
    ask('mutation{sceneUpdate(input:{id:1,title:"again"}){id}}')
"""
    with StashDouble(scenes(1), plugins=write_plugin(tmp_path, body)) as stash:
        stash.save(1, title="x")
        wait_for(lambda: len(stash.runs) == 20 and not stash.stash.jobs.queue(), "ten hooks and ten tasks")

        assert len(stash.hook_runs) == 10


def test_a_detached_child_lives_on_and_holds_nothing_up(tmp_path: Path) -> None:
    body = """
quiet = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True, **quiet)
answer(child.pid)
"""
    with StashDouble(scenes(1), plugins=write_plugin(tmp_path, body)) as stash:
        stash.save(1, title="x")
        child = stash.hook_runs[0]["output"]
        stash.stop()

        assert alive(child)
        os.kill(child, signal.SIGKILL)


def test_a_child_with_standard_output_holds_the_hook_up(tmp_path: Path) -> None:
    flag = tmp_path / "go on"
    waiting = f"import os, time\nwhile not os.path.exists({str(flag)!r}): time.sleep(0.01)"
    body = f"""
subprocess.Popen([sys.executable, "-c", {waiting!r}], stderr=subprocess.DEVNULL)
answer("parent is done")
"""
    with StashDouble(scenes(1), plugins=write_plugin(tmp_path / "plugins", body)) as stash:
        saving = threading.Thread(target=stash.save, args=(1,), kwargs={"title": "x"})
        saving.start()
        wait_for(lambda: stash.hook_runs and stash.hook_runs[0]["exit_code"] == 0, "the parent's end")
        assert saving.is_alive()
        flag.touch()
        saving.join(10)
        assert stash.hook_runs[0]["output"] == "parent is done"


@pytest.mark.parametrize(
    ("printed", "output", "error"),
    [
        ('{"output": {"a": 1}}', {"a": 1}, None),
        ('{"error": "bad", "output": 1}', 1, "bad"),
        ("{}", None, None),
        ("null", None, None),
        ("no json", "no json\n", None),
        ("[1, 2]", "[1, 2]\n", None),
        ('{"error": 5}', '{"error": 5}\n', None),
    ],
)
def test_how_standard_output_is_read(tmp_path: Path, printed: str, output: Any, error: str | None) -> None:
    with StashDouble(scenes(1), plugins=write_plugin(tmp_path, f"print({printed!r})")) as stash:
        stash.save(1, title="x")

        run = stash.hook_runs[0]
        assert (run["output"], run["error"]) == (output, error)
