"""What the documents name is there: commands, settings, tasks, files, tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.support.harness import ROOT
from validation.config import PlexSyncConfig

NAMES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
DOCUMENTS = [*(ROOT / name for name in NAMES), *sorted((ROOT / "docs").glob("*.md"))]
MANIFEST = yaml.safe_load((ROOT / "PlexSync.yml").read_text(encoding="utf-8"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
TESTS = {path.name for path in (ROOT / "tests").rglob("*.py")}

#: Words in code style that look like settings and are none.
OTHERS = {"scene_ids", "python_files"}

documents = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


def code(path: Path) -> list[str]:
    """Everything in a document that is set as code."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [*blocks, *re.findall(r"`([^`]+)`", rest)]


@documents
def test_every_make_target_exists(path: Path) -> None:
    named = {target for piece in code(path) for target in re.findall(r"\bmake ([a-z][a-z-]*)", piece)}
    assert named - TARGETS == set()


@documents
def test_every_setting_exists(path: Path) -> None:
    words = {piece for piece in code(path) if re.fullmatch(r"[a-z]+(_[a-z]+)+", piece)}
    assert words - set(PlexSyncConfig.model_fields) - OTHERS == set()


@documents
def test_every_file_exists(path: Path) -> None:
    folders = "PlexSync|stash|plex|worker|validation|reconciliation|tests|bench|tools|docs"
    named = {piece for piece in code(path) if re.fullmatch(rf"({folders})[/.][\w/.-]*", piece)}
    missing = {name for name in named if not (ROOT / name).exists() and name != "PlexSync.zip"}
    missing |= {name for piece in code(path) for name in re.findall(r"\btest_\w+\.py", piece) if name not in TESTS}
    assert missing == set()


@documents
def test_every_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (path.parent / link).exists()] == []


@documents
def test_every_task_and_setting_in_the_users_words_exists(path: Path) -> None:
    tasks = {task["name"] for task in MANIFEST["tasks"]}
    settings = {setting["displayName"] for setting in MANIFEST["settings"].values()}
    text = path.read_text(encoding="utf-8")
    called = set(re.findall(r'run \*\*([^*]+)\*\*|task "([^"]+)"|setting "([^"]+)"', text))
    assert {name for names in called for name in names if name} - tasks - settings == set()


WORKFLOWS = sorted((ROOT / ".github").rglob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_the_files_for_a_code_host_can_be_read_and_call_targets_that_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    jobs = yaml.safe_load(text).get("jobs", {})
    steps = [step for job in jobs.values() for step in job["steps"]]
    called = [word for step in steps for word in re.findall(r"^make (.+)$", step.get("run", ""), re.MULTILINE)]
    assert {target for words in called for target in words.split()} - TARGETS == set()


def test_the_tests_run_on_every_python_that_is_promised() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))["jobs"]
    promised = [f"3.{minor}" for minor in range(10, 15)]
    assert jobs["linux"]["strategy"]["matrix"]["python"] == jobs["others"]["strategy"]["matrix"]["python"] == promised


ROOMS = ("stash", "plex", "validation", "worker", "reconciliation", "tools")
MODULES = {
    path.relative_to(ROOT).as_posix()
    for room in ROOMS
    for path in (ROOT / room).rglob("*.py")
    if path.name != "__init__.py"
}


def rows(path: Path, heading: str) -> str:
    """The table below a heading."""
    text = path.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return "\n".join(line for line in text.splitlines() if line.startswith("|"))


def test_every_module_stands_in_the_table_that_leads_to_the_right_room() -> None:
    rooms = "|".join(ROOMS)
    named = set(re.findall(rf"`((?:{rooms})/[\w/]*(?:\.py)?)`", rows(ROOT / "CONTRIBUTING.md", "Which room")))
    folders = {name for name in named if name.endswith("/")}
    missing = {module for module in MODULES - named if f"{module.rpartition('/')[0]}/" not in folders}
    assert missing == set(), "CONTRIBUTING.md, Which room: put each into the row of what one would change in it"
    assert named - folders - MODULES == set(), "CONTRIBUTING.md, Which room: these are not there any more"


def test_every_room_stands_in_the_table_of_rooms() -> None:
    named = set(re.findall(r"^\| `([\w/]+/)` \|", rows(ROOT / "docs" / "architecture.md", "Rooms"), re.MULTILINE))
    assert named == {f"{module.rpartition('/')[0]}/" for module in MODULES} - {"tools/"}
