"""What a hook takes, what it refuses, and that nothing half-written stays behind."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.jobs import UpdateType, parse_event
from worker import hook
from worker.datadir import DataDir

CONNECTION = {
    "Scheme": "http",
    "Host": "0.0.0.0",
    "Port": 9999,
    "SessionCookie": {"Name": "session", "Value": "abc", "Quoted": False},
    "Dir": "/stash",
    "PluginDir": "/stash/plugins/PlexSync",
}


def stdin(context: object, compact: bool = True) -> bytes:
    separators = (",", ":") if compact else (", ", ": ")
    document = {"server_connection": CONNECTION, "args": {"hookContext": context}}
    return json.dumps(document, separators=separators).encode()


def scene_hook(scene_id: object = 42, kind: object = "Scene.Update.Post", **rest: object) -> dict[str, object]:
    return {"id": scene_id, "type": kind, "input": None, **rest}


@pytest.mark.parametrize("compact", [True, False])
@pytest.mark.parametrize("details", [None, [], {"title": 'a "quoted" \\ title', "cover_image": "x" * 100_000}])
@pytest.mark.parametrize("kind", ["Scene.Create.Post", "Scene.Update.Post"])
def test_id_type_and_connection_are_kept_and_the_input_is_not(compact: bool, details: object, kind: str) -> None:
    stored = hook.read_hook(stdin(scene_hook(7, kind, input=details), compact))
    event = parse_event(stored)
    assert event.id == 7
    assert event.connection == CONNECTION
    assert len(stored) < 1000


def test_a_destroyed_scene_is_known_by_its_number_alone() -> None:
    details = {"id": "42", "path": "/media/a.mp4", "oshash": "0123", "checksum": "", "delete_file": None}
    stored = hook.read_hook(stdin(scene_hook(kind="Scene.Destroy.Post", input=details)))
    assert json.loads(stored)["hook"] == {"id": 42, "type": "Scene.Destroy.Post"}
    assert parse_event(stored).update_type is UpdateType.DESTROY


def test_settings_beside_the_connection_are_not_stored() -> None:
    # Newer Stash adds the plugin's settings, and the Plex token with them.
    document = {
        "server_connection": CONNECTION,
        "settings": {"plex_token": "SECRET"},
        "args": {"hookContext": scene_hook()},
    }
    stored = hook.read_hook(json.dumps(document, separators=(",", ":")).encode())
    assert b"SECRET" not in stored
    assert parse_event(stored).id == 42


def test_a_title_that_looks_like_the_structure_is_only_a_title() -> None:
    title = '"args":{"hookContext":{"id":99,"type":"Scene.Update.Post"'
    stored = hook.read_hook(stdin(scene_hook(input={"title": title})))
    assert parse_event(stored).id == 42


@pytest.mark.parametrize("scene_id", [0, -1, "42", 4.2, None, True, [], 10**30])
def test_an_id_that_is_no_positive_integer_is_refused(scene_id: object) -> None:
    with pytest.raises(hook.Refused, match="which names nothing; it was not stored"):
        hook.read_hook(stdin(scene_hook(scene_id)))


@pytest.mark.parametrize("kind", ["Image.Update.Post", "", None, "Scene.Update.Pre", "x" * 5000])
def test_an_unknown_hook_is_refused_in_one_short_sentence(kind: object) -> None:
    with pytest.raises(hook.Refused, match="does not know the hook") as refusal:
        hook.read_hook(stdin(scene_hook(kind=kind)))
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    "raw",
    [b"", b"not json", b'{"args":', b"\xff\xfe", b"[" * 100_000, stdin(scene_hook())[:-200]],
    ids=["nothing", "text", "its beginning", "no text", "too deep", "cut off"],
)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(hook.Refused, match="not JSON"):
        hook.read_hook(raw)


@pytest.mark.parametrize("context", [[], "x", 7])
def test_a_context_that_is_no_object_is_refused(context: object) -> None:
    with pytest.raises(hook.Refused):
        hook.read_hook(stdin(context))


@pytest.mark.parametrize("document", [{"args": {"mode": "status"}}, {"args": {}}, {"args": None}, {}, [], 7, None])
def test_other_input_is_a_task(document: object) -> None:
    with pytest.raises(hook.NotAHook):
        hook.read_hook(json.dumps(document).encode())


keys = st.sampled_from(["args", "hookContext", "id", "type", "input", "server_connection"])
documents = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(keys, inner)
)


@given(st.binary(max_size=400) | documents.map(lambda value: json.dumps(value, separators=(",", ":")).encode()))
def test_any_input_is_an_event_a_task_or_refused(raw: bytes) -> None:
    try:
        stored = hook.read_hook(raw)
    except (hook.Refused, hook.NotAHook):
        return
    assert parse_event(stored).id > 0


@given(st.binary(max_size=60), st.integers(0, 400))
def test_damage_anywhere_in_a_real_input_harms_nothing(noise: bytes, at: int) -> None:
    raw = stdin(scene_hook(input={"title": "A title"}))
    try:
        stored = hook.read_hook(raw[:at] + noise + raw[at + len(noise) :])
    except (hook.Refused, hook.NotAHook):
        return
    with contextlib.suppress(ValueError):  # what is no event is set aside by the worker
        assert parse_event(stored).id > 0


def files_in(folder: str) -> list[str]:
    return [name for _, _, names in os.walk(folder) for name in names]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes; there the folder's own rights count")
def test_a_stored_event_is_readable_only_by_its_owner(tmp_path: Path) -> None:
    data = DataDir(str(tmp_path))
    hook.store(b"{}", data)
    (name,) = os.listdir(data.inbox)
    assert os.stat(os.path.join(data.inbox, name)).st_mode & 0o077 == 0
    assert os.listdir(data.drafts) == []


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_failure_at_any_step_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    data = DataDir(str(tmp_path))
    data.create()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left"):
        hook.store(b"{}", data)
    monkeypatch.undo()
    assert files_in(data.root) == []


@pytest.mark.parametrize("flags", [[], ["-X", "utf8=0"]], ids=["the usual", "a system in ASCII"])
def test_stash_is_spoken_to_in_utf8_whatever_the_language_of_the_system(tmp_path: Path, flags: list[str]) -> None:
    kind = "Grüße → 日本"
    done = subprocess.run(
        [sys.executable, *flags, str(Path(hook.__file__).parent.parent / "PlexSync.py")],
        input=stdin(scene_hook(kind=kind)),
        env={**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PLEXSYNC_DATA": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert f"does not know the hook {kind!r}" in done.stderr.decode("utf-8")
    assert json.loads(done.stdout)["error"].startswith("PlexSync does not know")


def test_a_hook_ends_with_its_answer_and_python_is_not_taken_apart(tmp_path: Path) -> None:
    """That takes a millisecond, for which Save would wait; what was said has to arrive all the same."""
    entry = str(Path(hook.__file__).parent.parent / "PlexSync.py")
    script = (
        f"import atexit, runpy; atexit.register(print, 'taken apart'); runpy.run_path({entry!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=stdin(scene_hook(kind="Unknown")),
        env={**os.environ, "PLEXSYNC_DATA": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"].startswith("PlexSync does not know")
    assert done.stderr.startswith(b"\x01e\x02PlexSync does not know")
