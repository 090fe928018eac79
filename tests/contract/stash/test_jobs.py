"""Plugin tasks in Stash's serial queue: progress, stop, and that they end FINISHED however they end."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.stash.support import alive, data, post, scenes, wait_for, write_plugin
from tests.doubles.stash import StashDouble

RUN = """mutation($task:String,$args:Map,$text:String){
    runPluginTask(plugin_id:"Probe",task_name:$task,args_map:$args,description:$text)}"""
SLEEP = "say('p', '0.25'); time.sleep(60)"


def _queue(stash: StashDouble) -> list[tuple[str, str]] | None:
    jobs = data(stash, "{jobQueue{status description}}")["jobQueue"]
    return None if jobs is None else [(job["status"], job["description"]) for job in jobs]


def test_one_after_the_other_and_null_when_empty(tmp_path: Path) -> None:
    with StashDouble({}, plugins=write_plugin(tmp_path)) as stash:
        assert _queue(stash) is None
        stash.stash.jobs.hold(True)
        first = int(data(stash, RUN, {"task": "Task"})["runPluginTask"])
        second = int(data(stash, RUN, {"args": {}, "text": "my words"})["runPluginTask"])
        third = int(data(stash, RUN, {})["runPluginTask"])
        assert _queue(stash) == [
            ("READY", "Running plugin task: Task"),
            ("READY", "Running plugin task: my words"),
            ("READY", "Running plugin task: Probe"),
        ]
        stash.stash.jobs.hold(False)

        assert [stash.wait_for_job(job)["status"] for job in (first, second, third)] == ["FINISHED"] * 3
        assert (first, second, third) == (1, 2, 3)
        assert _queue(stash) is None


def test_progress_is_shown_and_clamped(tmp_path: Path) -> None:
    flag = tmp_path / "go on"
    body = f"say('p', '7'); say('p', 'x'); say('p', '0.5')\nwhile not os.path.exists({str(flag)!r}): time.sleep(0.01)"
    with StashDouble({}, plugins=write_plugin(tmp_path / "plugins", body)) as stash:
        job = stash.run_task("Probe", "Task")
        wait_for(lambda: len(stash.progress) == 2)
        shown = data(stash, f"{{findJob(input:{{id:{job}}}){{status progress startTime endTime}}}}")["findJob"]
        flag.touch()

        assert (shown["status"], shown["progress"], shown["endTime"]) == ("RUNNING", 0.5, None)
        assert stash.progress == [(job, "Probe", 7.0), (job, "Probe", 0.5)]
        assert stash.wait_for_job(job)["status"] == "FINISHED"
        assert any("Error parsing progress value 'x'" in line["message"] for line in stash.log)


def test_stop_kills_at_once(tmp_path: Path) -> None:
    with StashDouble({}, plugins=write_plugin(tmp_path, SLEEP)) as stash:
        job = stash.run_task("Probe", "Task")
        wait_for(lambda: stash.progress)
        pid = stash.runs[0]["pid"]
        stash.stop_job(job)

        assert stash.wait_for_job(job)["status"] == "CANCELLED"
        wait_for(lambda: not alive(pid))
        assert wait_for(lambda: stash.runs[0]["exit_code"]) == -signal.SIGKILL
        assert "Plugin returned error: signal: killed" in [line["message"] for line in stash.log]


def test_stop_of_a_waiting_job_and_of_all(tmp_path: Path) -> None:
    with StashDouble({}, plugins=write_plugin(tmp_path, SLEEP)) as stash:
        jobs = [stash.run_task("Probe", "Task") for _ in range(3)]
        wait_for(lambda: stash.progress)
        stash.stop_job(jobs[1])
        assert stash.wait_for_job(jobs[1])["status"] == "CANCELLED"
        data(stash, "mutation{stopAllJobs}")

        assert [stash.wait_for_job(job)["status"] for job in jobs] == ["CANCELLED"] * 3
        assert len(stash.runs) == 1


@pytest.mark.parametrize("body", ["sys.exit(5)", "answer(error='bad')", "os.kill(os.getpid(), 9)", "1 / 0"])
def test_a_task_is_finished_however_it_ends(tmp_path: Path, body: str) -> None:
    with StashDouble({}, plugins=write_plugin(tmp_path, body)) as stash:
        ended = stash.wait_for_job(stash.run_task("Probe", "Task"))

        assert (ended["status"], ended["error"]) == ("FINISHED", None)
        assert any(line["message"].startswith("Plugin returned error: ") for line in stash.log)


@pytest.mark.parametrize(
    ("variables", "disabled", "error"),
    [
        ({"task": "No such"}, False, "Error creating plugin task: no task with name No such in plugin Probe name"),
        ({"task": "Task"}, True, "Error creating plugin task: plugin Probe is disabled"),
    ],
)
def test_what_cannot_begin_fails_when_its_turn_comes(
    tmp_path: Path, variables: dict[str, Any], disabled: bool, error: str
) -> None:
    with StashDouble({}, plugins=write_plugin(tmp_path)) as stash:
        data(stash, "mutation($m:BoolMap!){setPluginsEnabled(enabledMap:$m)}", {"m": {"Probe": not disabled}})
        ended = stash.wait_for_job(int(data(stash, RUN, variables)["runPluginTask"]))

        assert (ended["status"], ended["error"], ended["progress"]) == ("FAILED", error, 0)
        assert f"task failed due to error: {error}" in [line["message"] for line in stash.log]


def test_the_last_ten_jobs_are_remembered(tmp_path: Path) -> None:
    with StashDouble({}, plugins=write_plugin(tmp_path)) as stash:
        for _ in range(12):
            job = int(data(stash, "mutation{metadataScan(input:{})}")["metadataScan"])
            stash.wait_for_job(job)
        found = [data(stash, f"{{findJob(input:{{id:{n}}}){{id}}}}")["findJob"] for n in (1, 2, 3, 12)]

    assert found == [None, None, {"id": "3"}, {"id": "12"}]


def test_args_as_list(tmp_path: Path) -> None:
    body = "answer(args)"
    query = """mutation{runPluginTask(plugin_id:"Probe",task_name:"Task",args:[
        {key:"a",value:{i:1}},{key:"b",value:{a:[{str:"x"},{b:true}]}},{key:"c",value:{o:[{key:"d",value:{f:1.5}}]}}])}"""
    with StashDouble({}, plugins=write_plugin(tmp_path, body)) as stash:
        stash.wait_for_job(int(data(stash, query)["runPluginTask"]))

        assert stash.runs[0]["output"] == {"a": 1, "b": ["x", True], "c": {"d": 1.5}, "mode": "Task"}


def test_an_operation_answers_in_the_request(tmp_path: Path) -> None:
    body = "answer({'got': args}, error=args.get('fail'))"
    query = "mutation($p:ID!,$a:Map){runPluginOperation(plugin_id:$p,args:$a)}"
    with StashDouble({}, plugins=write_plugin(tmp_path, body)) as stash:
        good = data(stash, query, {"p": "Probe", "a": {"n": 1}})
        bad = post(stash, query, {"p": "Probe", "a": {"fail": "no"}}).json()
        unknown = post(stash, query, {"p": "Nope"}).json()

    assert good["runPluginOperation"] == {"got": {"n": 1}}
    assert bad == {"errors": [{"message": "no", "path": ["runPluginOperation"]}], "data": {"runPluginOperation": None}}
    assert unknown["errors"][0]["message"].startswith("Internal system error")


def test_settings_are_replaced_as_a_whole(tmp_path: Path) -> None:
    library = {"plugin_settings": {"Probe": {"a": 1, "b": 2}, "Other": {"c": 3}}}
    query = '{configuration{plugins(include:["Probe","Third"])}}'
    with StashDouble(library, plugins=write_plugin(tmp_path)) as stash:
        assert data(stash, query)["configuration"]["plugins"] == {"Probe": {"a": 1, "b": 2}}
        stash.settings("Probe", undeclared="kept")

        assert data(stash, query)["configuration"]["plugins"] == {"Probe": {"undeclared": "kept"}}
        assert data(stash, "{configuration{plugins}}")["configuration"]["plugins"]["Other"] == {"c": 3}


def test_the_end_of_stash_leaves_tasks_alone_and_forgets_the_queue(tmp_path: Path) -> None:
    body = """
