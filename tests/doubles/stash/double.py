"""StashDouble: a fake Stash with a real HTTP server, for use in one process with a test."""

from __future__ import annotations

import json
import os
import secrets
import time
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any

from tests.doubles.stash.answers import Answer, HttpRequest, html_answer
from tests.doubles.stash.control import PREFIX, Control
from tests.doubles.stash.core import Stash, Switches
from tests.doubles.stash.execution import Operation
from tests.doubles.stash.faults import Fault
from tests.doubles.stash.http_server import EXEMPT_HEADER, Connection, Network
from tests.doubles.stash.routes import LOGIN_PAGE, Routes
from tests.doubles.stash.sessions import COOKIE_NAME, Session
from tests.doubles.stash.subscriptions import is_upgrade

_SAVE = "mutation($input:SceneUpdateInput!){sceneUpdate(input:$input){id}}"
_BULK_SAVE = "mutation($input:BulkSceneUpdateInput!){bulkSceneUpdate(input:$input){id}}"
_RUN_TASK = (
    "mutation($plugin:ID!,$task:String,$args:Map){runPluginTask(plugin_id:$plugin,task_name:$task,args_map:$args)}"
)
_STOP_JOB = "mutation($id:ID!){stopJob(job_id:$id)}"
_SETTINGS = "mutation($plugin:ID!,$input:Map!){configurePlugin(plugin_id:$plugin,input:$input)}"


class GraphQLFailure(Exception):
    """A helper's request was answered with errors."""


