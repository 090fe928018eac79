"""The task "Bug Report": one file to attach to an issue, with what Check Setup says in it."""

from __future__ import annotations

import logging

from worker.operations.report.kept import is_masked, keep_report
from worker.tasks.checkup.lines import Line, what_next
from worker.tasks.checkup.task import follow_checklist
from worker.tasks.context import TaskContext

log = logging.getLogger(__name__)


def bug_report(context: TaskContext) -> str:
    """Write the report; returns where it lies. Raises OSError."""
    return keep_report(context.data, context.stash.connection, _checked(context), mask=is_masked(context.arguments))


def _checked(context: TaskContext) -> list[str]:
    """What Check Setup says, as far as it comes: the report is for when something fails."""
    lines: list[Line] = []
    try:
        outlook = follow_checklist(context, lines.append)
    except Exception as error:  # whatever it is, the rest of the report is wanted all the more
        log.exception("Check Setup failed in an unforeseen way.")
        return [*map(str, lines), f"Check Setup failed in an unforeseen way ({type(error).__name__}: {error})."]
    return [*map(str, lines), what_next(lines, outlook)]
