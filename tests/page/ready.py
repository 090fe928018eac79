"""What the tests of the page need beside Python: a Chromium, and the packages of npm and pip that drive it.

``python -m tests.page.ready`` says in one sentence what is missing, if anything; ``--install`` fetches it where it can.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

#: Names under which a Chromium is found; PLEXSYNC_BROWSER names another one.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

#: What the host page is made of.
BUILT = (HERE / "build" / "host.js", HERE / "node_modules" / "bootstrap" / "dist" / "css" / "bootstrap.min.css")


def browser_path() -> str | None:
    """The Chromium of this machine."""
    return os.environ.get("PLEXSYNC_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)


def missing() -> str:
    """What is missing, in one sentence; empty when nothing is."""
    lacks = [] if browser_path() else ["a Chromium"]
    lacks += [] if all(file.exists() for file in BUILT) else ["the packages of npm"]
    lacks += [] if importlib.util.find_spec("playwright") else ["playwright"]
    if not lacks:
        return ""
    return f"The page is not tried in a browser here, for want of {' and '.join(lacks)}: see `make page-tools`."


def install() -> None:
    """Fetch what is missing, as far as this machine can; what fails is said by ``missing`` afterwards."""
    if browser_path() is None and shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        _run("apt-get", "update", "-qq")
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
    if shutil.which("npm") and _run("npm", "ci", "--no-audit", "--no-fund", "--silent"):
        _run("node", "build.mjs")
    if not importlib.util.find_spec("playwright"):
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        _run(*pip, "-r", "requirements.txt")


def _run(*command: str) -> bool:
    """Run a command beside this file, its chatter kept from the log."""
    done = subprocess.run(command, cwd=HERE, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        print(f"{' '.join(command[:3])} failed: {last[:200]}")
    return done.returncode == 0


def main() -> int:
    """Install if asked to, and say what is missing; no failure, since the rest of the tests needs nothing of it."""
    if "--install" in sys.argv:
        install()
    sentence = missing()
    if sentence:
        print(sentence)
    return 0


if __name__ == "__main__":
    sys.exit(main())
