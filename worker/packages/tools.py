"""What installs packages on this machine: pip, or uv where a Python has none. Standard library only."""

from __future__ import annotations

import ast
import glob
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass

from worker.packages.folder import LOCK
from worker.system import NO_WINDOW

#: What pip shall not take from the environment. The rest (index, proxy, certificates) stays as the user set it.
_PIP = {
    "PIP_BREAK_SYSTEM_PACKAGES": "1",  # nothing of the system is touched: the target is our own folder
    "PIP_ROOT_USER_ACTION": "ignore",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_USER": "0",
    "PIP_CONFIG_FILE": os.devnull,
}

#: What would send them elsewhere; constraints without hashes are an error beside the hashes.
_ELSEWHERE: tuple[str, ...] = (
    "CONSTRAINT",
    "DRY_RUN",
    "PREFIX",
    "ROOT",
    "TARGET",
    "REPORT",
    "NO_CLEAN",
    "SRC",
    "PYTHON",
    "EDITABLE",
)
_ELSEWHERE += ("REQUIREMENT", "UPGRADE", "ONLY_BINARY", "NO_BINARY", "PLATFORM", "PYTHON_VERSION", "ABI", "QUIET")

#: What is taken from pip's configuration files: where packages come from, and how they are reached.
_HONOURED = {"index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "proxy", "cert", "client-cert"}
_HONOURED |= {"timeout", "default-timeout", "retries", "keyring-provider"}


class NoTool(Exception):
    """There is nothing to install packages with; the text is what is the case and what helps."""


@dataclass(frozen=True)
class Tool:
    """A program that installs packages. ``start``: how it is started."""

    start: tuple[str, ...]
    is_uv: bool = False

    def install(self, draft: str, cache: str, way: list[str]) -> list[str]:
        """The command that lays what the lock file names into ``draft``; ``way`` says where it comes from."""
        own = (
            ["--python", sys.executable, "--cache-dir", cache, "--link-mode", "copy"]
            if self.is_uv
            else ["--no-cache-dir"]
        )
        how = ["--target", draft, "--require-hashes", "--only-binary", ":all:", "--no-deps", *own]
        return [*self.start, "install", *how, *way, "-r", LOCK]

    def environment(self, temporary: str) -> dict[str, str]:
        """The environment to run it in: nothing that the user set sends the packages elsewhere."""
        kept = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
        if not self.is_uv:
            kept = {**_configured(self.start), **kept, **_PIP}
        return {**kept, "TMPDIR": temporary, "TEMP": temporary, "TMP": temporary}


_MISLEADING = {f"{tool}_{name}" for name in _ELSEWHERE for tool in ("PIP", "UV")}


def find_tool() -> Tool:
    """What installs packages here: pip, the pip that is kept for "ensurepip", or uv. Raises NoTool."""
    for flags in (["-I"], ["-E"]):  # isolated, but where pip itself is installed for the user only
        python = (sys.executable, *flags)
        if _ask([*python, "-c", "import pip"]).returncode == 0:
            return Tool((*python, "-m", "pip"))
    wheels = _kept_wheels()
    if wheels:
        return Tool((sys.executable, "-I", os.path.join(wheels[0], "pip")))
    uv = shutil.which("uv")
    if uv:
        return Tool((uv, "pip"), is_uv=True)
    raise NoTool(
        f"this Python ({sys.executable}) has no pip to install it with: install pip "
        '("apt install python3-pip" on Debian and Ubuntu, "apk add py3-pip" on Alpine), '
        "then run a task of PlexSync"
    )


def _kept_wheels() -> list[str]:
    try:
        import ensurepip
    except ImportError:
        return []
    kept = [os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")]
    kept += [sysconfig.get_config_var("WHEEL_PKG_DIR") or kept[0]]  # Debian, Ubuntu and Fedora keep it elsewhere
    return [wheel for folder in kept for wheel in glob.glob(os.path.join(folder, "pip-*.whl"))]


def _configured(pip: tuple[str, ...]) -> dict[str, str]:
    """What pip's configuration files say of the way to the packages, as variables of the environment."""
    asked = _ask([*pip, "config", "list"])
    said = asked.stdout.decode("utf-8", "replace")
    found = re.findall(r"^(?:global|install)\.([\w-]+)=('.*'|\".*\")\r?$", said, re.MULTILINE)
    return {f"PIP_{key.upper().replace('-', '_')}": ast.literal_eval(value) for key, value in found if key in _HONOURED}


def _ask(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, capture_output=True, creationflags=NO_WINDOW)  # noqa: S603 - our own interpreter
