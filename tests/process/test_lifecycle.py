"""When a worker starts, yields and ends; and what no process of ours ever writes down."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doubles.stash import StashDouble
from tests.support.harness import ROOT, Setup, eventually, hook_input, installed, plex_library, stash_library
from tests.support.tasks import answer, lines, run


def save_once(setup: Setup) -> None:
    setup.stash.save(1, title="One")
    eventually(lambda: setup.shows(1, title="One"))


def test_a_disabled_plugin_ends_its_worker(setup: Setup) -> None:
    save_once(setup)
    setup.stash.graphql("mutation { setPluginsEnabled(enabledMap: {PlexSync: false}) }")
    eventually(lambda: not setup.worker_pids())
    assert "the plugin is disabled or gone from Stash" in setup.log()


def test_a_removed_plugin_ends_its_worker(setup: Setup) -> None:
    save_once(setup)
    (setup.plugin / "PlexSync.yml").unlink()
    eventually(lambda: not setup.worker_pids())
    assert "the plugin was removed" in setup.log()


def test_an_updated_plugin_replaces_its_worker(setup: Setup) -> None:
    save_once(setup)
    before = setup.worker_pids()
    manifest = setup.plugin / "PlexSync.yml"
    manifest.write_text(manifest.read_text().replace("version: 1.0.0", "version: 1.0.1"))
    eventually(lambda: setup.worker_pids() not in ([], before) and len(setup.worker_pids()) == 1)
    setup.stash.save(2, title="Two")
    eventually(lambda: setup.shows(2, title="Two"))
    assert len(setup.worker_pids()) == 1


@pytest.mark.parametrize("name", ["worker/rounds.py", "plex/wire.py", "validation/errors.py"])
@pytest.mark.parametrize("left", [None, 0.5, 0.0], ids=["missing", "cut off", "emptied"])
def test_an_update_copied_in_part_is_named_and_what_was_saved_meanwhile_is_sent_after_it(
    setup: Setup, name: str, left: float | None
) -> None:
    file = setup.plugin / name
    whole = file.read_bytes()
    file.unlink() if left is None else file.write_bytes(cut(whole, left))
    setup.stash.save(1, title="Meanwhile")
    assert [run["exit_code"] for run in setup.stash.hook_runs] == [0]
    eventually(lambda: "PlexSync's own files do not fit together" in setup.log())
    assert "Python package" not in setup.log()
    assert "Delete the folder" not in setup.log()
    file.write_bytes(whole)
    eventually(lambda: not setup.worker_pids())
    setup.stash.save(2, title="Whole")
    eventually(lambda: setup.shows(1, title="Meanwhile") and setup.shows(2, title="Whole"))


def test_a_door_copied_in_part_is_named_in_one_sentence_and_not_taken_for_a_save(setup: Setup) -> None:
    (setup.plugin / "worker" / "hook.py").unlink()
    setup.stash.save(1, title="Unheard")
    (run,) = setup.stash.hook_runs
    assert run["exit_code"] != 0
    assert "Traceback" not in str(run)
    assert "PlexSync's own files do not fit together" in str(run)


def cut(content: bytes, share: float) -> bytes:
    """The first lines of a module, ended within a bracket, or nothing."""
    return content[: int(len(content) * share)] + b"\n(" if share else b""


def test_an_updated_plugin_replaces_its_worker_also_while_much_waits(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(120), plex_library(120)) as setup:
        save_once(setup)
        (before,) = setup.worker_pids()
        os.kill(before, signal.SIGSTOP)
        ids = [str(number) for number in range(1, 121)]
        change = "mutation ($i: BulkSceneUpdateInput!) { bulkSceneUpdate(input: $i) { id } }"
        setup.stash.graphql(change, {"i": {"ids": ids, "details": "For both workers."}})
        setup.plex.inject({"type": "slow", "kind": "edit", "seconds": 0.03, "count": None})
        setup.plex.reset_counts()
        os.kill(before, signal.SIGCONT)
        eventually(lambda: setup.plex.counts()["writes"])
        manifest = setup.plugin / "PlexSync.yml"
        manifest.write_text(manifest.read_text().replace("version: 1.0.0", "version: 1.0.1"))
        eventually(lambda: all(setup.shows(number, summary="For both workers.") for number in range(1, 121)), 60)
        written = [line for line in setup.log().splitlines() if line.endswith(": summary.")]
        assert 0 < sum(1 for line in written if f" {before} " in line) <= 50, "what it had begun, and no more"
        assert len(setup.worker_pids()) == 1


def test_a_worker_stays_while_stash_is_away_and_goes_on_by_itself(setup: Setup) -> None:
    save_once(setup)
    (pid,) = setup.worker_pids()
    setup.plex.stop()
    setup.stash.save(2, title="Two")
    eventually(lambda: setup.waiting() == [2])
    setup.stash.stop()
    eventually(lambda: "Stash does not answer" in setup.log())
    setup.plex.start()
    setup.stash.start()
    eventually(lambda: setup.shows(2, title="Two"))
    assert setup.worker_pids() == [pid]
    assert setup.log().count("Stash does not answer") == 1
    assert setup.log().count("Stash answers again.") == 1


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGHUP])
def test_a_worker_that_is_asked_to_end_finishes_the_write_it_is_at(tmp_path: Path, asked: signal.Signals) -> None:
    with installed(tmp_path, stash_library(20), plex_library(20)) as setup:
        save_once(setup)
        (pid,) = setup.worker_pids()
        os.kill(pid, signal.SIGSTOP)
        setup.stash.bulk_save(range(1, 21), details="To be sent.")
        setup.plex.inject({"type": "slow", "kind": "edit", "seconds": 1.0, "count": None})
        setup.plex.reset_counts()
        os.kill(pid, signal.SIGCONT)
        eventually(lambda: setup.plex.counts().get("edit", 0) >= 1)
        os.kill(pid, asked)
        eventually(lambda: not setup.worker_pids())
        setup.plex.clear_faults()
        assert f"The worker ends: it was asked to ({asked.name})." in setup.log()
        written = setup.plex.counts()["edit"]
        assert sum(setup.shows(number, summary="To be sent.") for number in range(1, 21)) == written < 20
        assert len(setup.waiting()) == 20 - written, "what was written is done, the rest waits"
        setup.stash.save(1, title="Anew")
        eventually(lambda: all(setup.shows(number, summary="To be sent.") for number in range(1, 21)) and setup.idle())
        assert setup.plex.counts()["edit"] <= 21, "no edit was made twice"
        assert "unforeseen" not in setup.log()


def killed(setup: Setup) -> None:
    """As when the machine is restarted: nobody is left who knew."""
    for pid in setup.worker_pids():
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not setup.worker_pids() and not setup.worker_runs())


def waits_while_plex_is_down(setup: Setup, scene: int, title: str) -> None:
    eventually(lambda: setup.waiting() == [])  # else Plex may stop while it answers what it shows already
    setup.plex.stop()
    setup.stash.save(scene, title=title)
    eventually(lambda: setup.waiting() == [scene])


def look(setup: Setup) -> dict[str, object]:
    """What the page does when it is loaded; the overview it shows."""
    arguments = {"operation": "look", "at": {"overview": {}}}
    query = 'mutation ($a: Map!) { runPluginOperation(plugin_id: "PlexSync", args: $a) }'
    answer: dict[str, dict[str, object]] = setup.stash.graphql(query, {"a": arguments})["data"]["runPluginOperation"]
    return answer["overview"]


@pytest.mark.parametrize("waker", ["Status", "Check Setup", "Retry Parked Scenes", "the page"])
def test_whatever_is_pressed_sends_what_waited_when_stash_and_worker_went_down_together(
    setup: Setup, waker: str
) -> None:
    save_once(setup)
    waits_while_plex_is_down(setup, 2, "Two")
    killed(setup)
    setup.stash.stop()
    setup.plex.start()
    setup.stash.start()
    if waker == "the page":
        look(setup)
    else:
        run(setup, waker)
    eventually(lambda: setup.shows(2, title="Two"))
    assert len(setup.worker_pids()) == 1


@pytest.mark.skipif(shutil.which("curl") is None, reason="the line is for curl")
def test_the_line_for_cron_starts_the_worker_after_a_restart(tmp_path: Path) -> None:
    with installed(
        tmp_path, stash_library(3), plex_library(3), password="user:password", api_key="the-api-key"
    ) as setup:
        save_once(setup)
        waits_while_plex_is_down(setup, 2, "Two")
        killed(setup)
        setup.plex.start()
        (line,) = [
            line
            for line in (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").splitlines()
            if line.startswith("@reboot ")
        ]
        command = line.removeprefix("@reboot sleep 60; ").replace("http://127.0.0.1:9999", setup.stash.url)
        subprocess.run(["sh", "-c", command.replace("YOUR_KEY", "the-api-key")], check=True, capture_output=True)
        eventually(lambda: setup.shows(2, title="Two"))


@pytest.mark.skipif(shutil.which("curl") is None, reason="the command is for curl")
def test_the_command_that_passes_arguments_to_a_task_does_so(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(50), plex_library(50), api_key="the-api-key") as setup:
        text = (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")
        command = text.partition("```\ncurl ")[2].partition("```")[0]
        command = f"curl {command}".replace("http://127.0.0.1:9999", setup.stash.url).replace("YOUR_KEY", "the-api-key")
        done = subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True)
        setup.stash.wait_for_job(int(json.loads(done.stdout)["data"]["runPluginTask"]))
        assert "Preview, nothing was written: 2 scenes: 2 already right." in answer(setup)["output"]


def test_status_says_that_it_started_the_worker_and_starts_none_for_nothing(setup: Setup) -> None:
    save_once(setup)
    eventually(setup.idle)
    killed(setup)
    for task in ("Status", "Check Setup"):
        assert any("The background worker is not running" in line for line in run(setup, task))
    look(setup)
    assert setup.worker_pids() == []
    waits_while_plex_is_down(setup, 2, "Two")
    killed(setup)
    assert "The background worker was not running; it was started, since something waits for it." in run(
        setup, "Status"
    )
    assert len(setup.worker_pids()) == 1
    setup.plex.start()


def told(setup: Setup) -> list[str]:
    """The lines that hooks passed on into Stash's log."""
    return [line for line in lines(setup, "Info") if line.startswith("Lately:") or " wait" in line]


