"""The packages install themselves: real Pythons without any, real pip, an index on 127.0.0.1."""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.harness import (
    ROOT,
    eventually,
    hand_over_no_locks,
    hook_input,
    install_plugin,
    installed,
    plex_library,
    stash_library,
)
from tests.support.wheels import Index, lock_line, make_wheel, serving, small_wheel, wheel_of_installed
from worker.datadir import DataDir
from worker.packages.folder import python_tag

ONE, TWO = small_wheel("plexsync-one", "1.2.0"), small_wheel("plexsync-two", "2.0.1")
STATUS = b'{"server_connection":{},"args":{"mode":"status"}}'
SAVED = hook_input(type("Stash", (), {"url": "http://127.0.0.1:9"})(), 1)

#: Makes the packages available as worker and tasks do, and says where a module came from.
PROBE = """
import sys
sys.path.insert(0, sys.argv[1])
from worker.datadir import DataDir
from worker.packages.environment import ensure_packages
ensure_packages(DataDir(), lambda line: print(line, file=sys.stderr, flush=True))
import plexsync_one, plexsync_two
print(plexsync_one.__file__, plexsync_one.VERSION, plexsync_two.VERSION)
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with pip and nothing else."""
    return new_python(tmp_path_factory.mktemp("fresh"))


def new_python(folder: Path, *options: str) -> Path:
    subprocess.run([sys.executable, "-m", "venv", *options, str(folder / "venv")], check=True)
    return folder / "venv" / "bin" / "python"


def site_packages(python: Path) -> Path:
    (folder,) = (python.parent.parent / "lib").glob("python*/site-packages")
    return folder


def closed_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/simple/"


