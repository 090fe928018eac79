"""The double as a program, its control API, and what goes over the wire."""

import gzip
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.contract.stash.support import alive, data, post, scenes, wait_for, write_plugin
from tests.doubles.common.generated import STASH_ROOT, generated_scene
from tests.doubles.stash import StashDouble

REPOSITORY = Path(__file__).parents[3]


@contextmanager
def _program(*options: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.doubles.stash", *options],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"], process
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.wait(20)


def _ask(url: str, query: str, **headers: str) -> requests.Response:
    return requests.post(f"{url}/graphql", json={"query": query}, headers=headers, timeout=10)


def test_it_says_where_it_listens_and_ends_with_its_standard_input(tmp_path: Path) -> None:
    write_plugin(tmp_path / "plugins", "say('p', '0.1'); time.sleep(60)")
    library = tmp_path / "library.json"
    library.write_text(json.dumps({"scenes": [{"id": 1000, "title": "From the file", "cover": "cover.png"}]}))
    (tmp_path / "cover.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    options = ["--port", "0", "--generate", "3", "--library", str(library), "--plugins", str(tmp_path / "plugins")]
    options += ["--password", "me:secret", "--api-key", "key", "--python", sys.executable, "--stash-version", "v1"]
    with _program(*options) as (url, process):
        assert _ask(url, "{version{version}}").status_code == 401
        asked = _ask(url, "{version{version} findScenes{scenes{title}}}", ApiKey="key").json()["data"]
        assert asked["version"] == {"version": "v1"}
        assert [scene["title"] for scene in asked["findScenes"]["scenes"]] == [
            *(generated_scene(n).title for n in (1, 2, 3)),
            "From the file",
        ]
        assert requests.get(f"{url}/scene/1000/screenshot?apikey=key", timeout=10).content.startswith(b"\x89PNG")
        _ask(url, 'mutation{runPluginTask(plugin_id:"Probe",task_name:"Task")}', ApiKey="key")
        pid = (
            wait_for(lambda: requests.get(f"{url}/__double__/progress", timeout=10).json())
            and (requests.get(f"{url}/__double__/runs", timeout=10).json()[0]["pid"])
        )

    assert process.returncode == 0
    assert alive(pid)
    os.kill(pid, signal.SIGKILL)


def test_reading_scenes_can_take_as_long_as_a_real_stash_takes() -> None:
    with _program("--generate", "100", "--read-cost") as (url, _):
        asked = "{findScenes(filter:{per_page:-1}){scenes{title tags{id} performers{id}}}}"
        assert _ask(url, asked).elapsed.total_seconds() >= 100 * 0.0026


def test_the_end_of_the_program_kills_the_hook_of_a_pending_request(tmp_path: Path) -> None:
    write_plugin(tmp_path, "time.sleep(60)")
    with _program("--generate", "1", "--plugins", str(tmp_path)) as (url, process):
        client = http.client.HTTPConnection(url.removeprefix("http://"))
        body = json.dumps({"query": 'mutation{sceneUpdate(input:{id:1,title:"x"}){id}}'})
        client.request("POST", "/graphql", body, {"Content-Type": "application/json"})
        pid = wait_for(lambda: requests.get(f"{url}/__double__/hooks", timeout=10).json())[0]["pid"]
        assert process.stdin is not None
        process.stdin.close()
        process.wait(20)
        client.close()

    wait_for(lambda: not alive(pid))


def test_the_generated_library_is_the_shared_one() -> None:
    query = """{findScene(id:7){title details director date rating100 organized studio{name parent_studio{name}}
        performers{name gender} tags{name} files{path size duration} updated_at}}"""
    made = generated_scene(7)
    with StashDouble(generate=20) as stash:
        scene = data(stash, query)["findScene"]
        cover = requests.get(f"{stash.url}/scene/7/screenshot", timeout=10)
        other = requests.get(f"{stash.url}/scene/8/screenshot", timeout=10)

    assert scene["files"] == [{"path": made.path(STASH_ROOT), "size": made.size, "duration": made.duration}]
    assert [(p["name"], p["gender"]) for p in scene["performers"]] == [(p.name, p.gender) for p in made.performers]
    assert sorted(tag["name"] for tag in scene["tags"]) == sorted(made.tags)
    parent = scene["studio"]["parent_studio"]
    assert (scene["studio"]["name"], parent and parent["name"]) == (made.studio, made.parent_studio)
    for name in ("title", "details", "director", "date", "rating100", "organized"):
        assert scene[name] == getattr(made, name)
    assert cover.headers["Content-Type"] == "image/png"
    assert cover.content != other.content


def test_keyset_pages_reach_every_scene_once() -> None:
    query = """query($after:Int!){findScenes(scene_filter:{id:{value:$after,modifier:GREATER_THAN}},
        filter:{per_page:100,sort:"id",direction:ASC}){scenes{id updated_at files{path size}}}}"""
    seen: list[int] = []
    with StashDouble(generate=450) as stash:
        while True:
            page = data(stash, query, {"after": seen[-1] if seen else 0})["findScenes"]["scenes"]
            if not page:
                break
            seen += [int(scene["id"]) for scene in page]
        assert stash.counts()["fields"] == {"findScenes": 6}

    assert seen == list(range(1, 451))


def _control(stash: StashDouble, method: str, path: str, **body: Any) -> Any:
    answer = requests.request(method, f"{stash.url}/__double__/{path}", json=body, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_counts_are_of_clients_only(tmp_path: Path) -> None:
    plugins = write_plugin(tmp_path, "ask('{findScene(id:1){id}}')")
    with StashDouble(scenes(2), plugins=plugins) as stash:
        stash.save(1, title="x")
        post(stash, "query A{findScene(id:1){id}} query B{version{version}}")
        post(stash, "fragment F on Query{findScenes{count}} {...F a:version{hash} ...on Query{systemStatus{status}}}")
        post(stash, "mutation{sceneAddPlay(id:1){count}}")
        requests.get(f"{stash.url}/scene/1/screenshot", timeout=10)
        counts = _control(stash, "GET", "counts")

        assert counts == stash.counts()
        assert (counts["requests"], counts["graphql"], counts["writes"], counts["images"]) == (5, 4, 1, 1)
        expected = ("findScene", "findScenes", "version", "systemStatus", "sceneAddPlay")
        assert counts["statuses"] == {"200": 4, "422": 1}
        assert counts["fields"] == dict.fromkeys(expected, 1)
        assert [r["status"] for r in _control(stash, "GET", "requests")] == [200, 422, 200, 200, 200]
        _control(stash, "DELETE", "counts")
        assert stash.counts()["requests"] == 0
        assert stash.requests == []


def test_the_control_api(tmp_path: Path) -> None:
    with StashDouble(scenes(2), plugins=write_plugin(tmp_path, "say('i', 'hello')")) as stash:
        stash.save(1, title="x")
        state = _control(stash, "GET", "state")
        assert [scene["title"] for scene in state["scenes"]] == ["x", "Scene 2"]
        assert state["plugins"] == ["Probe"]
        assert _control(stash, "GET", "hooks")[0]["exit_code"] == 0
        assert _control(stash, "GET", "runs")[0]["kind"] == "hook"
        assert _control(stash, "GET", "log")[0]["message"] == "hello"
        _control(stash, "DELETE", "log")
        assert stash.log == []

        _control(stash, "POST", "faults", kind="status", status=500, count=None)
        assert _control(stash, "GET", "faults")[0]["status"] == 500
        assert post(stash, "{version{hash}}").status_code == 500
        _control(stash, "DELETE", "faults")
        assert post(stash, "{version{hash}}").status_code == 200

        _control(stash, "POST", "jobs/hold", held=True)
        stash.run_task("Probe", "Task")
        assert [job["status"] for job in _control(stash, "GET", "jobs")] == ["READY"]
        _control(stash, "POST", "jobs/hold", held=False)

        before = _control(stash, "GET", "state")["now"]
        _control(stash, "POST", "advance", seconds=3600)
        assert _control(stash, "GET", "state")["now"][:13] != before[:13]

        unknown = requests.get(f"{stash.url}/__double__/nothing", timeout=10)
        assert unknown.status_code == 404
        assert "POST /__double__/faults" in unknown.json()["known"]


def test_long_answers_come_in_chunks_and_compressed_to_those_who_take_it() -> None:
    query = json.dumps({"query": "{findScenes(filter:{per_page:-1}){scenes{id title}}}"})
    with StashDouble(generate=200) as stash:
        client = http.client.HTTPConnection(stash.url.removeprefix("http://"))
        bodies = []
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            client.request("POST", "/graphql", query, {"Content-Type": "application/json", **headers})
            answer = client.getresponse()
            assert answer.getheader("Transfer-Encoding") == "chunked"
            bodies.append(answer.read())
        assert answer.getheader("Content-Encoding") == "gzip"
        client.close()

    assert json.loads(bodies[0]) == json.loads(gzip.decompress(bodies[1]))
    assert len(bodies[1]) < len(bodies[0])


def test_a_library_that_is_changed_while_it_is_read() -> None:
    with StashDouble(generate=300) as stash:
        ended: list[int] = []
        reading = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    "import json,sys,urllib.request as u\n"
                    "q='{findScenes(filter:{per_page:-1}){count scenes{id tags{name}}}}'\n"
                    "b=json.dumps({'query':q}).encode()\n"
                    "for _ in range(10):\n"
                    "  with u.urlopen(u.Request(sys.argv[1],b,{'Content-Type':'application/json'})) as a:\n"
                    "    assert 'errors' not in json.load(a)\n",
                    f"{stash.url}/graphql",
                ]
            )
            for _ in range(2)
        ]
        for n in range(1, 101):
            stash.graphql(f"mutation{{sceneDestroy(input:{{id:{n}}})}}")
            stash.graphql('mutation{sceneCreate(input:{title:"x",tag_ids:[1]}){id}}')
        ended = [process.wait(30) for process in reading]

        assert ended == [0, 0]
        assert data(stash, "{findScenes{count}}")["findScenes"]["count"] == 300
