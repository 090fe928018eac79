"""Installs the pinned packages with pip or uv, once, into a folder of PlexSync's own. Standard library only.

Only files whose SHA-256 stands in ``requirements.lock``, and only ready-made ones (wheels): nothing is built here.
They are laid into a draft folder, which takes the real one's place when it is whole. The kernel's lock makes
others wait; pip shares it, so that it holds until pip has ended, too, when we are killed.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from typing import TYPE_CHECKING

from worker.datadir import PLUGIN_FOLDER, DataDir
from worker.packages.folder import LOCK, REQUIREMENTS, PackagesMissing, forget_failure, is_complete, python_tag
from worker.packages.tools import NoTool, Tool, find_tool
from worker.system import LOCKS_ARE_INHERITED, NO_WINDOW, fsync_folder, open_lock, replace, try_lock

if TYPE_CHECKING:
    from worker.packages.folder import Say

#: Seconds between two lines that say how far pip is.
SAY_EVERY = 10.0

#: How pip says that a package is not there, and that it could not look.
_ABSENT = r"No matching distribution found for ([\w.-]+)"
_ABSENT_FOR_UV = r"Because (?:only )?([\w.-]+?)==\S+ has no (?:usable wheels|wheels with a matching)"
_UNREACHABLE = r"connection error|Retrying \(Retry|Could not fetch URL|confirming the ssl certificate"
_UNREACHABLE += r"|error sending request|Failed to fetch|tcp connect error|dns error"  # uv's words


#: Imports the modules that it is told, from the folder that it is told first.
_IMPORT_ALL = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(name)
"""


class _Failure(Exception):
    """pip could not do it; the text is what is the case and what helps."""


def install(data: DataDir, folder: str, missing: str, say: Say) -> None:
    """Install what the lock file names into ``folder``, unless another process does so meanwhile.

    Args:
        missing: the package whose absence was noticed.

    Raises:
        PackagesMissing: it could not be done; the text is one sentence, and the failure is remembered.
    """
    try:
        os.makedirs(data.site, mode=0o700, exist_ok=True)
        lock = open_lock(os.path.join(data.site, "lock"))
        try:
            _wait_for(lock, say)
            _clear_up(data.site, folder)
            if not is_complete(folder):
                _install(data, folder, say, lock)
        finally:
            os.close(lock)
        forget_failure(data)
    except (_Failure, NoTool) as failure:
        _fail(data, missing, str(failure))
    except OSError as error:
        _fail(data, missing, _unusable(data, error))


def _install(data: DataDir, folder: str, say: Say, lock: int) -> None:
    say(f"Installing PlexSync's packages (once) into {folder} …")
    started = time.monotonic()
    draft = os.path.join(data.site, f"draft.{os.path.basename(folder)}.{os.getpid()}")
    try:
        tool = find_tool()
        prepared = [path for path in wheel_folders(data) if os.path.isdir(path)]
        # Wheels that somebody laid ready come first; what they lack is fetched, if the index can be reached.
        ways = [["--no-index", "--find-links", path] for path in prepared]
        if all(_run(tool, way, draft, data, say, lock) for way in [*ways, []]):
            if not tool.is_uv and re.search(_ABSENT, _said(data)) and not re.search(_UNREACHABLE, _said(data)):
                _run(tool, ["-vv"], draft, data, say, lock)  # absent, or not shown to us? That alone tells
            raise _Failure(_reason(data))
        _try_out(draft, data)
        shutil.copyfile(LOCK, os.path.join(draft, os.path.basename(LOCK)))  # from here on it is complete
        if hasattr(os, "sync"):
            os.sync()  # files that are named but empty would be the worst state after a power cut
        _put_in_place(draft, folder)
        os.unlink(_log(data))
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    say(f"PlexSync's packages are installed, in {time.monotonic() - started:.0f} seconds.")


def _try_out(draft: str, data: DataDir) -> None:
    """Import all of it once: a setting, or another processor, may have made nothing of it. Raises _Failure."""
    there = sum(name.endswith(".dist-info") for name in _names(draft))
    modules = [name.removesuffix(".py") for name in _names(draft) if _is_module(os.path.join(draft, name))]
    command = [sys.executable, "-S", "-E", "-B", "-c", _IMPORT_ALL, draft, *modules]
    tried = subprocess.run(command, capture_output=True, cwd=data.site, creationflags=NO_WINDOW)  # noqa: S603
    if there < _count() or tried.returncode:
        lines = tried.stderr.decode("utf-8", "replace").strip().splitlines()
        said = lines[-1] if lines else f"{there} of {_count()} packages are there"
        raise _Failure(
            f"what was installed cannot be loaded ({said}): choose another Python in Stash under Settings > System > "
            f'Python executable path, and look at what pip is told elsewhere with "{_command("config", "list")}"'
        )


def _names(folder: str) -> list[str]:
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def _is_module(path: str) -> bool:
    return path.endswith(".py") or os.path.isfile(os.path.join(path, "__init__.py"))


def wheel_folders(data: DataDir) -> tuple[str, str]:
    """Where prepared wheels are looked for: in the data folder and beside the plugin."""
    return os.path.join(data.root, "wheels"), os.path.join(PLUGIN_FOLDER, "wheels")


