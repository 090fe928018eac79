"""``make check-wheels``: whether each platform and Python that is promised gets every package of requirements.lock.

pip is asked to find them without installing any; where its index cannot be reached, that is said and nothing fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

#: Names of platforms as wheels bear them, the newest first; arm64 Windows begins with Python 3.11.
PLATFORMS = {
    "Linux x86-64": ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "Linux arm64": ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
    "Linux armv7": ("manylinux_2_31_armv7l", "manylinux_2_17_armv7l", "manylinux2014_armv7l"),
    "Alpine x86-64": ("musllinux_1_2_x86_64", "musllinux_1_1_x86_64"),
    "Alpine arm64": ("musllinux_1_2_aarch64", "musllinux_1_1_aarch64"),
    "Alpine armv7": ("musllinux_1_2_armv7l", "musllinux_1_1_armv7l"),
    "macOS arm64": ("macosx_11_0_arm64",),
    "macOS x86-64": ("macosx_10_13_x86_64", "macosx_10_12_x86_64", "macosx_10_9_x86_64"),
    "Windows 64 bit": ("win_amd64",),
    "Windows 32 bit": ("win32",),
    "Windows arm64": ("win_arm64",),
}
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
NOT_PROMISED = {("Windows arm64", "3.10")}


def lacks(platform: str, python: str) -> str:
    """What pip says where a platform's Python does not get every package; empty where it does."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet"]
        command += ["--require-hashes", "--only-binary", ":all:", "--target", folder, "--implementation", "cp"]
        command += ["--python-version", python, "-r", "requirements.lock"]
        command += [part for name in PLATFORMS[platform] for part in ("--platform", name)]
        # Files that lie ready on this machine are for this machine.
        environment = {**os.environ, "PIP_FIND_LINKS": ""}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
    return (errors[-1] if errors else done.stderr.strip()[-200:]) if done.returncode else ""


def main() -> int:
    """Look at all of them; returns the exit code."""
    failed = False
    for platform in PLATFORMS:
        for python in PYTHONS:
            if (platform, python) in NOT_PROMISED:
                continue
            why = lacks(platform, python)
            if "onnection" in why or "Could not fetch" in why:
                print("Skipped: pip reaches no package index from here.")
                return 0
            failed = failed or bool(why)
            print(f"{platform:15} Python {python:5} {why or 'has every package'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
