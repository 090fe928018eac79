"""The package that Stash installs, and what it says it needs."""

from __future__ import annotations

import ast
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from tests.support.harness import package
from tools.package import ENDINGS, FILES, FOLDERS, LAST, ROOT, files_of_folder
from worker.packages import folder as packages
from worker.packages.requirements import fits, read_requirements

REQUIREMENTS = read_requirements(Path(ROOT, "requirements.txt").read_text(encoding="utf-8"))
LOCK = Path(ROOT, "requirements.lock").read_text(encoding="utf-8")
PINS = dict(re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE))
WHEN = {"GIT_AUTHOR_DATE": "2024-02-29T13:14:16+0900", "GIT_COMMITTER_DATE": "2024-02-29T13:14:16+0900"}


def repository(folder: Path, umask: int) -> Path:
    """The project as it lies here, as the one commit of a new repository."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    before = os.umask(umask)
    try:
        for name in [*files_of_folder(), "tools/__init__.py", "tools/package.py", "PlexSync.py"]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(ROOT, name), folder / name)
        (folder / "tests").mkdir()
        (folder / "tests" / "test_it.py").write_text("")
    finally:
        os.umask(before)
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "--quiet"], ["add", "--all"], [*who, "commit", "--quiet", "--message", "All."]):
        subprocess.run(["git", "-C", str(folder), *command], check=True, env={**os.environ, **WHEN})
    return folder


def built(folder: Path, **environment: str) -> tuple[dict[str, bytes], str]:
    done = subprocess.run(
        [sys.executable, "-m", "tools.package"],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return {path.name: path.read_bytes() for path in (folder / "dist").iterdir()}, done.stdout


def test_the_same_commit_gives_the_same_bytes(tmp_path: Path) -> None:
    first, said = built(repository(tmp_path / "one", 0o022), TZ="Asia/Tokyo")
    assert set(first) == {"PlexSync.zip", "index.yml"}
    assert "NOT in it" not in said
    two = repository(tmp_path / "two", 0o077)
    for path in two.rglob("*.py"):
        os.utime(path, (0, 0))
    (two / "PlexSync.py").write_text("changed and not committed")
    (two / "worker" / "new.py").write_text("")
    (two / "worker" / "__pycache__").mkdir()
    (two / "worker" / "__pycache__" / "hook.pyc").write_text("")
    second, said = built(two, TZ="America/Caracas")
    assert first == second
    assert "NOT in it, because it is not committed: PlexSync.py, worker/new.py" in said


def test_index_and_package_agree_and_read_as_stash_wants_them(tmp_path: Path) -> None:
    files, _ = built(repository(tmp_path, 0o022))
    commit = subprocess.run(["git", "-C", str(tmp_path), "rev-parse", "HEAD"], capture_output=True, text=True).stdout
    manifest = yaml.safe_load(Path(ROOT, "PlexSync.yml").read_text(encoding="utf-8"))
    text = files["index.yml"].decode()
    assert (
        yaml.load(text, Loader=yaml.BaseLoader)
        == [  # every value as text, as Stash reads it
            {
                "id": "PlexSync",
                "name": manifest["name"],
                "metadata": {"description": manifest["description"]},
                "version": f"{manifest['version']}-{commit[:7]}",
                "date": "2024-02-29 04:14:16",
                "path": "PlexSync.zip",
                "sha256": hashlib.sha256(files["PlexSync.zip"]).hexdigest(),
            }
        ]
    )
    with zipfile.ZipFile(io.BytesIO(files["PlexSync.zip"])) as archive:
        assert archive.testzip() is None
        assert {entry.date_time for entry in archive.infolist()} == {(2024, 2, 29, 4, 14, 16)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}


def test_a_published_package_leads_to_its_readme(tmp_path: Path) -> None:
    folder = repository(tmp_path / "here", 0o022)
    command = [
        sys.executable,
        "-m",
        "tools.package",
        str(tmp_path / "out"),
        "--home",
        "https://example.org/one/PlexSync",
    ]
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    with zipfile.ZipFile(tmp_path / "out" / "PlexSync.zip") as archive:
        manifest = yaml.safe_load(archive.read("PlexSync.yml"))
    assert manifest["url"] == "https://example.org/one/PlexSync#readme"
    assert hashlib.sha256((tmp_path / "out" / "PlexSync.zip").read_bytes()).hexdigest() in (
        (tmp_path / "out" / "index.yml").read_text()
    )


def test_without_a_commit_it_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    for name in ("__init__.py", "package.py"):
        shutil.copyfile(Path(ROOT, "tools", name), tmp_path / "tools" / name)
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    command = [sys.executable, "-m", "tools.package"]
    for path, what in (("", "git cannot be started: "), (os.environ["PATH"], "git gives none: ")):
        done = subprocess.run(command, cwd=tmp_path, env={**environment, "PATH": path}, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (1, "")
        assert done.stdout.startswith(f"The package is made from the newest commit, and {what}")
        if shutil.which("git") is None:
            return


def test_it_holds_the_plugin_and_nothing_else() -> None:
    with zipfile.ZipFile(io.BytesIO(package())) as archive:
        names = archive.namelist()
    assert set(FILES) <= set(names)
    assert all(name in FILES or (name.split("/")[0] in FOLDERS and name.endswith(ENDINGS)) for name in names)
    assert "manifest" not in names  # Stash writes a file of its own under this name
    assert not [name for name in names if name.startswith("data/")]  # an update would overwrite what is kept there
    assert tuple(names[-2:]) == LAST


def test_every_module_that_the_plugin_imports_is_in_it_or_in_the_lock_file() -> None:
    provided = {name.replace("-", "_") for name in PINS} | {"persistqueue"}
    with zipfile.ZipFile(io.BytesIO(package())) as archive:
        modules = {name[:-3].replace("/", ".") for name in archive.namelist() if name.endswith(".py")}
        modules |= {module[: -len(".__init__")] for module in modules if module.endswith(".__init__")}
        for name in archive.namelist():
            if name.endswith(".py"):
                for wanted in imports(archive.read(name).decode()):
                    top = wanted.split(".")[0]
                    assert wanted in modules or top in provided or top in sys.stdlib_module_names, (name, wanted)


def imports(source: str) -> list[str]:
    tree = list(ast.walk(ast.parse(source)))
    found = [alias.name for node in tree if isinstance(node, ast.Import) for alias in node.names]
    found += [node.module or "" for node in tree if isinstance(node, ast.ImportFrom)]
    tasks = re.findall(r'"([\w.]+):\w+"', source)  # as the table in PlexSync.py names them
    return found + tasks


@pytest.mark.parametrize(("name", "conditions"), REQUIREMENTS)
def test_lock_file_and_requirements_agree(name: str, conditions: str) -> None:
    assert fits(PINS[name.lower()], conditions)


def test_the_lock_file_pins_everything_with_hashes_and_names_no_index() -> None:
    lines = [line for line in LOCK.splitlines() if line and not line.startswith("#")]
    assert all(re.match(r"([\w.-]+==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?)$", line) for line in lines)
    assert "://" not in LOCK
    pinned = r"^[\w.-]+==\S+( ; .+)? \\\n    --hash"
    assert len(re.findall(pinned, LOCK, re.MULTILINE)) == len(re.findall(r"^\w", LOCK, re.MULTILINE)) == len(PINS)


def test_every_package_that_a_pinned_one_needs_is_pinned() -> None:
    from importlib.metadata import requires

    for name in PINS:
        for line in requires(name) or []:
            if ";" not in line:  # what is needed everywhere
                needed = re.split(r"[^\w.-]", line)[0]
                assert re.sub(r"[-_.]+", "-", needed).lower() in PINS, (name, line)


numbers = st.lists(st.sampled_from([0, 1, 2, 10]), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
suffixes = st.sampled_from(["", "", "", ".post1", "+local", "a1", "rc2", ".dev3", "b1.post2"])
conditions = st.one_of(
    st.tuples(st.sampled_from([">=", "==", "<"]), numbers),
    st.tuples(st.just("~="), numbers.filter(lambda version: "." in version)),
).map("".join)


@settings(max_examples=1000)
@given(numbers, suffixes, st.lists(conditions, min_size=1, max_size=3).map(",".join))
def test_versions_are_compared_as_pip_does(number: str, suffix: str, text: str) -> None:
    expected = SpecifierSet(text).contains(number + suffix, prereleases=False)
    assert fits(number + suffix, text) == expected


def test_a_condition_of_another_kind_is_not_ignored() -> None:
    with pytest.raises(ValueError, match="cannot read the condition"):
        fits("1.0", "!=1.0")


@pytest.mark.parametrize(
    ("suffix", "system", "machine", "glibc", "tag"),
    [
        (".cpython-311-x86_64-linux-gnu.so", "linux", "x86_64", True, "cpython-311-x86_64-linux-gnu"),
        (".cpython-312-x86_64-linux-musl.so", "linux", "x86_64", False, "cpython-312-x86_64-linux-musl"),
        (".cpython-310-x86_64-linux-gnu.so", "linux", "x86_64", False, "cpython-310-x86_64-linux-gnu-musl"),
        (".cpython-312-arm-linux-gnueabihf.so", "linux", "armv7l", True, "cpython-312-arm-linux-gnueabihf-armv7l"),
        (".cpython-312-arm-linux-gnueabihf.so", "linux", "armv6l", True, "cpython-312-arm-linux-gnueabihf-armv6l"),
        (".cpython-313t-darwin.so", "darwin", "arm64", False, "cpython-313t-darwin-arm64"),
        (".cp312-win_amd64.pyd", "win32", "", False, "cp312-win_amd64"),
    ],
)
def test_each_kind_of_python_has_a_folder_of_its_own(
    monkeypatch: pytest.MonkeyPatch, suffix: str, system: str, machine: str, glibc: bool, tag: str
) -> None:
    monkeypatch.setattr(packages, "EXTENSION_SUFFIXES", [suffix, ".abi3.so", ".so"])
    monkeypatch.setattr(packages, "_has_glibc", lambda: glibc)
    monkeypatch.setattr(packages, "sys", SimpleNamespace(platform=system))
    monkeypatch.setattr(packages, "os", SimpleNamespace(uname=lambda: SimpleNamespace(machine=machine)))
    assert packages.python_tag() == tag
