"""What is remembered of an installation of packages that failed."""

from __future__ import annotations

import os
from pathlib import Path

from worker.datadir import DataDir
from worker.packages.folder import forget_failure


def test_a_note_that_cannot_be_removed_stops_nobody(tmp_path: Path) -> None:
    data = DataDir(str(tmp_path))
    forget_failure(data)
    os.makedirs(data.install_failed)
    forget_failure(data)