def test_stashs_log_hears_of_a_bulk_edit_in_one_line(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(20), plex_library(20)) as setup:
        save_once(setup)
        eventually(lambda: os.path.exists(setup.data.news))
        (pid,) = setup.worker_pids()
        os.kill(pid, signal.SIGSTOP)
        setup.stash.bulk_save(range(1, 21), details="All of them.")
        os.kill(pid, signal.SIGCONT)
        eventually(lambda: os.path.exists(setup.data.news))
        setup.stash.save(1, title="Again")
        assert told(setup) == ["Lately: 1 scene: 1 updated.", "Lately: 20 scenes: 20 updated."]


def test_stashs_log_says_once_why_nothing_is_sent(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(9), plex_library(9), configured=False) as setup:
        setup.stash.save(1, title="First")
        eventually(lambda: os.path.exists(setup.data.news))
        for number in range(2, 6):
            setup.stash.save(number, title="Another")
        eventually(lambda: len(setup.waiting()) == 5)
        (line,) = told(setup)
        assert line.startswith('Settings are missing. The setting "Plex address" is empty; enter it under')
        assert line.endswith(" 1 scene waits.")


def test_a_session_that_ran_out_is_replaced_by_that_of_the_next_task(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(3), plex_library(3), password="user:password", session_age=60) as setup:
        save_once(setup)
        waits_while_plex_is_down(setup, 2, "Two")
        setup.stash.advance(4000)
        eventually(lambda: "does not accept the session" in setup.log())
        setup.plex.start()
        said = run(setup, "Status")
        assert any("Create an API key in Stash under Settings > Security" in line for line in said)
        eventually(lambda: setup.shows(2, title="Two"))
        eventually(lambda: not any("API key" in line for line in run(setup, "Status")))


