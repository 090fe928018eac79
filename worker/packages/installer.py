"""Installs the pinned packages with pip, once, into a folder of PlexSync's own. Standard library only.

Only files whose SHA-256 stands in ``requirements.lock``, and only ready-made ones (wheels): nothing is built here.
They are laid into a draft folder, which takes the real one's place when it is whole. The kernel's lock makes
others wait; pip shares it, so that it holds until pip has ended, too, when we are killed.
"""

from __future__ import annotations

import glob
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
from worker.system import LOCKS_ARE_INHERITED, fsync_folder, open_lock, try_lock

if TYPE_CHECKING:
    from worker.packages.folder import Say

#: Seconds between two lines that say how far pip is.
SAY_EVERY = 10.0

#: What pip reads from the environment. The rest of it (index, proxy, certificates) stays as the user set it.
_PIP = {
    "PIP_BREAK_SYSTEM_PACKAGES": "1",  # nothing of the system is touched: the target is our own folder
    "PIP_ROOT_USER_ACTION": "ignore",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_USER": "0",
}


#: How pip says that a package is not there, and that it could not look.
_ABSENT = r"No matching distribution found for ([\w.-]+)"
_UNREACHABLE = r"connection error|Retrying \(Retry|Could not fetch URL|confirming the ssl certificate"


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
    except _Failure as failure:
        _fail(data, missing, str(failure))
    except OSError as error:
        _fail(data, missing, _unusable(data, error))


def _install(data: DataDir, folder: str, say: Say, lock: int) -> None:
    say(f"Installing PlexSync's packages (once) into {folder} …")
    started = time.monotonic()
    draft = os.path.join(data.site, f"draft.{os.path.basename(folder)}.{os.getpid()}")
    try:
        pip = _find_pip()
        prepared = [path for path in wheel_folders(data) if os.path.isdir(path)]
        # Wheels that somebody laid ready come first; what they lack is fetched, if the index can be reached.
        ways = [["--no-index", "--find-links", path] for path in prepared]
        if all(_run_pip(pip, way, draft, data, say, lock) for way in [*ways, []]):
            if re.search(_ABSENT, _said(data)) and not re.search(_UNREACHABLE, _said(data)):
                _run_pip(pip, ["-vv"], draft, data, say, lock)  # absent, or not shown to us? That alone tells
            raise _Failure(_reason(data))
        shutil.copyfile(LOCK, os.path.join(draft, os.path.basename(LOCK)))  # from here on it is complete
        if hasattr(os, "sync"):
            os.sync()  # files that are named but empty would be the worst state after a power cut
        _put_in_place(draft, folder)
        os.unlink(_log(data))
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    say(f"PlexSync's packages are installed, in {time.monotonic() - started:.0f} seconds.")


def wheel_folders(data: DataDir) -> tuple[str, str]:
    """Where prepared wheels are looked for: in the data folder and beside the plugin."""
    return os.path.join(data.root, "wheels"), os.path.join(PLUGIN_FOLDER, "wheels")


def _find_pip() -> list[str]:
    """How to start pip. The last way is the wheel that a Python without pip keeps for "ensurepip"."""
    for flags in (["-I"], ["-E"]):  # isolated, but where pip itself is installed for the user only
        if subprocess.run([sys.executable, *flags, "-c", "import pip"], capture_output=True).returncode == 0:  # noqa: S603
            return [sys.executable, *flags, "-m", "pip"]
    try:
        import ensurepip
    except ImportError:
        wheels = []
    else:
        kept = [os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")]
        kept += [sysconfig.get_config_var("WHEEL_PKG_DIR") or kept[0]]  # Debian, Ubuntu and Fedora keep it elsewhere
        wheels = [wheel for folder in kept for wheel in glob.glob(os.path.join(folder, "pip-*.whl"))]
    if not wheels:
        raise _Failure(
            f"this Python ({sys.executable}) has no pip to install it with: install pip "
            '("apt install python3-pip" on Debian and Ubuntu, "apk add py3-pip" on Alpine), '
            "then run a task of PlexSync"
        )
    return [sys.executable, "-I", os.path.join(wheels[0], "pip")]


def _run_pip(pip: list[str], way: list[str], draft: str, data: DataDir, say: Say, lock: int) -> int:
    """Let pip install into a fresh draft folder; returns its exit code. What it says is in the file of ``_log``."""
    temporary = draft + ".tmp"
    shutil.rmtree(draft, ignore_errors=True)
    os.makedirs(temporary, mode=0o700, exist_ok=True)
    environment = {**os.environ, **_PIP, "TMPDIR": temporary, "TEMP": temporary, "TMP": temporary}
    environment.pop("PIP_CONSTRAINT", None)  # constraints without hashes are an error beside the hashes
    command = [*pip, "install", "--target", draft, "--require-hashes", "--only-binary", ":all:"]
    command += ["--no-deps", "--no-cache-dir", *way, "-r", LOCK]
    try:
        with open(os.open(_log(data), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=data.site,
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
        os.rename(folder, old)
    os.rename(draft, folder)
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
    if found := re.search(_ABSENT, said):
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
