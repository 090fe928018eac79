"""Both doubles as programs of their own, so that they cost the measured process nothing, and what they counted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from tests.doubles.common.generated import PLEX_ROOT, STASH_ROOT
from tests.support.harness import ROOT


@dataclass
class Doubles:
    """A Stash and a Plex with the same generated scenes, the data folder, and what the last measure asked of them."""

    stash_url: str
    plex_url: str
    plex_token: str
    folder: str
    scenes: int

    def __post_init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def reset(self) -> None:
        """Count from nothing again."""
        self._session.post(f"{self.plex_url}/__double__/counts/reset", json={})
        self._session.delete(f"{self.stash_url}/__double__/counts")

    def plex_counts(self) -> dict[str, int]:
        """Requests by kind, as the Plex double counted them."""
        counts: dict[str, int] = self._session.get(f"{self.plex_url}/__double__/counts").json()
        return counts

    def stash_counts(self) -> dict[str, Any]:
        """Requests by kind, as the Stash double counted them."""
        counts: dict[str, Any] = self._session.get(f"{self.stash_url}/__double__/counts").json()
        return counts

    def plex_edits(self) -> list[str]:
        """Path and query of the latest edits that were made (the double keeps 20,000 requests)."""
        made = self._session.get(f"{self.plex_url}/__double__/requests").json()
        return [one["line"].split(" ")[1] for one in made if one["kind"] == "edit"]

    def advance(self, seconds: float) -> None:
        """Move both clocks on, past the second in which something was changed."""
        self._session.post(f"{self.plex_url}/__double__/clock", json={"advance": seconds})
        self._session.post(f"{self.stash_url}/__double__/advance", json={"seconds": seconds})

    def save(self, scenes: range, **fields: object) -> None:
        """Change scenes in Stash, without a hook."""
        query = "mutation($input:BulkSceneUpdateInput!){bulkSceneUpdate(input:$input){id}}"
        self._mutate(query, {"ids": [str(scene) for scene in scenes], **fields})

    def rename_file(self, number: int) -> None:
        """Give a file a name that Plex does not know."""
        place = {"destination_folder": STASH_ROOT, "destination_basename": f"renamed.{number}.mp4"}
        self._mutate("mutation($input:MoveFilesInput!){moveFiles(input:$input)}", {"ids": [str(number)], **place})

    def configure(self) -> None:
        """Enter in Stash how Plex is reached; what answers the page reads it there."""
        query = 'mutation($input:Map!){configurePlugin(plugin_id:"PlexSync",input:$input)}'
        rule = f"{STASH_ROOT} => {PLEX_ROOT}"
        self._mutate(query, {"plex_url": self.plex_url, "plex_token": self.plex_token, "path_map": rule})

    def _mutate(self, query: str, given: dict[str, object]) -> None:
        response = self._session.post(f"{self.stash_url}/graphql", json={"query": query, "variables": {"input": given}})
        assert "errors" not in response.json(), response.text[:300]

    def perform(self, action: str, **options: object) -> dict[str, Any]:
        """Do something in a process of its own, from nothing (bench/child.py); what that says about it."""
        given = {"stash": self.stash_url, "plex": self.plex_url, "token": self.plex_token, "folder": self.folder}
        done = subprocess.run(
            [sys.executable, "-m", "bench.child", action, json.dumps({**given, "scenes": self.scenes, **options})],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{action} failed in its process: {done.stderr[-2000:]}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def requests_of(counts: dict[str, int]) -> int:
    """All requests to Plex: "writes" counts some of them twice."""
    return sum(count for kind, count in counts.items() if kind != "writes")


@contextmanager
def doubles(scenes: int, folder: str, *, synced: bool, latency: float = 0.0) -> Iterator[Doubles]:
    """Start both doubles with so many scenes; ``synced``: Plex shows texts and dates already; ``latency``: seconds
    that each of its answers takes longer."""
    with ExitStack() as stack:
        options = ["--latency", str(latency), *(["--generate-synced"] if synced else [])]
        plex = _start(stack, "tests.doubles.plex", scenes, *options)
        stash = _start(stack, "tests.doubles.stash", scenes, "--read-cost")
        both = Doubles(stash["url"], plex["url"], plex["token"], folder, scenes)
        stack.callback(both.close)
        yield both


def _start(stack: ExitStack, module: str, scenes: int, *options: str) -> dict[str, Any]:
    process = stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-m", module, "--generate", str(scenes), *options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stack.callback(process.stdin.close)  # a double ends when its standard input closes
    address: dict[str, Any] = json.loads(process.stdout.readline())
    return address