say("p", "0.1")
while True:
    try:
        say("i", "still here")
    except BrokenPipeError:
        break
    time.sleep(0.01)
sys.stderr = open(os.devnull, "w")
time.sleep(60)
"""
    with StashDouble(scenes(1), plugins=write_plugin(tmp_path, body)) as stash:
        stash.run_task("Probe", "Task")
        stash.run_task("Probe", "Task")
        wait_for(lambda: stash.progress)
        url, pid = stash.url, stash.runs[0]["pid"]
        stash.stop()
        assert alive(pid)
        stash.start()

        assert stash.url == url
        assert _queue(stash) is None
        assert data(stash, "{findScenes{count}}")["findScenes"]["count"] == 1
        assert stash.run_task("Probe", "No such") == 1
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not alive(pid))


def test_a_job_that_never_ends_holds_up_the_queue(tmp_path: Path) -> None:
    with StashDouble({}, plugins=write_plugin(tmp_path)) as stash:
        endless = requests.post(f"{stash.url}/__double__/jobs/endless", json={}, timeout=10).json()["id"]
        task = stash.run_task("Probe", "Task")
        wait_for(lambda: _queue(stash) == [("RUNNING", "Scanning..."), ("READY", "Running plugin task: Task")])
        assert data(stash, 'mutation{runPluginOperation(plugin_id:"Probe")}')["runPluginOperation"] == "ok"

        stash.stop_job(endless)
        assert stash.wait_for_job(endless)["status"] == "CANCELLED"
        assert stash.wait_for_job(task)["status"] == "FINISHED"


def test_operations_run_beside_each_other(tmp_path: Path) -> None:
    """Each waits until it sees the other, so one after the other would never end."""
    body = """
