"""``make package``: dist/PlexSync.zip and dist/index.yml, which together are a plugin source for Stash.

The same commit gives the same bytes, on any machine: the files come from the commit and not from the folder,
their time is the commit's, their order and modes are fixed, and they are stored as they are, since what a
compressor makes of them differs between its versions. Stash reads the index leniently (pkg/pkg/pkg.go) and
wants the date in exactly this form.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from datetime import datetime, timezone

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NAME = "PlexSync"

#: The plugin: these folders, of which files with these endings, and these files.
FOLDERS = ("page", "plex", "reconciliation", "stash", "validation", "worker")
ENDINGS = (".py", ".js", ".css")
FILES = ("LICENSE", "README.md", "requirements.lock", "requirements.txt", "PlexSync.py", "PlexSync.yml")

#: A running worker looks at these two for an update: they are unpacked last, when all the rest is there.
LAST = ("PlexSync.py", "PlexSync.yml")

Content = Mapping[str, bytes]


def belongs(path: str) -> bool:
    """Whether a path below the project, with slashes, is part of the plugin."""
    return path in FILES or (path.split("/")[0] in FOLDERS and path.endswith(ENDINGS))


def files_of_commit(commit: str, root: str = ROOT) -> dict[str, bytes]:
    """The plugin's files as a commit has them. Raises subprocess.CalledProcessError without such a commit."""
    archive = _git(root, "-c", "core.autocrlf=false", "archive", "--format=tar", commit)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = [member for member in tar if member.isfile() and belongs(member.name)]
        return {member.name: _read(tar, member) for member in members}


def files_of_folder(root: str = ROOT) -> dict[str, bytes]:
    """The plugin's files as they lie in the folder just now, committed or not."""
    found = [name for name in FILES if os.path.exists(os.path.join(root, name))]
    for folder in FOLDERS:
        for at, _, names in os.walk(os.path.join(root, folder)):
            found += [os.path.relpath(os.path.join(at, name), root).replace(os.sep, "/") for name in names]
    content = {}
    for name in filter(belongs, found):
        with open(os.path.join(root, name), "rb") as file:
            content[name] = file.read()
    return content


def make_zip(files: Content, when: datetime) -> bytes:
    """A zip with these files, which depends on nothing but its arguments. ``when``: in UTC, 1980 or later."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as package:
        for name in sorted(files, key=lambda name: (name in LAST, name)):
            entry = zipfile.ZipInfo(name, when.timetuple()[:6])
            entry.create_system = 3  # Unix, wherever it is made: Stash takes the modes over
            entry.external_attr = 0o100644 << 16
            package.writestr(entry, files[name])
    return buffer.getvalue()


def make_index(package: bytes, manifest: str, commit: str, when: datetime) -> str:
    """The index of a plugin source that offers this package; ``manifest`` is the text of PlexSync.yml."""
    return (
        f"- id: {NAME}\n"
        f"  name: {_field(manifest, 'name')}\n"
        "  metadata:\n"
        f"    description: {_field(manifest, 'description')}\n"
        f"  version: {_field(manifest, 'version')}-{commit[:7]}\n"
        f"  date: {when:%Y-%m-%d %H:%M:%S}\n"
        f"  path: {NAME}.zip\n"
        f"  sha256: {hashlib.sha256(package).hexdigest()}\n"
    )


def with_home(manifest: str, home: str) -> str:
    """The manifest with the address where the project's README can be read, which Stash shows as a link."""
    return re.sub(
        r"^(description: .+)$", lambda found: f"{found[1]}\nurl: {home}", manifest, count=1, flags=re.MULTILINE
    )


def build(target: str, root: str = ROOT, home: str = "") -> str:
    """Write zip and index of the newest commit into a folder; returns one line about them. ``home``: where the project
    is at home, as far as it is published.

    Raises:
        subprocess.CalledProcessError: the project is no git repository, or has no commit.
        OSError: the folder cannot be written.
    """
    commit = _git(root, "rev-parse", "HEAD").decode().strip()
    seconds = int(_git(root, "show", "--no-patch", "--no-show-signature", "--format=%ct", commit))
    when = datetime.fromtimestamp(seconds, timezone.utc)
    files = files_of_commit(commit, root)
    if home:
        files["PlexSync.yml"] = with_home(files["PlexSync.yml"].decode(), f"{home}#readme").encode()
    package = make_zip(files, when)
    os.makedirs(target, exist_ok=True)
    index = make_index(package, files["PlexSync.yml"].decode(), commit, when)
    for name, content in ((f"{NAME}.zip", package), ("index.yml", index.encode())):
        with open(os.path.join(target, name), "wb") as file:
            file.write(content)
    return f"{os.path.join(target, NAME)}.zip: {len(files)} files, {len(package) // 1024} KiB, commit {commit[:7]}"


def uncommitted(root: str = ROOT) -> list[str]:
    """Files of the plugin that differ from the newest commit."""
    lines = _git(root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all").decode().split("\0")
    return sorted(line[3:] for line in lines if belongs(line[3:]))


def main() -> int:
    """Build into the given folder and say so."""
    parser = argparse.ArgumentParser(prog="python -m tools.package", description="Build the package for Stash.")
    parser.add_argument("target", nargs="?", default="dist", help="the folder to write to (default: dist)")
    parser.add_argument("--home", default="", help="the address of the published project: Stash shows a link to it")
    given = parser.parse_args()
    try:
        print(build(given.target, home=given.home))
        left_out = uncommitted()
    except subprocess.CalledProcessError as error:
        print(f"The package is made from the newest commit, and git gives none: {error.stderr.decode().strip()}")
        return 1
    except FileNotFoundError as error:
        print(f"The package is made from the newest commit, and git cannot be started: {error.strerror}.")
        return 1
    if left_out:
        print(f"NOT in it, because it is not committed: {', '.join(left_out)}")
    return 0


def _git(root: str, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", root, *arguments], check=True, capture_output=True).stdout


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None
    return file.read()


def _field(manifest: str, key: str) -> str:
    match = re.search(rf"^{key}: (.+)$", manifest, re.MULTILINE)
    if match is None:
        raise ValueError(f'PlexSync.yml has no line "{key}: …".')
    return match[1].strip()


if __name__ == "__main__":
    sys.exit(main())