def test_the_session_is_kept_fresh_and_a_new_hook_brings_a_new_one(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(3), plex_library(3), password="user:password", session_age=3600) as setup:
        save_once(setup)
        for _ in range(4):  # each renewed within its age, all together longer than one age
            setup.stash.reset_counts()
            setup.stash.advance(2000)
            eventually(lambda: setup.stash.requests)
        setup.stash.save(2, title="Two")
        eventually(lambda: setup.shows(2, title="Two"))
        assert "does not accept the session" not in setup.log()


def test_an_api_key_is_preferred_to_the_cookie(tmp_path: Path) -> None:
    with installed(
        tmp_path, stash_library(3), plex_library(3), password="user:password", api_key="the-api-key", session_age=60
    ) as setup:
        save_once(setup)
        setup.stash.advance(4000)  # no cookie outlives that
        setup.stash.reset_counts()
        eventually(lambda: setup.stash.requests)
        assert "does not accept the session" not in setup.log()
        assert "the-api-key" not in setup.log()


def test_no_secret_is_in_any_file_argument_or_environment(tmp_path: Path) -> None:
    with installed(
        tmp_path, stash_library(3), plex_library(3), password="user:password", api_key="the-secret-api-key"
    ) as setup:
        save_once(setup)
        (pid,) = setup.worker_pids()
        for name in ("cmdline", "environ"):
            content = Path(f"/proc/{pid}/{name}").read_bytes()
            assert setup.plex.token.encode() not in content
            assert b"the-secret-api-key" not in content
        setup.plex.inject({"type": "status", "status": 500, "kind": "edit", "count": 3})
        setup.stash.save(2, title="Two")
        eventually(lambda: setup.shows(2, title="Two"))
        eventually(setup.idle)
        secrets = (setup.plex.token.encode(), b"the-secret-api-key")
        for path in Path(setup.data.root).rglob("*"):
            if path.is_file():
                assert not any(secret in path.read_bytes() for secret in secrets), path
        connection = os.stat(setup.data.connection)
        assert stat.S_IMODE(connection.st_mode) == 0o600


