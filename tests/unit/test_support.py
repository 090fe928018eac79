"""What tests share lies in tests/support, once, and is named in docs/development.md."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.harness import ROOT

TESTS = ROOT / "tests"


def sources() -> list[Path]:
    return [path for path in TESTS.rglob("*.py") if path != Path(__file__)]


def test_no_test_imports_from_another_one() -> None:
    imports = re.compile(r"^\s*(?:from|import) \S*\btest_(?!plex_integration)", re.MULTILINE)
    assert [path.name for path in sources() if imports.search(path.read_text(encoding="utf-8"))] == []


def test_there_is_one_clock_one_workbench_and_one_rig() -> None:
    made = re.compile(r"^class (\w*(?:Clock|[Bb]ench|Rig))\b", re.MULTILINE)
    shared = [path for path in sources() if TESTS / "doubles" not in path.parents]
    found = [name for path in shared for name in made.findall(path.read_text(encoding="utf-8"))]
    assert sorted(found) == ["Clock", "Rig", "RunningClock", "Workbench"]


def test_every_module_of_support_is_named_in_the_documents() -> None:
    page = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    table = page.partition("What they share lies in `tests/support`")[2].partition("\n\nThe doubles")[0]
    named = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == {path.stem for path in (TESTS / "support").glob("*.py")} - {"__init__"}
