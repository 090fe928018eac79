"""The report as a file in the data folder, which Stash serves to nobody; and the task where packages are missing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress

from stash.connection import StashConnection
from stash.protocol import answer
from worker.datadir import DataDir
from worker.operations.report.asking import way_to_stash
from worker.operations.report.document import write_report
from worker.system import write_durably


def is_masked(arguments: Mapping[str, object]) -> bool:
    """Whether names are masked: unless the argument ``mask`` says no."""
    return arguments.get("mask") not in (False, "false", "no", "0")


def keep_report(data: DataDir, way: StashConnection | None, checked: Sequence[str], *, mask: bool) -> str:
    """Write the report in place of the one before; returns the line that says where it lies. Raises OSError."""
    text = write_report(data, way, checked, mask=mask)
    data.create()
    folder, name = os.path.split(data.bug_report)
    with suppress(FileNotFoundError):  # of a task that was killed
        os.unlink(os.path.join(data.drafts, name))
    write_durably(folder, data.drafts, name, text.encode("utf-8", "backslashreplace"))
    what = "titles and paths are masked in it" if mask else "it shows titles and paths"
    return f"The bug report lies in {data.bug_report}; {what}. Read it before you attach it to an issue."


def perform(plugin_input: Mapping[str, object], data: DataDir, why: str) -> int:
    """Do the task by the standard library alone, and answer Stash. ``why`` says why there are no packages, and stands
    in Check Setup's place. Returns the exit code."""
    given = plugin_input.get("args")
    try:
        way = way_to_stash(plugin_input.get("server_connection"))
        answer(keep_report(data, way, [why], mask=is_masked(given if isinstance(given, dict) else {})))
    except OSError as error:
        answer(error=f"The bug report cannot be written into {data.root} ({error.strerror}).")
        return 1
    return 0
