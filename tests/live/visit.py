"""A visit to a running Stash, which finds everything afterwards as it was: plugin, settings, scenes, files."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.doubles.plex import PlexDouble
from tests.live.own import FOLDER, clear_away, make_clips, scan, scenes_in
from tests.live.stash import LiveStash, StashSaysNo
from tests.support.harness import eventually, install_plugin
from worker.datadir import DataDir
from worker.storage.ownership import Lock
from worker.storage.queue_file import count_jobs

PLEX_ROOT = "/plex/clips"
#: Behind the manifest of a PlexSync that is there already: Stash loads every .yml, and only one of an id.
ASIDE = ".set-aside-by-live-test"


@dataclass
class Visit:
    """The Stash that is visited, the Plex double behind it, our folder of plugins and the data of the one between them,
    our clips' names by scene."""

    stash: LiveStash
    plex: PlexDouble
    plugins: Path
    data: DataDir
    folder: Path
    names: dict[int, str]

    @property
    def scenes(self) -> list[int]:
        """Our scenes."""
        return sorted(self.names)

    def configure(self, **changed: object) -> None:
        """Set the plugin's settings: those that work and reach no scene but ours, and what is changed."""
        working = {
            "plex_url": self.plex.url,
            "plex_token": self.plex.token,
            "path_map": f"{self.folder} => {PLEX_ROOT}",
            "only_paths": str(self.folder),
        }
        self.stash.configure({**working, **changed})

    def shown(self, scene: int) -> dict[str, Any]:
        """What Plex shows for a scene's clip."""
        return self.plex.find(f"{PLEX_ROOT}/{self.names[scene]}")

    def shows(self, scene: int, **fields: object) -> bool:
        """Whether Plex shows these values for a scene's clip."""
        shown = self.shown(scene)
        return all(shown.get(name) == value for name, value in fields.items())

    def uploads(self, scene: int) -> list[str]:
        """The pictures that were uploaded to Plex for a scene's clip."""
        return [poster for poster in self.shown(scene)["posters"] if poster.startswith("upload:")]

    def save_quietly(self, scenes: list[int], **fields: Any) -> None:
        """Edit scenes while the plugin is off, so that no hook tells of it."""
        self.stash.enable(False)
        self.stash.save_all(scenes, **fields)
        self.stash.enable(True)

    def worker_runs(self) -> bool:
        """Whether a background worker holds its lock."""
        return Lock(self.data.worker_lock).is_held_elsewhere()

    def idle(self) -> bool:
        """Whether nothing waits anywhere."""
        return not (os.path.isdir(self.data.inbox) and os.listdir(self.data.inbox)) and not count_jobs(self.data.queue)

    def log(self) -> str:
        """The worker's log file."""
        return Path(self.data.log).read_text(encoding="utf-8")


def put_plugin(folder: Path) -> Path:
    """Put the package that PLEXSYNC_PACKAGE names, else what lies here, into a folder of plugins; its own folder."""
    package = os.environ.get("PLEXSYNC_PACKAGE")
    if not package:
        return install_plugin(folder)
    with zipfile.ZipFile(package) as content:
        content.extractall(folder / "PlexSync")
    return folder / "PlexSync"


@contextmanager
def visiting(stash: LiveStash, plugins: Path, clips: Path, count: int) -> Iterator[Visit]:
    """The plugin installed in a running Stash, with ``count`` clips in both libraries; gone without trace afterwards.

    Raises StashSaysNo, OSError.
    """
    if stash.busy():
        raise StashSaysNo("Stash has tasks to do, and the tests would wait behind them. Start them when it is idle.")
    ours = plugins / FOLDER
    with ExitStack() as afterwards:
        before = _remember(stash, ours)
        afterwards.callback(_put_back, stash, plugins, before)
        plugin = _install(stash, plugins)
        data = DataDir(str(plugin / "data"))
        afterwards.callback(clear_away, stash, clips)
        afterwards.callback(_take_out, stash, plugin, data)
        clear_away(stash, clips)
        files = make_clips(clips, count)
        items = [
            {"title": file.stem, "file": f"{PLEX_ROOT}/{file.name}", "size": file.stat().st_size} for file in files
        ]
        library = {"key": 1, "title": "Clips", "type": "movie", "locations": [PLEX_ROOT], "items": items}
        plex = afterwards.enter_context(PlexDouble({"sections": [library]}))
        visit = Visit(stash, plex, plugins / FOLDER, data, clips, {})
        visit.configure()
        _check_that_it_runs(stash)
        scan(stash, clips)
        visit.names.update({number: Path(path).name for path, number in scenes_in(stash, clips).items()})
        if len(visit.names) != count:
            raise StashSaysNo(f"Stash found {len(visit.names)} of {count} clips in {clips}; its log says why.")
        yield visit


def _remember(stash: LiveStash, ours: Path) -> dict[str, Any]:
    """The plugin's settings and whether it is on, as they are to be put back; kept on disk, should we be killed."""
    kept = ours / "before.json"
    if not kept.exists():
        plugin = stash.plugin()
        before = {"settings": stash.settings() or {}, "enabled": plugin is None or plugin["enabled"]}
        ours.mkdir(mode=0o700, exist_ok=True)
        kept.write_text(json.dumps(before), encoding="utf-8")
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def _install(stash: LiveStash, plugins: Path) -> Path:
    """Our plugin in the place of any other PlexSync; returns its folder."""
    for path in _files(plugins):
        if path.name.lower() == "plexsync.yml" and FOLDER not in path.parts:
            path.rename(f"{path}{ASIDE}")
    shutil.rmtree(plugins / FOLDER / "PlexSync", ignore_errors=True)
    stash.reload_plugins()
    if stash.plugin() is not None:
        raise StashSaysNo(f"Stash loads a PlexSync from elsewhere than {plugins}; is that its plugins folder?")
    plugin = put_plugin(plugins / FOLDER)
    stash.reload_plugins()
    if stash.plugin() is None:
        raise StashSaysNo(f"Stash does not load the plugin from {plugin}; its log says why.")
    stash.enable(True)
    return plugin


def _check_that_it_runs(stash: LiveStash) -> None:
    said = stash.run_task("Status")
    if not any(line.startswith("Plex answers:") for line in said.lines):
        raise StashSaysNo(
            "The task Status does not work here. It needs Stash's log level Info, and a Stash on this machine, since "
            f"the stand-in for Plex listens to this machine only. Stash's log: {said.text or 'nothing'}"
        )


def _take_out(stash: LiveStash, plugin: Path, data: DataDir) -> None:
    """Take our plugin out of Stash, and wait until its worker has ended."""
    (plugin / "PlexSync.yml").unlink()
    stash.reload_plugins()
    eventually(lambda: not Lock(data.worker_lock).is_held_elsewhere(), 60, "the worker ends with its plugin")


def _put_back(stash: LiveStash, plugins: Path, before: dict[str, Any]) -> None:
    """What was there before."""
    stash.configure(before["settings"])
    stash.enable(before["enabled"])
    for path in _files(plugins):
        if path.name.endswith(ASIDE):
            path.rename(str(path).removesuffix(ASIDE))
    shutil.rmtree(plugins / FOLDER)
    stash.reload_plugins()


def _files(folder: Path) -> list[Path]:
    """Every file below a folder, also behind links, as Stash looks for plugins."""
    return [Path(place, name) for place, _, names in os.walk(folder, followlinks=True) for name in names]