class StashDouble:
    """`with StashDouble({...}, plugins=folder) as stash:` — listens on `stash.url` inside the block.

    `library` is the parsed library file (README.md), `plugins` the folder whose .yml files are loaded,
    `python` the interpreter for plugins (default: this one), `environment` what plugin processes get on top
    of this process's environment. Further keywords are the switches of `core.Switches`.

    The helpers below (`save`, `run_task`, …) ask over HTTP like anybody, but are neither counted nor met by
    faults, and are logged in.
    """

    def __init__(
        self,
        library: Mapping[str, Any] | None = None,
        *,
        plugins: str | os.PathLike[str] | None = None,
        generate: int = 0,
        python: str | None = None,
        environment: Mapping[str, str] | None = None,
        port: int = 0,
        library_folder: str = ".",
        **switches: Any,
    ) -> None:
        self._token = secrets.token_hex(8)
        self.stash = Stash(
            library,
            plugins=None if plugins is None else os.fspath(plugins),
            generate=generate,
            python=python,
            environment=environment,
            library_folder=library_folder,
            switches=Switches(**switches),
        )
        self._network = Network(port, self._respond, self._token, self.stash.clock.seconds)
        self._control = Control(self.stash, self.inject, self.clear_faults)
        self._routes: Routes | None = None
        self._ended = False
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    # -- life ------------------------------------------------------------------------------------------------

    def __enter__(self) -> StashDouble:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Listen; after `stop`, on the same port with the same state."""
        if self._ended:
            self.stash.resume()
            self._ended = False
        self._network.open()
        self._routes = Routes(self.stash, self._network.port)
        self.stash.plugins.port = self._network.port

    def stop(self) -> None:
        """End as the Stash process would: hooks of pending requests die, tasks live on, the queue is lost."""
        self._network.close()
        self.stash.halt()
        self._ended = True

    def close(self) -> None:
        """Stop, and end the plugin processes that are still there. Their detached children live on."""
        self._network.close()
        self.stash.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._network.port}"

    # -- asking ----------------------------------------------------------------------------------------------

    def graphql(
        self, query: str, variables: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Post to /graphql and return the parsed body, also of a 422. Raises HTTPError where there is none.

        `headers` replace the login that is sent otherwise.
        """
        cookie = f"{COOKIE_NAME}={self.stash.sessions.cookie(Session(self.stash.sessions.user))}"
        sent = {"Cookie": cookie} if headers is None else dict(headers)
        request = urllib.request.Request(
            f"{self.url}/graphql",
            json.dumps({"query": query, "variables": dict(variables or {})}).encode(),
            {"Content-Type": "application/json", EXEMPT_HEADER: self._token, **sent},
        )
        try:
            with self._opener.open(request) as response:
                body = response.read()
        except urllib.request.HTTPError as error:
            with error:
                body = error.read()
            if error.code != 422:
                raise
        parsed: dict[str, Any] = json.loads(body)
        return parsed

    def _data(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        body = self.graphql(query, variables)
        if body.get("errors"):
            raise GraphQLFailure(body["errors"])
        data: dict[str, Any] = body["data"]
        return data

    def save(self, scene_id: int, **fields: Any) -> float:
        """sceneUpdate with these fields, hooks and all; the seconds it took."""
        began = time.monotonic()
        self._data(_SAVE, {"input": {"id": str(scene_id), **fields}})
        return time.monotonic() - began

    def bulk_save(self, ids: Iterable[int], **fields: Any) -> float:
        """bulkSceneUpdate: one hook after the other; the seconds it took."""
        began = time.monotonic()
        self._data(_BULK_SAVE, {"input": {"ids": [str(number) for number in ids], **fields}})
        return time.monotonic() - began

    def run_task(self, plugin_id: str, task_name: str | None, args: Mapping[str, Any] | None = None) -> int:
        """Queue a plugin task; the job's id."""
        variables = {"plugin": plugin_id, "task": task_name, "args": dict(args) if args is not None else None}
        return int(self._data(_RUN_TASK, variables)["runPluginTask"])

    def wait_for_job(self, job_id: int, timeout: float = 240.0) -> dict[str, Any]:
        """The job once it has ended: status, progress, error, times. Raises TimeoutError."""
        return self.stash.jobs.wait(job_id, timeout).as_dict()

    def endless_job(self, description: str = "Scanning...") -> int:
        """A job of Stash's own that runs until it is stopped, and keeps the queue busy; its id."""
        return self.stash.jobs.add_endless(description).id

    def stop_job(self, job_id: int) -> None:
        self._data(_STOP_JOB, {"id": str(job_id)})

    def settings(self, plugin_id: str, /, **values: Any) -> None:
        """configurePlugin: replaces all settings of the plugin."""
        self._data(_SETTINGS, {"plugin": plugin_id, "input": values})

    # -- readings ----------------------------------------------------------------------------------------------

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every line, of any level: time, level, plugin (None: Stash itself), message."""
        return [line.as_dict() for line in list(self.stash.log.lines)]

    @property
    def progress(self) -> list[tuple[int | None, str, float]]:
        """(job, plugin, value) of every progress line."""
        return list(self.stash.progress)

    @property
    def runs(self) -> list[dict[str, Any]]:
        """Every plugin process: kind, plugin, type, id, pid, exit_code, seconds, stdout, output, error, …"""
        return [run.as_dict() for run in list(self.stash.plugins.runs)]

    @property
    def hook_runs(self) -> list[dict[str, Any]]:
        return [run for run in self.runs if run["kind"] == "hook"]

    @property
    def requests(self) -> list[dict[str, Any]]:
        return self.stash.counters.requests()

    def counts(self) -> dict[str, Any]:
        return self.stash.counters.counts()

    def reset_counts(self) -> None:
        self.stash.counters.reset()

    # -- intervening -------------------------------------------------------------------------------------------

    def inject(self, fault: Mapping[str, Any]) -> None:
        """A fault as faults.py describes it."""
        if fault.get("kind") == "refused":
            checked = Fault(**fault)
            self._network.refuse(checked.seconds if checked.count is not None else None)
        else:
            self.stash.faults.add(fault)

    def clear_faults(self) -> None:
        self.stash.faults.clear()
        self._network.open()

    def advance(self, seconds: float) -> None:
        """Put the clock forward, or back: timestamps and the age of sessions follow."""
        self.stash.clock.advance(seconds)

    def hold_covers(self, held: bool = True) -> None:
        """Scans and generate jobs wait before each cover that they make, until let go."""
        self.stash.covers.hold(held)

    def set_offset(self, minutes: int) -> None:
        """The server's local time from now on; what was written keeps the offset it was written in."""
        self.stash.clock.set_offset(minutes)

    # -- answering ---------------------------------------------------------------------------------------------

    def _respond(self, request: HttpRequest, connection: Connection) -> Answer | None:
        routes = self._routes
        assert routes is not None
        if request.path.startswith(PREFIX):
            return self._control.answer(request)
        if is_upgrade(request):
            return routes.converse(request, connection)
        kind = routes.kind(request)
        operation = routes.operation(request) if kind == "graphql" else None
        if request.exempt:
            return routes.answer(request, operation)
        fields = operation.fields if isinstance(operation, Operation) else []
        began = time.monotonic()
        fault = self.stash.faults.take(kind, fields)
        answer = None
        if fault is None or fault.when == "after" or fault.kind in ("drip", "truncated", "slow"):
            answer = routes.answer(request, operation)
        sent = _disturbed(fault, answer) if fault is not None else answer
        record = {
            "method": request.method,
            "path": request.path,
            "status": sent.status if sent is not None else 0,
            "bytes": len(sent.body) if sent is not None else 0,
            "seconds": time.monotonic() - began,
            "fault": fault.kind if fault is not None else None,
            "agent": request.header("User-Agent"),
        }
        write = isinstance(operation, Operation) and operation.write
        self.stash.counters.add(kind, fields, write, record)
        return sent if fault is None else _deliver(fault, sent, connection)


def _disturbed(fault: Fault, answer: Answer | None) -> Answer | None:
    """What is sent instead of `answer`; None where nothing is."""
    if fault.kind in ("reset", "hang"):
        return None
    if fault.kind == "status":
        return Answer(fault.status, fault.body.encode(), "text/plain; charset=utf-8" if fault.body else "")
    if fault.kind == "json":
        return Answer(200, (fault.body or "{}").encode(), "application/json")
    if fault.kind == "unauthorized":
        return Answer(401)
    if fault.kind == "html":
        return html_answer(200, LOGIN_PAGE)
    if fault.kind == "invalid_json":
        return Answer(200, b'{"data":{"findScene":{"id":"1","title":', "application/json")
    return answer


def _deliver(fault: Fault, answer: Answer | None, connection: Connection) -> Answer | None:
    if fault.kind == "reset":
        connection.drop()
    elif fault.kind == "hang":
        connection.linger(fault.seconds)
    elif fault.kind == "truncated" and answer is not None:
        connection.send_part(answer)
    elif fault.kind == "drip" and answer is not None:
        connection.send_slowly(answer, fault.seconds)
    elif fault.kind == "slow" and answer is not None:
        connection.server.closing.wait(fault.seconds)
        return answer
    else:
        return answer
    return None
