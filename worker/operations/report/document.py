"""The text of a bug report, section by section. What fails is a line of its section: that is what a report is for."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from stash.connection import StashConnection
from worker.datadir import PLUGIN_FOLDER, DataDir
from worker.operations.files import CannotBeRead, looking_at
from worker.operations.lists import scenes
from worker.operations.overview import overview, version, worker_state
from worker.operations.report.asking import StashSaid, ask_plex, ask_stash, is_address
from worker.operations.report.masking import Masker
from worker.operations.report.vocabulary import own_names, own_seams, own_settings, own_words
from worker.packages.folder import is_complete, own_folder
from worker.storage.reading import open_for_reading

#: The last lines of each log, and the most bytes they may have.
LINES, BYTES = 150, 60_000

#: A database of so many bytes is checked in a moment.
QUICK = 50_000_000

#: Settings that hold addresses, and the one that holds the token.
_ADDRESSES, _TOKEN = ("plex_url", "plex_stash_url"), "plex_token"

#: Reasons of scenes that wait or are parked.
_STATES = ("waiting", "parked", "not_shown", "refused", "held", "left_out")

#: Sections in which names are masked one by one.
_OF_OURS = ("Versions", "Settings", "Files")

NO_CHECK = "Not made. On PlexSync's page, under Setup, it goes along; the task Bug Report makes it, too."

#: How an entry of a log of ours begins.
_BEGINS = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")

Lines = Iterator[str]


def write_report(data: DataDir, way: StashConnection | None, checked: Sequence[str], *, mask: bool) -> str:
    """The whole report. ``checked``: the lines of Check Setup, or why there are none; ``mask``: whether titles, paths
    and other names are masked. Asks Stash and Plex for a few seconds at most; never raises because of them."""
    said = ask_stash(way)
    words = own_words() if mask else None
    masker = Masker(said.secrets, words, own_names(), _folders(data), own_seams() if mask else ())
    sections: list[tuple[str, Callable[[], Lines]]] = [
        ("Versions", lambda: _versions(data, said)),
        ("Settings", lambda: _settings(said, masker)),
        ("Check Setup", lambda: iter(checked or [NO_CHECK])),
        ("How things stand", lambda: _standing(data)),
        ("Reasons", lambda: _reasons(data)),
        ("Files", lambda: _files(data)),
        *((f"Last lines of {name}", _tail(path)) for name, path in _logs(data)),
    ]
    shown = "Titles, paths and other names are masked" if mask else "Titles and paths are shown"
    lines = [f"PlexSync: bug report of {time.strftime('%Y-%m-%d %H:%M:%S %z')}", "", f"{shown}; secrets are not in it."]
    for heading, section in sections:
        masked = masker.plain if heading in _OF_OURS else masker.text
        lines += ["", f"== {heading} ==", "", *map(masked, _carefully(section))]
    if masker.hosts():
        lines += ["", "== Hosts ==", "", *masker.hosts()]
    return "\n".join(lines) + "\n"


def _carefully(section: Callable[[], Lines]) -> list[str]:
    """Its lines, as far as they go."""
    lines: list[str] = []
    try:
        lines.extend(section())
    except (OSError, sqlite3.Error, CannotBeRead) as error:
        lines.append(f"This cannot be read: {error}")
    except Exception as error:  # noqa: BLE001 - the report of a fault must not end at it
        lines.append(f"This failed in an unforeseen way ({type(error).__name__}).")
    return lines or ["nothing"]


def _folders(data: DataDir) -> dict[str, str]:
    packages = {path: "<packages>" for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
    python = {**packages, os.path.dirname(os.__file__): "<library>", sys.executable: "<python>"}
    return {data.root: "<data>", PLUGIN_FOLDER: "<plugin>", **{path: name for path, name in python.items() if path}}


def _versions(data: DataDir, said: StashSaid) -> Lines:
    yield f"PlexSync: {version()}"
    yield f"Python: {sys.version.split()[0]} ({platform.python_implementation()}), {platform.platform()}"
    yield f"SQLite: {sqlite3.sqlite_version}"
    yield f"Stash: {said.version or f'no answer ({said.why})'}"
    if said.version and not said.enabled:
        yield "The plugin is switched off in Stash."
    yield f"Plex: {ask_plex(said.settings.get('plex_url'))}"
    folder = own_folder(data)
    state = "whole" if is_complete(folder) else "not whole" if os.path.isdir(folder) else "not there"
    yield f"PlexSync's own packages: {state}"
    if os.path.isdir(folder):
        found = sorted(name[: -len(".dist-info")] for name in os.listdir(folder) if name.endswith(".dist-info"))
        yield f"  {', '.join(found)}"
    if "PLEXSYNC_DATA" in os.environ:
        yield "The data folder is the one that PLEXSYNC_DATA names."


def _settings(said: StashSaid, masker: Masker) -> Lines:
    """What is set, and what is not: of secrets only whether they are."""
    if said.why:
        yield f"Not known, since Stash gave no answer ({said.why})."
        return
    known = own_settings()
    for key in known:
        value = said.settings.get(key)
        if key == _TOKEN:
            yield f"{key}: {'set' if value else 'empty'}"
        elif value not in (None, "", False, 0):
            yield f"{key}: {_shown(key, value, masker)}"
    others = [re.sub(r"\W", "?", str(key))[:40] for key in said.settings if key not in known]
    if others:
        yield f"Keys that are not PlexSync's, whose values are left out: {', '.join(sorted(others))}"
    yield "All others are empty, off or 0, which means the default."


def _shown(key: str, value: object, masker: Masker) -> str:
    if key in _ADDRESSES and not is_address(value):
        return "set, and no address"
    if key in _ADDRESSES:
        return masker.plain(str(value))
    return masker.value(value) if isinstance(value, str) else str(value) if isinstance(value, (int, float)) else "?"


def _standing(data: DataDir) -> Lines:
    """Counts, and what the page's overview says."""
    state = worker_state(data)
    yield f"The background worker runs: {'yes' if state['running'] else 'no'}"
    if state["failed"]:
        yield f"Installing the packages failed: {state['failed']}"
    with looking_at(data) as files:
        seen = overview(files, {})
    counts = seen.pop("counts")
    if isinstance(counts, Mapping):
        yield "Scenes: " + ", ".join(f"{name} {count}" for name, count in counts.items())
    runs, faults = seen.pop("runs"), seen.pop("faults")
    for name in ("record", "next_comparison", "only_look", "paused", "all_held", "guard", "session", "waited_for"):
        yield f"{name}: {_known(seen.get(name))}"
    for fault in faults if isinstance(faults, list) else []:
        yield f"A setting that cannot be used: {fault}"
    for run in runs if isinstance(runs, list) else []:
        yield f"{_time(run['ended'])}: {run['name']}: {run['summary']}"


