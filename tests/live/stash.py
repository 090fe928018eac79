"""A running Stash, asked through its GraphQL API as its own pages do."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

#: What Stash puts before each line of the plugin's (pkg/plugin/log.go), and before the error a task ends with
#: (internal/manager/task_plugin.go).
_PREFIXES = ("[Plugin / PlexSync] ", "Plugin returned error: ")
_ENDED = ("FINISHED", "CANCELLED", "FAILED")
_JOB = "query($id:ID!){findJob(input:{id:$id}){status progress error}}"


class StashSaysNo(Exception):
    """Stash does not answer, or not as asked; the text is one sentence."""


@dataclass
class Run:
    """A task that ran: how it ended, the shares of one that its progress bar showed, and its log lines."""

    status: str = ""
    progress: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


class LiveStash:
    """Everything the tests ask of Stash. ``key`` is its API key, empty where no password is set."""

    def __init__(self, url: str, key: str = "") -> None:
        self.url = url.rstrip("/")
        self._key = key
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer. Raises StashSaysNo."""
        headers = {"Content-Type": "application/json", **({"ApiKey": self._key} if self._key else {})}
        body = json.dumps({"query": query, "variables": variables}).encode()
        try:
            with self._opener.open(urllib.request.Request(f"{self.url}/graphql", body, headers), timeout=300) as answer:
                content = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                said = error.read().decode(errors="replace")
            if error.code == 401:
                raise StashSaysNo(
                    f"{self.url} asks for a login: add STASH_API_KEY=… (Stash: Settings > Security > API Key)."
                ) from None
            raise StashSaysNo(f"{self.url} answers {error.code}: {said[:500]}") from None
        except (OSError, ValueError) as error:
            raise StashSaysNo(f"No Stash answers at {self.url}: {error}") from None
        if content.get("errors"):
            raise StashSaysNo(f"{self.url} answers: {content['errors']}")
        data: dict[str, Any] = content["data"]
        return data

    # --- the plugin -------------------------------------------------------------------------------

    def settings(self) -> dict[str, Any] | None:
        """The plugin's settings; None when nobody ever set one."""
        found = self.ask('{configuration{plugins(include:["PlexSync"])}}')["configuration"]["plugins"]
        settings: dict[str, Any] | None = found.get("PlexSync")
        return settings

    def configure(self, settings: dict[str, Any]) -> None:
        """Replace the plugin's settings, all of them: that is how Stash does it."""
        self.ask('mutation($i:Map!){configurePlugin(plugin_id:"PlexSync",input:$i)}', i=settings)

    def plugins_folder(self) -> str:
        """Where Stash looks for plugins."""
        return str(self.ask("{configuration{general{pluginsPath}}}")["configuration"]["general"]["pluginsPath"])

    def plugin(self, name: str = "PlexSync") -> dict[str, Any] | None:
        """A plugin as Stash has loaded it, with ``enabled`` and ``tasks``; None when it has not."""
        plugins = self.ask("{plugins{id enabled version tasks{name}}}")["plugins"] or []  # null where there is none
        return next((plugin for plugin in plugins if plugin["id"] == name), None)

    def enable(self, enabled: bool, name: str = "PlexSync") -> None:
        """Switch a plugin on or off."""
        self.ask("mutation($m:BoolMap!){setPluginsEnabled(enabledMap:$m)}", m={name: enabled})

    def reload_plugins(self) -> None:
        """Load what lies in the plugins folder now."""
        self.ask("mutation{reloadPlugins}")

    # --- scenes and what they show ----------------------------------------------------------------

    def save(self, scene: int, **fields: Any) -> float:
        """Save a scene as its edit page does; the seconds it took."""
        began = time.monotonic()
        self.ask("mutation($i:SceneUpdateInput!){sceneUpdate(input:$i){id}}", i={"id": str(scene), **fields})
        return time.monotonic() - began

    def save_all(self, scenes: list[int], **fields: Any) -> float:
        """Edit several scenes at once; the seconds it took."""
        began = time.monotonic()
        ids = [str(scene) for scene in scenes]
        self.ask("mutation($i:BulkSceneUpdateInput!){bulkSceneUpdate(input:$i){id}}", i={"ids": ids, **fields})
        return time.monotonic() - began

    def create(self, kind: str, **fields: Any) -> int:
        """Create a ``Scene``, ``Tag``, ``Studio`` or ``Performer``; its number."""
        name = f"{kind.lower()}Create"
        return int(self.ask(f"mutation($i:{kind}CreateInput!){{{name}(input:$i){{id}}}}", i=fields)[name]["id"])

    # --- jobs and the log -------------------------------------------------------------------------

    def busy(self) -> bool:
        """Whether Stash has tasks to do."""
        return bool(self.ask("{jobQueue{id}}")["jobQueue"])

    def wait_for(self, job: str, watch: Callable[[dict[str, Any]], object] = lambda _: None) -> str:
        """Wait until a job has ended; ``watch`` sees it again and again. Returns its status."""
        while True:
            found = self.ask(_JOB, id=job)["findJob"]
            watch(found)
            if found["status"] in _ENDED:
                return str(found["status"])
            time.sleep(0.05)

    def run_task(self, name: str, during: Callable[[str], object] = lambda _: None) -> Run:
        """Press a task's button and watch until it has ended; ``during`` is called often, with the job's number."""
        run, seen = Run(), {entry["time"] for entry in self._log()}
        query = 'mutation($t:String!){runPluginTask(plugin_id:"PlexSync",task_name:$t)}'
        job = str(self.ask(query, t=name)["runPluginTask"])

        def read() -> bool:
            new = [entry for entry in self._log() if entry["time"] not in seen]
            seen.update(entry["time"] for entry in new)
            said = [str(entry["message"]) for entry in reversed(new)]
            run.lines += [_ours(line).rstrip() for line in said if _ours(line) != line]
            return bool(new)

        def watch(found: dict[str, Any]) -> None:
            read()
            share = found["progress"]
            if share is not None and run.progress[-1:] != [share]:
                run.progress.append(float(share))
            during(job)

        run.status = self.wait_for(job, watch)
        time.sleep(0.3)  # Stash reads a plugin's last lines while the job ends already
        while read():
            time.sleep(0.3)
        return run

    def stop(self, job: str) -> None:
        """Press Stop."""
        self.ask("mutation($id:ID!){stopJob(job_id:$id)}", id=job)

    def _log(self) -> list[dict[str, Any]]:
        """The last 30 entries, the newest first: Stash keeps no more (internal/log/logger.go)."""
        entries: list[dict[str, Any]] = self.ask("{logs{time level message}}")["logs"]
        return entries


def _ours(line: str) -> str:
    """A line without Stash's prefix; a line of somebody else is as it was."""
    for prefix in _PREFIXES:
        line = line.removeprefix(prefix)
    return line