open(os.path.join(os.path.dirname(__file__), str(args["me"])), "w").close()
while not os.path.exists(os.path.join(os.path.dirname(__file__), str(3 - args["me"]))): time.sleep(0.01)
answer(args["me"])
"""
    query = 'mutation($a:Map){runPluginOperation(plugin_id:"Probe",args:$a)}'
    with StashDouble({}, plugins=write_plugin(tmp_path, body)) as stash, ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda me: data(stash, query, {"a": {"me": me}}), (1, 2)))

    assert answers == [{"runPluginOperation": 1}, {"runPluginOperation": 2}]


def test_an_operation_dies_with_its_client(tmp_path: Path) -> None:
    with StashDouble({}, plugins=write_plugin(tmp_path, "say('i', 'here'); time.sleep(60)")) as stash:
        query = 'mutation{runPluginOperation(plugin_id:"Probe")}'
        with pytest.raises(requests.ReadTimeout):
            post(stash, query, timeout=0.5)
        wait_for(lambda: stash.runs and stash.runs[0]["killed"])
        wait_for(lambda: not alive(stash.runs[0]["pid"]))


def test_settings_are_one_map_that_is_replaced_as_a_whole() -> None:
    configure = 'mutation($m:Map!){configurePlugin(plugin_id:"Probe",input:$m)}'
    asked = '{configuration{plugins(include:["Probe"])}}'
    with StashDouble({}) as stash:
        data(stash, configure, {"m": {"a": 1, "undeclared": {"deep": [True]}}})
        first = data(stash, asked)["configuration"]["plugins"]
        data(stash, configure, {"m": {"b": "x"}})
        second = data(stash, asked)["configuration"]["plugins"]

    assert first == {"Probe": {"a": 1, "undeclared": {"deep": [True]}}}
    assert second == {"Probe": {"b": "x"}}


def test_a_start_runs_no_plugin(tmp_path: Path) -> None:
    """Stash has no hook of its start: what stood in the queue is lost, and nothing wakes a plugin."""
    with StashDouble(scenes(1), plugins=write_plugin(tmp_path)) as stash:
        stash.stash.jobs.hold(True)
        stash.run_task("Probe", "Task")
        stash.stop()
        stash.start()

        assert _queue(stash) is None
        assert stash.runs == []
        stash.save(1, title="x")
        assert len(stash.runs) == 1