def _reasons(data: DataDir) -> Lines:
    """Why scenes wait, are parked or are left out: each reason with how often."""
    with looking_at(data) as files:
        for state in _STATES:
            found = scenes(files, {"state": state, "size": 1})["reasons"]
            for one in found if isinstance(found, list) else []:
                yield f"{state}: {one['count']} x {one['reason']}"


def _files(data: DataDir) -> Lines:
    """What lies in the data folder, with its size in bytes; the database's own version."""
    for entry in sorted(os.scandir(data.root), key=lambda entry: entry.name):
        kind = f"{entry.stat().st_size}" if entry.is_file() else f"folder, {len(os.listdir(entry.path))} entries"
        yield f"{entry.name}: {kind}" if re.fullmatch(r"[\w.-]{1,60}", entry.name) else f"another file: {kind}"
    connection = open_for_reading(data.database, 0.5)
    if connection is not None:
        try:
            yield f"Version of plexsync.db: {connection.execute('PRAGMA user_version').fetchone()[0]}"
            if os.path.getsize(data.database) < QUICK:
                yield f"Quick check of plexsync.db: {connection.execute('PRAGMA quick_check(1)').fetchone()[0]}"
        finally:
            connection.close()


def _logs(data: DataDir) -> Iterable[tuple[str, str]]:
    """Every log in the data folder, and that of the installer of packages."""
    try:
        names = sorted(name for name in os.listdir(data.root) if name.endswith(".log"))
    except OSError:
        names = []
    yield from ((name, os.path.join(data.root, name)) for name in names)
    if os.path.exists(os.path.join(data.site, "pip.log")):
        yield "pip.log", os.path.join(data.site, "pip.log")


def _tail(path: str) -> Callable[[], Lines]:
    def tail() -> Lines:
        with open(path, "rb") as file:
            start = max(0, os.fstat(file.fileno()).st_size - BYTES)
            file.seek(start)
            lines = file.read(BYTES).decode("utf-8", "replace").splitlines()
        yield from _entries((lines[1:] if start else lines)[-LINES:])

    return tail


def _entries(lines: Sequence[str]) -> Lines:
    """The entries of a log; lines without a time, such as those of a traceback, belong to the one before."""
    entry: list[str] = []
    for line in lines:
        if entry and (_BEGINS.match(line) or not _BEGINS.match(entry[0])):
            yield "\n".join(entry)
            entry = []
        entry.append(line)
    if entry:
        yield "\n".join(entry)


def _known(value: object) -> str:
    return _time(value) if isinstance(value, float) else str(value) if value not in ("", None) else "-"


def _time(at: object) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at)) if isinstance(at, (int, float)) else "-"
