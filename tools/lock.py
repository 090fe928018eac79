"""``make lock``: requirements.lock, every package that requirements.txt needs, pinned, with the hashes of its files.

One file for every system and for Python 3.10 and newer, made by uv's resolver. The index is the one that pip is
set up with; its address does not get into the file.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from tools.package import ROOT

HEADER = """\
# The packages that PlexSync installs for itself: exactly these files, by their SHA-256.
# Made by "make lock" from requirements.txt, for every system and for Python 3.10 and newer.
"""


def main() -> int:
    """Resolve the requirements; pins that still fit stay, unless ``--upgrade`` is given."""
    parser = argparse.ArgumentParser(prog="python -m tools.lock", description="Pin what requirements.txt needs.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    options = ["--upgrade"] if parser.parse_args().upgrade else []
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
    )
    environment = dict(os.environ)
    if asked.returncode == 0:  # uv does not read pip's settings
        environment.setdefault("UV_DEFAULT_INDEX", asked.stdout.strip())
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.10"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", *options, "requirements.txt"]
    lock = os.path.join(ROOT, "requirements.lock")
    subprocess.run([*command, "--output-file", lock], cwd=ROOT, env=environment, check=True)
    with open(lock, encoding="utf-8") as file:
        pins = "".join(line for line in file if not line.startswith("#"))
    with open(lock, "w", encoding="utf-8") as file:
        file.write(HEADER + pins)
    return 0


if __name__ == "__main__":
    sys.exit(main())
