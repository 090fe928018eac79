"""Imports point one way, and the hook path imports next to nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ALLOWED = {
    "validation": {"validation"},
    "stash": {"stash", "validation"},
    "plex": {"plex", "validation"},
    "worker": {"worker", "stash", "plex", "validation"},
    "reconciliation": {"reconciliation", "worker", "stash", "plex", "validation"},
}
MODULES = [path for package in ALLOWED for path in sorted((ROOT / package).rglob("*.py"))]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_point_one_way(path: Path) -> None:
    assert (imported(path) & set(ALLOWED)) <= ALLOWED[path.relative_to(ROOT).parts[0]]


def test_no_package_hides_one_of_the_standard_library() -> None:
    assert not set(ALLOWED) & set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320


def test_the_entry_point_stays_under_a_hundred_lines() -> None:
    assert len((ROOT / "PlexSync.py").read_text(encoding="utf-8").splitlines()) < 100


def test_the_hook_path_imports_only_a_few_cheap_modules() -> None:
    script = "import sys; before = set(sys.modules); import worker.hook; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    ours = {"worker", "worker.hook", "worker.datadir", "worker.launcher", "worker.system"}
    cheap = {"fcntl", "msvcrt", "_winapi", "time", "errno", "__future__"}
    cheap |= {"os", "os.path", "posixpath", "ntpath", "genericpath", "stat", "_stat", "abc", "_abc", "_collections_abc"}
    assert set(done.stdout.split()) <= ours | cheap


def test_the_entry_point_can_be_read_by_an_old_python() -> None:
    ast.parse((ROOT / "PlexSync.py").read_text(encoding="utf-8"), feature_version=(3, 6))
