"""What is remembered of an installation of packages that failed, and what of them is left out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.harness import ROOT
from worker.datadir import DataDir
from worker.packages.folder import forget_failure
from worker.packages.optional import import_without


def test_a_note_that_cannot_be_removed_stops_nobody(tmp_path: Path) -> None:
    data = DataDir(str(tmp_path))
    forget_failure(data)
    os.makedirs(data.install_failed)
    forget_failure(data)


def test_what_nobody_needs_of_the_packages_is_not_imported_and_can_be_later() -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\n"
            "from worker.packages.environment import imports\n"
            "with imports():\n"
            "    import worker.service, worker.tasks.questions.answers, reconciliation.chores, reconciliation.tasks\n"
            "assert not {'asyncio', 'bz2', 'chardet', 'charset_normalizer', 'lzma'} & {*sys.modules}\n"
            "import requests\n"
            "answer = requests.Response()\n"
            "answer._content = 'ünï'.encode()\n"
            "assert answer.text == 'ünï'\n"
            "import bz2, charset_normalizer, lzma\n",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_a_package_that_needs_what_could_be_left_out_is_imported_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plexsync_one.py").write_text("import plexsync_other")
    (tmp_path / "plexsync_other.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    import_without("plexsync_one", ["plexsync_other"])
    assert not {"plexsync_one", "plexsync_other"} & {*sys.modules}
    assert __import__("plexsync_one").plexsync_other
