"""A small library on both sides, with the plugin between them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.harness import Setup, installed, plex_library, stash_library


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    """Fifty scenes whose files Plex has under another root."""
    with installed(tmp_path, stash_library(50), plex_library(50)) as setup:
        yield setup
