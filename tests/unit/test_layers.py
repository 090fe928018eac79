"""Rooms import one way, without circles, and the hook path imports next to nothing."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.harness import ROOT
from tests.support.modules import MODULES, imported, name

#: Every room with those it may import from. A room is a folder of modules, or a module beside such folders.
DOOR = {"worker.datadir", "worker.system"}
OUTSIDE = {"validation", "stash", "plex"}
STORAGE = {*OUTSIDE, *DOOR, "worker.metadata", "worker.storage"}
ALLOWED: dict[str, set[str]] = {
    "validation": set(),
    "stash": {"validation"},
    "plex": {"validation"},
    "worker": set(),
    "worker.system": set(),
    "worker.datadir": set(),
    "worker.launcher": DOOR,
    "worker.incomplete": DOOR,
    "worker.neighbours": DOOR,
    "worker.hook": {*DOOR, "worker.launcher", "worker.neighbours"},
    "worker.packages": DOOR,
    "worker.operations": {
        *DOOR,
        "stash",
        "worker.hidden",
        "worker.packages",
        "worker.hook",
        "worker.metadata",
        "worker.storage",
        "worker.launcher",
    }
    | {"worker.waking"},
    "worker.waking": {*DOOR, "worker.launcher", "worker.storage"},
    "worker.timing": set(),
    "worker.hidden": set(),
    "worker.logs": {"stash", "worker.system", "worker.hidden"},
    "worker.metadata": {"validation"},
    "worker.storage": {*OUTSIDE, *DOOR, "worker.metadata"},
    "worker.items": STORAGE,
    "worker.jobs": {*STORAGE, "worker.timing"},
    "worker.plex_link": STORAGE,
    "worker.processor": {*STORAGE, "worker.items", "worker.jobs", "worker.timing"}
    | {"worker.plex_link", "worker.scene_sync", "worker.standins", "worker.job_steps"}
    | {"worker.undo_work", "worker.look_steps", "worker.missing_files", "worker.going", "worker.steps"},
    "worker.missing_files": {*STORAGE, "worker.items", "worker.jobs"},
    "worker.in_hand": {*STORAGE, "worker.items"},
    "worker.steps": {*STORAGE, "worker.items"},
    "worker.rounds": {*STORAGE, "worker.items", "worker.in_hand", "worker.steps"},
    "worker.going": {*STORAGE, "worker.items", "worker.jobs", "worker.rounds", "worker.in_hand", "worker.steps"},
    "worker.job_steps": {*STORAGE, "worker.items", "worker.jobs", "worker.scene_sync"},
    "worker.look_steps": {*STORAGE, "worker.items", "worker.jobs", "worker.scene_sync", "worker.job_steps"},
    "worker.only_look": {*STORAGE, "worker.items"},
    "worker.returns": {*STORAGE, "worker.items", "worker.jobs", "worker.timing", "worker.plex_link"},
    "worker.undo_work": {*STORAGE, "worker.items", "worker.jobs", "worker.returns"},
    "worker.endings": set(),
    "worker.standins": {*STORAGE, "worker.items", "worker.jobs"},
    "worker.scene_sync": {*STORAGE, "worker.items", "worker.jobs", "worker.returns"},
    "worker.stash_link": {*OUTSIDE, *DOOR, "worker.endings", "worker.logs", "worker.standins", "worker.timing"},
    "worker.plugin_watch": {*DOOR, "worker.endings"},
    "worker.signals": {"worker.endings"},
}
ALLOWED["worker.from_plex"] = {
    *DOOR,
    "validation",
    "worker.processor",
    "worker.returns",
    "worker.storage",
    "worker.timing",
}
ALLOWED["worker.answering"] = {*OUTSIDE, *DOOR, "worker.processor", "worker.storage"}
ABOVE = {
    *ALLOWED["worker.processor"],
    "worker.answering",
    "worker.processor",
    "worker.only_look",
    "worker.launcher",
    "worker.logs",
    "worker.returns",
    "worker.from_plex",
    "worker.waking",
}
ALLOWED["worker.tasks"] = {*ABOVE, "worker.operations"}
ALLOWED["worker.service"] = {*ABOVE, "worker.endings", "worker.plugin_watch", "worker.signals"}
ALLOWED["worker.service"] |= {"worker.stash_link", "worker.news"}
ALLOWED["worker.news"] = {"validation", *DOOR, "worker.jobs", "worker.logs", "worker.timing"}
ALLOWED["reconciliation"] = {*ABOVE, "worker.tasks"}
#: Above all rooms: where the plugin begins.
ALLOWED["worker.main"] = {*DOOR, "worker.hook", "worker.launcher", "worker.packages", "worker.operations"}
ALLOWED["worker.main"] |= {"worker.tasks", "worker.service", "reconciliation"}


def room_of(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "worker" else parts[0]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_rooms_import_one_way(path: Path) -> None:
    room = room_of(name(path))
    assert {room_of(other) for other in imported(path)} - {room} <= ALLOWED[room]


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(name(path)) in {"plex", "stash"}], ids=name)
def test_the_ways_to_both_servers_know_nothing_of_the_settings(path: Path) -> None:
    assert not {"validation.config", "validation.setting_faults"} & set(imported(path))


def test_the_order_of_rooms_has_no_circle() -> None:
    left = {room: set(others) - {room} for room, others in ALLOWED.items()}
    while left:
        free = [room for room, others in left.items() if not others & left.keys()]
        assert free, f"a circle among {sorted(left)}"
        for room in free:
            del left[room]


def test_no_modules_import_each_other_in_a_circle() -> None:
    left = {name(path): set(imported(path)) - {name(path)} for path in MODULES}
    while left:
        free = [module for module, others in left.items() if not others & left.keys()]
        assert free, f"a circle among {sorted(left)}"
        for module in free:
            del left[module]


def test_no_room_is_larger_than_a_third_of_the_product() -> None:
    sizes: dict[str, int] = {}
    for path in MODULES:
        room = room_of(name(path))
        sizes[room] = sizes.get(room, 0) + len(path.read_text(encoding="utf-8").splitlines())
    assert max(sizes.values()) <= sum(sizes.values()) / 3


def test_no_package_hides_one_of_the_standard_library() -> None:
    assert not {room.split(".")[0] for room in ALLOWED} & set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320


def test_the_entry_point_stays_short_since_each_hook_compiles_it_anew() -> None:
    assert len((ROOT / "PlexSync.py").read_text(encoding="utf-8").splitlines()) < 50


def test_the_hook_path_imports_only_a_few_cheap_modules() -> None:
    script = "import sys; before = set(sys.modules); import worker.main, worker.hook; "
    script += "print(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    ours = {"worker.hook", "worker.datadir", "worker.launcher", "worker.neighbours", "worker.system"}
    ours |= {"worker", "worker.main"}
    cheap = {"fcntl", "msvcrt", "_winapi", "time", "errno", "__future__"}
    cheap |= {"os", "os.path", "posixpath", "ntpath", "genericpath", "stat", "_stat", "abc", "_abc", "_collections_abc"}
    assert set(done.stdout.split()) <= ours | cheap


@pytest.mark.parametrize("module", ["entry", "history"])
def test_the_operations_of_the_page_import_the_standard_library_alone(module: str) -> None:
    script = f"import sys; before = set(sys.modules); import worker.operations.{module}; "
    script += "print(*set(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    ours = {one for one in loaded if one.startswith("worker")}
    door = {f"worker.{name}" for name in ("datadir", "launcher", "system", "hook", "neighbours", "waking")}
    here = {one for one in ours if "operations" in one} | {"worker.metadata", "worker.metadata.labels"}
    if module == "history":  # what is written and read there, by whoever looks
        here |= {f"worker.storage.journal_{name}" for name in ("documents", "entries", "reading", "words")}
        here |= {"worker.storage.rows"}
    assert ours <= {"worker", "worker.storage", "worker.storage.reading", "worker.storage.plan_reading", *door, *here}
    assert {one.split(".")[0] for one in loaded - ours} <= set(sys.stdlib_module_names)


def test_a_bug_report_imports_the_standard_library_alone() -> None:
    script = "import sys; before = set(sys.modules); import worker.operations.report.page, worker.tasks.table; "
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", script + "print(*set(sys.modules) - before)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert {one.split(".")[0] for one in done.stdout.split()} <= {*sys.stdlib_module_names, "worker", "stash"}


def test_the_entry_point_can_be_read_by_an_old_python() -> None:
    ast.parse((ROOT / "PlexSync.py").read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_statement_numbers_its_placeholders(path: Path) -> None:
    """Python 3.14 refuses a sequence of values for them (https://docs.python.org/3.14/library/sqlite3.html)."""
    assert not re.search(r"[=<>(, ]\?[0-9]", path.read_text(encoding="utf-8"))