def _run(tool: Tool, way: list[str], draft: str, data: DataDir, say: Say, lock: int) -> int:
    """Let the tool install into a fresh draft folder; returns its exit code. What it says is in ``_log``."""
    temporary = draft + ".tmp"
    shutil.rmtree(draft, ignore_errors=True)
    os.makedirs(temporary, mode=0o700, exist_ok=True)
    try:
        with open(os.open(_log(data), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter
                tool.install(draft, temporary, way),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=tool.environment(temporary),
                cwd=data.site,
                creationflags=NO_WINDOW,
                pass_fds=(lock,) if LOCKS_ARE_INHERITED else (),
            )
            while True:
                try:
                    return process.wait(SAY_EVERY)
                except subprocess.TimeoutExpired:
                    fetched = len(re.findall(r"^Collecting ", _said(data), re.MULTILINE))
                    say(f"Still installing PlexSync's packages: number {fetched} of {_count()} …")
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _wait_for(lock: int, say: Say) -> None:
    if not try_lock(lock):
        say("Another process installs PlexSync's packages; waiting for it …")
        while not try_lock(lock):
            time.sleep(0.1)


def _clear_up(site: str, folder: str) -> None:
    """Finish or remove what a killed process left, and remove packages of versions of PlexSync that are gone."""
    for name in sorted(os.listdir(site)):
        path = os.path.join(site, name)
        if path == folder or not os.path.isdir(path):
            continue
        if not is_complete(path):
            shutil.rmtree(path, ignore_errors=True)
        elif name.startswith(f"draft.{os.path.basename(folder)}."):
            _put_in_place(path, folder)


def _put_in_place(draft: str, folder: str) -> None:
    """Whatever is killed when: the old folder stays, or the new one is there, or the draft is, and complete."""
    old = draft + ".old"
    if os.path.exists(folder):
        replace(folder, old)
    replace(draft, folder)
    fsync_folder(os.path.dirname(folder))
    shutil.rmtree(old, ignore_errors=True)


def _reason(data: DataDir) -> str:
    """What is the case and what helps, from what pip said last."""
    said = _said(data)
    where = f'(what pip said is in "{_log(data)}")'
    if re.search("No space left on device|Disk quota exceeded", said):
        return f'there is no room for it: free 100 MB in the folder "{data.site}" and run a task of PlexSync'
    if found := re.search(r"DO NOT MATCH THE HASHES[\s\S]*?^\s+([\w.-]+)==\S+ from", said, re.MULTILINE):
        return (
            f'what the package index offers as "{found[1]}" is not the file that PlexSync was made with: look at the '
            f'index that pip uses with "{_command("config", "list")}" {where}'
        )
    if re.search(_UNREACHABLE, said):
        return (
            "the package index cannot be reached: give this machine a connection and run a task of PlexSync, or put "
            f'the wheels into the folder "{wheel_folders(data)[0]}" as the README says {where}'
        )
    found = re.search(_ABSENT, said) or re.search(_ABSENT_FOR_UV, said)
    if found and sys.platform != "win32" and os.uname().machine == "armv6l":
        return (
            f'nobody makes "{found[1]}" for an ARMv6 processor: run Stash on one with ARMv7 or newer, or in an image '
            "for arm/v7, arm64 or amd64"
        )
    if found:
        return (
            f'there is no ready-made "{found[1]}" for this Python ({python_tag()}): choose another Python in Stash '
            f'under Settings > System > Python executable path, or run "{_command_to_install()}", which builds it'
        )
    errors = re.findall(r"^\s*ERROR: (.+)$", said, re.MULTILINE)
    return f'pip failed ({errors[-1] if errors else "without a word"}): run "{_command_to_install()}" {where}'


def _fail(data: DataDir, missing: str, reason: str) -> None:
    """Remember the failure and raise the sentence about it."""
    try:
        events = len(os.listdir(data.inbox))
    except OSError:
        events = 0
    waiting = "1 event waits" if events == 1 else f"{events:,} events wait"
    sentence = f'PlexSync needs the Python package "{missing}", and {reason} - nothing is lost: {waiting}.'
    try:
        with open(data.install_failed, "w", encoding="utf-8") as file:
            file.write(sentence + "\n")
    except OSError:
        pass  # where not even this can be written, no hook can store anything and start a worker
    raise PackagesMissing(sentence, name=missing) from None


def _unusable(data: DataDir, error: OSError) -> str:
    return (
        f'the folder "{data.site}" cannot be used ({error.strerror}): make it writable for the user that runs Stash, '
        "or name another data folder in the environment variable PLEXSYNC_DATA"
    )


def _command_to_install() -> str:
    managed = os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED"))
    return _command("install", *(["--break-system-packages"] if managed else []), "-r", REQUIREMENTS)


def _command(*arguments: str) -> str:
    command = [sys.executable, "-m", "pip", *arguments]
    return subprocess.list2cmdline(command) if sys.platform == "win32" else shlex.join(command)


def _log(data: DataDir) -> str:
    return os.path.join(data.site, "pip.log")


def _said(data: DataDir) -> str:
    with open(_log(data), encoding="utf-8", errors="replace") as log:
        return log.read()


def _count() -> int:
    with open(LOCK, encoding="utf-8") as lock:
        return len(re.findall(r"^[\w.-]+==", lock.read(), re.MULTILINE))
