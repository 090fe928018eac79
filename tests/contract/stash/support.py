"""What the tests of the Stash double share: tiny plugins, a plain client, waiting."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import requests

from tests.doubles.stash import StashDouble

RECORDED = Path(__file__).parent / "recorded"

SCENE_UPDATE = "Scene.Update.Post"
PATIENCE = 240.0

_T = TypeVar("_T")

# What a plugin written by `write_plugin` begins with.
_PREAMBLE = """
import http.client, json, os, subprocess, sys, time
document = json.loads(sys.stdin.buffer.read())
args = document["args"]
hook = args.get("hookContext", {})
connection = document["server_connection"]

def say(level, text):
    sys.stderr.write("\\x01" + level + "\\x02" + text + "\\n")
    sys.stderr.flush()

def ask(query, variables=None):
    client = http.client.HTTPConnection("127.0.0.1", connection["Port"])
    cookie = "session=" + connection["SessionCookie"]["Value"]
    headers = {"Content-Type": "application/json", "Cookie": cookie}
    client.request("POST", "/graphql", json.dumps({"query": query, "variables": variables}), headers)
    response = client.getresponse()
    body = response.read()
    client.close()
    return response.status, json.loads(body) if body else None

def answer(output=None, error=None):
    print(json.dumps({"output": output, "error": error}))

"""


def write_plugin(
    folder: Path,
    body: str = "answer('ok')",
    *,
    plugin: str = "Probe",
    hooks: Iterable[str] = (SCENE_UPDATE,),
    tasks: Iterable[str] = ("Task",),
    extra: str = "",
) -> Path:
    """A plugin below `folder` that runs `body`; returns `folder` for `plugins=`."""
    home = folder / plugin
    home.mkdir(parents=True, exist_ok=True)
    lines = [f"name: {plugin} name", 'exec: [python, "{pluginDir}/run.py"]', "interface: raw"]
    lines += ["tasks:", *(f"  - {{name: {task}, defaultArgs: {{mode: {task}}}}}" for task in tasks)]
    lines += ["hooks:", "  - name: hook", f"    triggeredBy: [{', '.join(hooks)}]"]
    (home / f"{plugin}.yml").write_text("\n".join(lines) + "\n" + extra)
    (home / "run.py").write_text(_PREAMBLE + body)
    return folder


def scenes(count: int, **fields: Any) -> dict[str, Any]:
    """A library of `count` scenes with one file each, changed long ago."""
    return {
        "scenes": [
            {"id": n, "title": f"Scene {n}", "files": [f"/media/stash/{n}.mp4"], "created_at": "2020-01-01", **fields}
            for n in range(1, count + 1)
        ]
    }


def wait_for(found: Callable[[], _T | None], what: str = "it") -> _T:
    """Look until there is something; a test never decides by how long it took."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited in vain for {what}")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def post(
    stash: StashDouble,
    query: str,
    variables: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = PATIENCE,
) -> requests.Response:
    """As any client would: not the double's own helper."""
    body = {"query": query, "variables": variables or {}}
    return requests.post(f"{stash.url}/graphql", json=body, headers=dict(headers or {}), timeout=timeout)


def data(stash: StashDouble, query: str, variables: Mapping[str, Any] | None = None) -> Any:
    response = post(stash, query, variables)
    assert response.status_code == 200, response.text
    body = response.json()
    assert "errors" not in body, body
    return body["data"]


def updated_at(stash: StashDouble, scene_id: int) -> str:
    found: str = data(stash, "query($id:ID!){findScene(id:$id){updated_at}}", {"id": scene_id})["findScene"][
        "updated_at"
    ]
    return found


def recorded(path: str) -> Any:
    return json.loads((RECORDED / path).read_text())