def test_a_hook_whose_disk_is_full_or_read_only_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(1), plex_library(1)) as setup:
        blocked = tmp_path / "not-a-folder"
        blocked.write_text("")
        environment = {**os.environ, "PLEXSYNC_DATA": str(blocked)}
        done = subprocess.run(
            [sys.executable, "-S", "-E", str(setup.plugin / "PlexSync.py")],
            input=hook_input(setup.stash, 1),
            capture_output=True,
            env=environment,
        )
        assert done.returncode == 1
        assert b"PlexSync could not store this change" in done.stderr
        assert done.stdout.startswith(b'{"error": "PlexSync could not store')
        assert done.stderr.startswith(b"\x01e\x02")
        assert done.stderr.count(b"\n") == 1


def test_a_damaged_file_in_the_inbox_is_set_aside_and_the_rest_goes_on(setup: Setup) -> None:
    setup.data.create()
    for name, content in (("0001.json", b"\x80"), ("0002.json", b"{}"), ("0003.json", b'{"hook":{"id":0}}')):
        Path(setup.data.inbox, name).write_bytes(content)
    save_once(setup)
    eventually(setup.idle)
    assert sorted(os.listdir(setup.data.damaged)) == ["0001.json", "0002.json", "0003.json"]


def test_a_worker_that_is_killed_is_replaced_by_the_next_hook(setup: Setup) -> None:
    save_once(setup)
    (pid,) = setup.worker_pids()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not setup.worker_runs())
    setup.stash.save(2, title="Two")
    eventually(lambda: setup.shows(2, title="Two"))
    assert setup.worker_pids() != [pid]


def test_two_installations_do_not_disturb_each_other(tmp_path: Path) -> None:
    with (
        installed(tmp_path / "one", stash_library(3), plex_library(3)) as one,
        installed(tmp_path / "two", stash_library(3), plex_library(3)) as two,
    ):
        one.stash.save(1, title="In one")
        two.stash.save(1, title="In two")
        eventually(lambda: one.shows(1, title="In one") and two.shows(1, title="In two"))
        assert len(one.worker_pids()) == len(two.worker_pids()) == 1


def test_a_task_that_never_ends_does_not_keep_the_comparison_away(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(3), plex_library(3), time_scale=3600) as setup:  # an hour is a second
        setup.settings(reconcile_every_hours=1)
        setup.stash.endless_job("Watching folders...")
        save_once(setup)
        eventually(lambda: "waited an hour" in str(look(setup)["waited_for"]))
        assert setup.log().count("Comparing both libraries.") >= 1
        killed(setup)
        setup.stash.stash.jobs.cancel_all()
        assert any(line.startswith("The scheduled comparison wait") for line in run(setup, "Status"))


def test_a_second_stash_with_the_same_plugins_folder_is_told_why_it_does_not_work(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(4), plex_library(4)) as setup:
        setup.stash.save(1, title="A1")
        other = {"scenes": [{"id": n, "title": f"B{n}", "files": [{"path": f"/b/{n}.mp4", "size": n}]} for n in (1, 2)]}
        with StashDouble(other, plugins=tmp_path / "plugins", python=sys.executable) as second:
            second.save(2, title="Of the other one")
            second.wait_for_job(second.run_task("PlexSync", "Status"))
            said = [entry["message"] for entry in second.log if "works for another Stash already" in entry["message"]]
            assert len(said) >= 2, "the hook says so, and the task"
            setup.stash.save(2, title="A2")
            eventually(lambda: setup.shows(1, title="A1") and setup.shows(2, title="A2"))
            eventually(setup.idle)
            assert setup.plex.counts()["edit"] == 2
            setup.stash.stop()
            second.save(1, title="Alone now")
            assert "stored" in [run for run in second.runs if run["kind"] == "hook"][-1]["stdout"]
            setup.stash.start()


@pytest.mark.parametrize(("arguments", "way"), [([], "_run_task"), (["--worker"], "_run_worker")])
def test_whoever_ends_waits_for_no_request_that_is_under_way(tmp_path: Path, arguments: list[str], way: str) -> None:
    """An executor's thread that waits for an answer of a Stash that hangs would be waited for."""
    script = f"""
import sys, threading
from concurrent.futures import ThreadPoolExecutor
import worker.main
def work(*given):
    ThreadPoolExecutor().submit(threading.Event().wait)
    sys.stdout.write("The last line.")
    return 3
worker.main.{way} = work
sys.exit(worker.main.main(b"{{}}"))
"""
    ended = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env={**os.environ, "PLEXSYNC_DATA": str(tmp_path)},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, b"The last line.", b"")
