"""What only Windows can show of starting processes: run there, and under Wine by "make test-windows"."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from worker.system import start_detached

pytestmark = pytest.mark.skipif(sys.platform != "win32", reason="Windows' own ways")

#: Says whether it has a console (a code page is set) and whether that has a window, for itself and for a child.
SCRIPT = """
import ctypes, os, subprocess, sys
kernel, user = ctypes.windll.kernel32, ctypes.windll.user32
window = kernel.GetConsoleWindow()
said = f"{kernel.GetConsoleCP() != 0} {bool(window and user.IsWindowVisible(window))}"
if len(sys.argv) > 2:
    said += " " + subprocess.run([sys.executable, __file__, "child"], capture_output=True, text=True).stdout.strip()
    with open(sys.argv[1] + ".draft", "w") as file:
        file.write(said)
    os.rename(sys.argv[1] + ".draft", sys.argv[1])
print(said)
"""


def test_a_detached_process_has_a_console_without_a_window_which_its_children_share(tmp_path: Path) -> None:
    script, answer = tmp_path / "script.py", tmp_path / "answer"
    script.write_text(SCRIPT)
    start_detached([sys.executable, str(script), str(answer), "parent"])
    end = time.monotonic() + 120
    while not answer.exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    assert answer.read_text() == "True False True False"


def test_it_outlives_the_one_that_started_it_and_keeps_none_of_its_streams(tmp_path: Path) -> None:
    """What inherits standard output keeps Stash's Save waiting."""
    starter = "import sys; from worker.system import start_detached; start_detached([sys.executable, *sys.argv[1:]])"
    sleeper = f"import time; time.sleep(3); open({str(tmp_path / 'done')!r}, 'w')"
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", starter, "-c", sleeper], capture_output=True, cwd=os.getcwd())
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert time.monotonic() - began < 60
    assert not (tmp_path / "done").exists() or time.monotonic() - began > 3
    while not (tmp_path / "done").exists():
        assert time.monotonic() - began < 120
        time.sleep(0.05)