@dataclass
class Plugin:
    """The unpacked package, which here needs two small packages instead of its own."""

    folder: Path
    python: Path
    index: Index
    environment: dict[str, str]

    @property
    def data(self) -> DataDir:
        return DataDir(str(self.folder / "data"))

    @property
    def own(self) -> Path:
        """The plugin's own folder of packages."""
        return self.folder / "data" / "site" / python_tag()

    def command(self) -> list[str]:
        return [str(self.python), "-S", "-E", str(self.folder / "PlexSync.py")]

    def needs(self, *wheels: tuple[str, bytes]) -> None:
        """Write requirements and lock file for these wheels."""
        parts = [(name.split("-")[0].replace("_", "-"), name.split("-")[1], content) for name, content in wheels]
        requirements = "".join(f"{name}~={version.rsplit('.', 1)[0]}\n" for name, version, _ in parts)
        (self.folder / "requirements.txt").write_text(requirements)
        (self.folder / "requirements.lock").write_text("".join(lock_line(*part) for part in parts))

    def start_probe(self, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.python), "-S", "-E", "-c", PROBE, str(self.folder)],
            env={**self.environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def probe(self, **more: str) -> tuple[str, str]:
        """What the probe printed, and the lines that it said meanwhile; it must succeed."""
        process = self.start_probe(**more)
        out, said = process.communicate()
        assert process.returncode == 0, said
        return out.strip(), said

    def assert_it_works(self, **more: str) -> str:
        """The packages are had from the plugin's own folder; returns what was said meanwhile."""
        out, said = self.probe(**more)
        assert out == f"{self.own / 'plexsync_one.py'} 1.2.0 2.0.1"
        assert sorted(os.listdir(self.data.site)) == sorted(["lock", python_tag()])
        return said

    def run(self, document: bytes, **more: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(self.command(), input=document, capture_output=True, env={**self.environment, **more})

    def error(self, **more: str) -> str:
        """The one error of a task that cannot start; Stash's log holds no traceback."""
        done = self.run(STATUS, **more)
        assert done.returncode == 1
        assert b"Traceback" not in done.stderr
        sentence: str = json.loads(done.stdout)["error"]
        assert sentence.count("\n") == 0
        assert sentence.startswith('PlexSync needs the Python package "plexsync-one", and ')
        assert " - nothing is lost: " in sentence
        return sentence

    def log(self) -> str:
        return Path(self.data.log).read_text() if os.path.exists(self.data.log) else ""


@pytest.fixture
def plugin(tmp_path: Path, fresh: Path) -> Iterator[Plugin]:
    """The plugin, the fresh Python, and an index that has what it needs."""
    passed = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHON"))}
    with serving(Index(ONE, TWO)) as index:
        environment = {**passed, "PIP_INDEX_URL": index.url, "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}
        plugin = Plugin(install_plugin(tmp_path), fresh, index, environment)
        plugin.needs(ONE, TWO)
        yield plugin


def test_they_are_installed_once_into_a_folder_of_their_own(plugin: Plugin) -> None:
    said = plugin.assert_it_works()
    assert said.startswith("Installing PlexSync's packages (once) into ")
    assert sorted(plugin.index.fetched) == sorted([ONE[0], TWO[0]])
    assert plugin.assert_it_works() == ""
    assert len(plugin.index.fetched) == 2
    assert not list(site_packages(plugin.python).glob("plexsync*"))


PACKAGES = ("worker.packages", "worker.packages.environment", "worker.packages.folder", "worker.packages.optional")


def test_a_second_start_imports_nothing_more_and_starts_no_process(plugin: Plugin) -> None:
    plugin.probe()
    # These are cheap, but what they are made of differs from Python to Python.
    cheap = "import sys, __future__, gc, importlib.machinery, os, time, warnings\nbefore = set(sys.modules)\n"
    script = PROBE.replace("import sys\n", cheap, 1)
    script = script.partition("import plexsync_one")[0] + "print(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [str(plugin.python), "-S", "-E", "-c", script, str(plugin.folder)], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) == {"worker", "worker.datadir", *PACKAGES}


def test_an_environment_that_fits_is_used_as_it_is(plugin: Plugin, tmp_path: Path) -> None:
    plugin.python = new_python(tmp_path, "--without-pip")
    unpack_into(site_packages(plugin.python), ONE, TWO)
    out, said = plugin.probe()
    assert out.startswith(str(site_packages(plugin.python)))
    assert said == ""
    assert not os.path.exists(plugin.data.site)


@pytest.mark.parametrize("there", [[("plexsync-one", "1.1.0")], [("plexsync-one", "2.0.0"), ("plexsync-two", "2.0.1")]])
def test_an_environment_that_does_not_fit_stays_as_it_is_and_behind(
    plugin: Plugin, tmp_path: Path, there: list[tuple[str, str]]
) -> None:
    plugin.python = new_python(tmp_path, "--without-pip")  # pip is then the wheel kept for ensurepip
    unpack_into(site_packages(plugin.python), *(small_wheel(*one) for one in there))
    plugin.assert_it_works()
    assert "VERSION" in (site_packages(plugin.python) / "plexsync_one.py").read_text()
    assert there[0][1] in (site_packages(plugin.python) / "plexsync_one.py").read_text()


def unpack_into(folder: Path, *wheels: tuple[str, bytes]) -> None:
    for name, content in wheels:
        (folder / name).write_bytes(content)
        shutil.unpack_archive(folder / name, folder, "zip")
        (folder / name).unlink()


def test_nothing_else_on_the_path_takes_their_place(plugin: Plugin, tmp_path: Path) -> None:
    other = tmp_path / "plugins"
    other.mkdir()
    (other / "plexsync_one.py").write_text("raise SystemExit('another plugin won')")
    plugin.assert_it_works(PYTHONPATH=str(other))
    without_e = [str(plugin.python), "-c", PROBE, str(plugin.folder)]
    done = subprocess.run(without_e, env={**plugin.environment, "PYTHONPATH": str(other)}, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_settings_of_pip_that_would_send_them_elsewhere_do_not(plugin: Plugin, tmp_path: Path) -> None:
    constraint = tmp_path / "constraint.txt"
    constraint.write_text("plexsync-one<1\n")
    plugin.assert_it_works(PIP_USER="1", PIP_CONSTRAINT=str(constraint))


@pytest.mark.parametrize("as_file", [False, True], ids=["in the environment", "in pip's configuration file"])
def test_a_root_a_prefix_or_a_trial_run_that_pip_is_told_of_do_not_mislead(
    plugin: Plugin, tmp_path: Path, as_file: bool
) -> None:
    told = {"root": str(tmp_path / "root"), "prefix": str(tmp_path / "prefix"), "dry-run": "true"}
    if as_file:  # of which the way to the index counts
        file = tmp_path / "pip.conf"
        lines = [f"{key} = {value}" for key, value in told.items()]
        file.write_text("\n".join(["[global]", f"index-url = {plugin.index.url}", "[install]", *lines]))
        del plugin.environment["PIP_INDEX_URL"]
        plugin.assert_it_works(PIP_CONFIG_FILE=str(file))
    else:
        plugin.assert_it_works(**{f"PIP_{key.upper().replace('-', '_')}": value for key, value in told.items()})
    assert not (tmp_path / "root").exists()
    assert not (tmp_path / "prefix").exists()


def test_what_cannot_be_loaded_is_not_taken_for_installed(plugin: Plugin) -> None:
    broken = make_wheel("plexsync-two", "2.0.1", {"plexsync_two.py": b"raise ImportError('for another processor')\n"})
    plugin.index.files |= {broken[0]: broken[1]}
    plugin.needs(ONE, broken)
    assert "what was installed cannot be loaded (ImportError: for another processor)" in plugin.error()
    assert not plugin.own.exists()


def test_an_update_without_a_network_goes_on_with_what_fits(plugin: Plugin) -> None:
    plugin.probe()
    newer = small_wheel("plexsync-one", "1.2.7")
    plugin.needs(newer, TWO)
    out, said = plugin.probe(PIP_INDEX_URL=closed_port())
    assert out == f"{plugin.own / 'plexsync_one.py'} 1.2.0 2.0.1"
    assert "Those of the last version are used meanwhile, which fit" in said
    assert not os.path.exists(plugin.data.install_failed), "hooks start workers"
    assert plugin.probe(PIP_INDEX_URL=closed_port()) == (out, "")  # not with every start
    later = Path(plugin.data.site, "tried")
    os.utime(later, (1, 1))
    plugin.index.files |= {newer[0]: newer[1]}
    assert plugin.probe()[0] == f"{plugin.own / 'plexsync_one.py'} 1.2.7 2.0.1"


def test_an_environment_that_fits_by_its_numbers_and_is_damaged_gives_way_to_own_packages(
    plugin: Plugin, tmp_path: Path
) -> None:
    plugin.python = new_python(tmp_path, "--without-pip")
    unpack_into(site_packages(plugin.python), ONE, TWO)
    done = plugin.run(STATUS)  # the real packages are not there
    assert "with the next save or task, PlexSync installs its own" in json.loads(done.stdout)["error"]
    out, said = plugin.probe()
    assert out.startswith(str(plugin.own))
    assert said.startswith("Installing")


def test_a_folder_of_pythonpath_that_has_what_fits_is_used_behind_all_others(plugin: Plugin, tmp_path: Path) -> None:
    plugin.python = new_python(tmp_path, "--without-pip")
    image = tmp_path / "pip-install"
    image.mkdir()
    unpack_into(image, ONE, TWO)
    for name in ("json", "worker"):  # never before the standard library, or our own
        (image / f"{name}.py").write_text("raise SystemExit('another module won')")
    out, said = plugin.probe(PYTHONPATH=f"{tmp_path / 'nothing'}{os.pathsep}{image}")
    assert (out.split()[0], said) == (str(image / "plexsync_one.py"), "")
    unpack_into(plugin.folder.parent, ONE, TWO)  # where all plugins lie, which Stash names there
    assert plugin.probe(PYTHONPATH=str(plugin.folder.parent))[0].startswith(str(plugin.own))


#: Takes what uv takes, and lets a pip do it.
UV = """#!{python}
import os, sys
assert sys.argv[1:3] == ["pip", "install"], sys.argv
rest, drop = [], {{"--python": 1, "--cache-dir": 1, "--link-mode": 1}}
arguments = iter(sys.argv[3:])
for one in arguments:
    if one in drop:
        print("uv", one, next(arguments))
    else:
        rest.append(one)
os.execv({python!r}, [{python!r}, "-m", "pip", "install", *rest])
"""


def test_uv_serves_where_neither_pip_nor_its_wheel_is_there(plugin: Plugin, tmp_path: Path, fresh: Path) -> None:
    plugin.python = new_python(tmp_path, "--without-pip")
    blocked = 'import sys\nsys.modules["pip"] = sys.modules["ensurepip"] = None\n'
    (site_packages(plugin.python) / "sitecustomize.py").write_text(blocked)
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(UV.format(python=str(fresh)))
    uv.chmod(0o755)
    path = f"{uv.parent}{os.pathsep}{plugin.environment['PATH']}"
    plugin.assert_it_works(PATH=path)
    assert sorted(plugin.index.fetched) == sorted([ONE[0], TWO[0]])


def test_no_other_folder_has_to_be_writable(plugin: Plugin, tmp_path: Path) -> None:
    nowhere = tmp_path / "a-file"
    nowhere.write_text("")
    plugin.assert_it_works(HOME=str(nowhere), TMPDIR=str(nowhere), XDG_CACHE_HOME=str(nowhere))


def test_nothing_is_written_anywhere_else(plugin: Plugin, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    plugin.index.go_on.clear()
    process = plugin.start_probe(TMPDIR=str(elsewhere), XDG_CACHE_HOME=str(elsewhere))
    eventually(lambda: plugin.index.fetched, what="pip downloads")
    during = os.listdir(elsewhere)  # pip has made its temporary folders
    plugin.index.go_on.set()
    assert process.communicate()[0]
    assert during == os.listdir(elsewhere) == []


def test_an_externally_managed_python_is_no_obstacle(plugin: Plugin, tmp_path: Path) -> None:
    plugin.python = new_python(tmp_path)
    (tmp_path / "EXTERNALLY-MANAGED").write_text("[externally-managed]\nError=Use the system's packages.\n")
    (site_packages(plugin.python) / "sitecustomize.py").write_text(
        "import sys, sysconfig\n"
        "sys.base_prefix, real = sys.prefix, sysconfig.get_path\n"
        f"sysconfig.get_path = lambda name, *a, **k: {str(tmp_path)!r} if name == 'stdlib' else real(name, *a, **k)\n"
    )
    command = [str(plugin.python), "-m", "pip", "install", "plexsync-one"]
    refused = subprocess.run(command, env=plugin.environment, capture_output=True)
    assert b"externally-managed-environment" in refused.stderr
    plugin.assert_it_works(PIP_REQUIRE_VIRTUALENV="1")
    shutil.rmtree(plugin.data.site)
    assert "pip install --break-system-packages -r " in plugin_without(plugin, "plexsync-two")


def plugin_without(plugin: Plugin, project: str) -> str:
    """The error when the index offers this project for another system only."""
    name, _ = small_wheel(project, "2.0.1", "py3-none-any")
    content = plugin.index.files.pop(name)
    plugin.index.files[name.replace("none-any", "none-win_arm64")] = content
    return plugin.error()


def test_another_python_gets_a_folder_of_its_own(plugin: Plugin) -> None:
    plugin.probe()
    other = plugin.own.with_name("cpython-39-x86_64-linux-musl")
    os.rename(plugin.own, other)
    out, said = plugin.probe()
    assert out.startswith(str(plugin.own))
    assert said.startswith("Installing")
    assert other.exists()  # two Pythons may take turns


def test_a_moved_plugin_still_has_its_packages(plugin: Plugin, tmp_path: Path) -> None:
    plugin.probe()
    plugin.folder = Path(shutil.move(plugin.folder, tmp_path / "elsewhere"))
    assert plugin.assert_it_works(PIP_INDEX_URL=closed_port()) == ""


def test_an_update_with_other_packages_replaces_the_folder(plugin: Plugin) -> None:
    plugin.probe()
    gone = plugin.own.with_name("cpython-39-darwin-arm64")
    shutil.copytree(plugin.own, gone)
    newer = small_wheel("plexsync-one", "1.3.0")
    plugin.index.files |= {newer[0]: newer[1]}
    plugin.needs(newer, TWO)
    out, _ = plugin.probe()
    assert out == f"{plugin.own / 'plexsync_one.py'} 1.3.0 2.0.1"
    assert sorted(os.listdir(plugin.data.site)) == sorted(["lock", python_tag()])


def test_an_update_that_cannot_be_had_leaves_the_old_folder(plugin: Plugin) -> None:
    plugin.probe()
    before = sorted(os.listdir(plugin.own))
    plugin.needs(small_wheel("plexsync-one", "1.3.0"), TWO)
    plugin.error()
    assert sorted(os.listdir(plugin.own)) == before


@pytest.mark.parametrize("beside", [True, False], ids=["beside the plugin", "in the data folder"])
def test_prepared_wheels_serve_without_a_network(plugin: Plugin, beside: bool) -> None:
    wheels = plugin.folder / "wheels" if beside else Path(plugin.data.root) / "wheels"
    wheels.mkdir(parents=True)
    for name, content in (ONE, TWO):
        (wheels / name).write_bytes(content)
    plugin.assert_it_works(PIP_INDEX_URL=closed_port())


def test_prepared_wheels_that_are_not_enough_are_no_obstacle(plugin: Plugin) -> None:
    wheels = Path(plugin.data.root) / "wheels"
    wheels.mkdir(parents=True)
    (wheels / ONE[0]).write_bytes(ONE[1])
    plugin.assert_it_works()


def test_a_killed_install_leaves_the_old_state_and_the_next_one_clears_up(plugin: Plugin) -> None:
    plugin.index.go_on.clear()
    first = plugin.start_probe()
    eventually(lambda: plugin.index.fetched, what="pip downloads")
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert not plugin.own.exists()
    assert [name for name in os.listdir(plugin.data.site) if name.startswith("draft.")]
    second = plugin.start_probe()  # pip still works for the dead one, and holds the lock
    assert second.stderr is not None
    assert second.stderr.readline().startswith("Another process installs PlexSync's packages")
    plugin.index.go_on.set()
    said = second.communicate()[1]
    assert second.returncode == 0, said
    plugin.assert_it_works()


def test_an_install_that_was_killed_before_its_last_step_is_finished_without_the_index(plugin: Plugin) -> None:
    plugin.probe()
    os.rename(plugin.own, plugin.own.with_name(f"draft.{python_tag()}.4711"))
    assert plugin.assert_it_works(PIP_INDEX_URL=closed_port()) == ""


def test_two_processes_at_once_install_once(plugin: Plugin) -> None:
    plugin.index.go_on.clear()
    first = plugin.start_probe()
    eventually(lambda: plugin.index.fetched, what="pip downloads")
    second = plugin.start_probe()
    assert second.stderr is not None
    assert second.stderr.readline().startswith("Another process installs PlexSync's packages")
    plugin.index.go_on.set()
    assert first.communicate()[0] == second.communicate()[0] != ""
    assert sorted(plugin.index.fetched) == sorted([ONE[0], TWO[0]])


def test_pip_is_found_where_a_distribution_keeps_it(plugin: Plugin, tmp_path: Path) -> None:
    plugin.python = new_python(tmp_path, "--without-pip")
    name, content = wheel_of_installed("pip")
    (tmp_path / name).write_bytes(content)
    lines = ["import ensurepip, sysconfig", f"ensurepip.__file__ = {str(tmp_path / 'ensurepip' / '__init__.py')!r}"]
    lines += [f"sysconfig.get_config_vars()['WHEEL_PKG_DIR'] = {str(tmp_path)!r}"]
    (site_packages(plugin.python) / "sitecustomize.py").write_text("\n".join(lines))
    plugin.assert_it_works()


def test_without_pip_it_says_how_to_get_it(plugin: Plugin, tmp_path: Path) -> None:
    plugin.python = new_python(tmp_path, "--without-pip")
    blocked = 'import sys\nsys.modules["pip"] = sys.modules["ensurepip"] = None\n'
    (site_packages(plugin.python) / "sitecustomize.py").write_text(blocked)
    sentence = plugin.error()
    assert f"this Python ({plugin.python}) has no pip to install it with" in sentence
    assert '"apt install python3-pip"' in sentence
    assert sentence.endswith("nothing is lost: 0 events wait.")


def test_without_a_network_it_names_the_folder_for_wheels(plugin: Plugin) -> None:
    sentence = plugin.error(PIP_INDEX_URL=closed_port())
    assert "the package index cannot be reached" in sentence
    assert f'put the wheels into the folder "{plugin.data.root}/wheels"' in sentence
    assert os.path.exists(os.path.join(plugin.data.site, "pip.log"))


def test_an_index_that_refuses_is_one_that_cannot_be_reached(plugin: Plugin) -> None:
    del plugin.index.files[ONE[0]]  # its page is a 404 then
    assert "the package index cannot be reached" in plugin.error()


def test_another_file_of_the_same_name_is_not_installed(plugin: Plugin) -> None:
    plugin.index.files[TWO[0]] = make_wheel("plexsync-two", "2.0.1", {"plexsync_two.py": b"raise SystemExit\n"})[1]
    sentence = plugin.error()
    assert 'what the package index offers as "plexsync-two" is not the file that PlexSync was made with' in sentence
    assert f"{plugin.python} -m pip config list" in sentence
    assert not plugin.own.exists()


def test_a_lock_file_without_hashes_installs_nothing(plugin: Plugin) -> None:
    lock = plugin.folder / "requirements.lock"
    lock.write_text(re.sub(r" \\\n +--hash=\S+", "", lock.read_text()))
    assert "pip failed" in plugin.error()
    assert not plugin.own.exists()


def test_without_a_wheel_for_this_machine_it_names_the_command_that_builds_one(plugin: Plugin) -> None:
    sentence = plugin_without(plugin, "plexsync-two")
    assert f'there is no ready-made "plexsync-two" for this Python ({python_tag()})' in sentence
    assert f"{plugin.python} -m pip install -r {plugin.folder}/requirements.txt" in sentence


def test_a_folder_that_cannot_be_written_is_named(plugin: Plugin) -> None:
    os.makedirs(plugin.data.root)
    Path(plugin.data.site).write_text("not a folder")
    sentence = plugin.error()
    assert f'the folder "{plugin.data.site}" cannot be used' in sentence
    assert "make it writable for the user that runs Stash" in sentence


def test_a_full_disk_is_named(plugin: Plugin, tmp_path: Path) -> None:
    plugin.python = new_python(tmp_path, "--without-pip")
    words = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
    pip = site_packages(plugin.python) / "pip"
    pip.mkdir()
    (pip / "__init__.py").write_text("")
    (pip / "__main__.py").write_text(f"raise SystemExit({words!r})")
    assert f'there is no room for it: free 100 MB in the folder "{plugin.data.site}"' in plugin.error()


def test_hooks_keep_every_event_and_try_to_install_only_now_and_then(plugin: Plugin) -> None:
    without = {"PIP_INDEX_URL": closed_port()}
    hook = plugin.run(SAVED, **without)
    assert (hook.returncode, hook.stderr) == (0, b"")
    eventually(lambda: "nothing is lost: 1 event waits." in plugin.log())
    eventually(lambda: not worker_holds_its_lock(plugin))
    for _ in range(3):
        assert plugin.run(SAVED, **without).returncode == 0
        assert not worker_holds_its_lock(plugin)
    assert len(os.listdir(plugin.data.inbox)) == 4
    assert plugin.log().count("Installing PlexSync's packages") == 1
    assert "nothing is lost: 4 events wait." in plugin.error(**without)  # a task asks at once
    past = time.time() - 200
    os.utime(plugin.data.install_failed, (past, past))
    assert plugin.run(SAVED, **without).returncode == 0
    eventually(lambda: "nothing is lost: 5 events wait." in plugin.log())


def test_saves_during_the_first_install_start_one_worker_also_where_locks_are_not_handed_over(plugin: Plugin) -> None:
    starts = hand_over_no_locks(plugin.folder)
    plugin.index.go_on.clear()
    assert plugin.run(SAVED).returncode == 0
    eventually(lambda: plugin.index.fetched, what="pip downloads")
    assert [plugin.run(SAVED).returncode for _ in range(5)] == [0] * 5
    assert plugin.log().count("Installing PlexSync's packages") == 1
    plugin.index.go_on.set()
    eventually(lambda: not worker_holds_its_lock(plugin))  # its own packages are not there
    assert starts.read_text() == "."


def worker_holds_its_lock(plugin: Plugin) -> bool:
    from worker.storage.ownership import Lock

    return Lock(plugin.data.worker_lock).is_held_elsewhere()


def test_a_success_lets_hooks_start_workers_again(plugin: Plugin) -> None:
    plugin.error(PIP_INDEX_URL=closed_port())
    assert os.path.exists(plugin.data.install_failed)
    plugin.assert_it_works()
    assert not os.path.exists(plugin.data.install_failed)


def test_a_damaged_package_is_named_with_the_folder_to_delete(plugin: Plugin) -> None:
    plugin.probe()
    done = plugin.run(STATUS)  # none of the real packages is there
    sentence = json.loads(done.stdout)["error"]
    assert sentence.startswith('PlexSync cannot load the Python package "')
    assert f"Delete the folder {plugin.own} and run the task again" in sentence


def first_sync(folder: Path, python: Path, environment: Mapping[str, str], lock: str = "") -> None:
    """A fresh Python and the unpacked package: after one hook and one task, the scene is in Plex."""
    with installed(folder, stash_library(1), plex_library(1), python=str(python), environment=environment) as setup:
        if lock:
            (setup.plugin / "requirements.lock").write_text(lock)
        setup.stash.save(1, title="The first one")
        assert [run["exit_code"] for run in setup.stash.hook_runs] == [0]
        setup.stash.wait_for_job(setup.stash.run_task("PlexSync", "Status"))
        eventually(lambda: setup.shows(1, title="The first one"))
        eventually(setup.idle)
        assert os.path.isdir(os.path.join(setup.data.site, python_tag()))


@pytest.mark.timeout(300)
def test_a_fresh_python_ends_with_a_synced_scene(tmp_path: Path) -> None:
    names = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    wheels = [wheel_of_installed(name) for name in names]
    # Wheels that are put together again have hashes of their own.
    lock = "".join(lock_line(wheel[0].split("-")[0], wheel[0].split("-")[1], wheel[1]) for wheel in wheels)
    with serving(Index(*wheels)) as index:
        environment = {"PIP_INDEX_URL": index.url, "PIP_CONFIG_FILE": os.devnull}
        first_sync(tmp_path, new_python(tmp_path, "--without-pip"), environment, lock)
        assert sorted(index.fetched) == sorted(name for name, _ in wheels)


@pytest.mark.timeout(400)
def test_a_fresh_python_and_the_real_index_end_with_a_synced_scene(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries", "0", "tenacity"]
    asked = subprocess.run([*command, "--dest", str(tmp_path)], capture_output=True)
    if asked.returncode != 0:
        pytest.skip("pip reaches no package index from here.")
    first_sync(tmp_path, new_python(tmp_path), {})


def old_pythons() -> list[str]:
    found = [shutil.which(f"python3.{minor}") for minor in (6, 7, 8, 9)]
    found += glob.glob(os.path.expanduser("~/.pyenv/versions/3.[6-9].*/bin/python"))
    return [python for python in found if python and subprocess.run([python, "-c", ""]).returncode == 0]


def test_a_python_that_is_too_old_is_told_so_in_one_sentence(tmp_path: Path) -> None:
    pythons = old_pythons()
    if not pythons:
        pytest.skip("There is no Python older than 3.10 on this machine.")
    folder = install_plugin(tmp_path)
    for python in pythons:
        done = subprocess.run([python, "-S", "-E", str(folder / "PlexSync.py")], input=STATUS, capture_output=True)
        assert done.returncode == 1
        assert json.loads(done.stdout)["error"].startswith("PlexSync needs Python 3.10 or newer")
        assert b"Traceback" not in done.stderr
