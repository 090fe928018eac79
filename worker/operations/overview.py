"""How things stand: counts, the worker, what is paused and why, what was done last."""

from __future__ import annotations

import json
import os
import zlib

from worker.datadir import PLUGIN_FOLDER, DataDir
from worker.operations.files import Answer, Files, counted, seconds
from worker.operations.lists import COUNTS, waiting_count
from worker.operations.returns import counted_returns
from worker.storage.reading import QUEUE_TABLE
from worker.waking import runs

#: Finished tasks, and scenes written last, that are shown.
NEWEST = 10

#: Facts that the page shows as they are (worker/storage/facts.py).
_SHOWN_FACTS = ("paused", "all_held", "guard", "session", "waited_for")


def overview(files: Files, _: Answer) -> Answer:
    """Counts and states; ``record`` says whether there is one to read yet, ``only_look`` since when nothing is written,
    null when it is."""
    record = files.record
    facts = dict(record.execute("SELECT name, value FROM facts").fetchall()) if record is not None else {}
    answer: Answer = {
        "record": record is not None,
        "worker": worker_state(files.data),
        "counts": _counts(files),
        "faults": _sentences(facts.get("setting_faults")),
        "plex": _light(facts, "plex"),
        "stash": _light(facts, "stash"),
        "next_comparison": seconds(facts.get("reconcile_at")),
        "only_look": seconds(facts.get("only_look")),
        "returned": {},
        "runs": [],
        "written": [],
        **{name: facts.get(name, "") for name in _SHOWN_FACTS},
    }
    if record is not None:
        answer["returned"] = counted_returns(record)["counts"]
        runs = record.execute("SELECT name, ended, summary FROM runs ORDER BY id DESC LIMIT ?", (NEWEST,))
        answer["runs"] = [{"name": name, "ended": seconds(ended), "summary": summary} for name, ended, summary in runs]
        query = """SELECT scene, written, written_at FROM outcomes WHERE written_at IS NOT NULL
            ORDER BY written_at DESC LIMIT ?"""
        written = record.execute(query, (NEWEST,))
        answer["written"] = [{"scene": scene, "what": what, "at": seconds(at)} for scene, what, at in written]
    return answer


def version() -> str:
    """The plugin's version as it lies on the disk, so that a page that is older can tell."""
    with open(os.path.join(PLUGIN_FOLDER, "PlexSync.yml"), encoding="utf-8") as manifest:
        return next((line.split(":", 1)[1].strip() for line in manifest if line.startswith("version:")), "")


def fingerprint() -> str:
    """What changes with the page's files, as a plugin may be updated without another version; empty while it is."""
    folder, found = os.path.join(PLUGIN_FOLDER, "page"), 0
    try:
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as file:
                found = zlib.crc32(file.read(), found)
    except OSError:
        return ""
    return f"{found:08x}"


def worker_state(data: DataDir) -> Answer:
    """Whether the background worker runs, and how its packages stand."""
    return {"running": runs(data), "installing": _installing(data), "failed": _text(data.install_failed)}


def _counts(files: Files) -> Answer:
    """How many scenes are in which state."""
    record = files.record
    counts: Answer = {"waiting": waiting_count(files)}
    for state, table in COUNTS.items():
        counts[state] = counted(record, table.count)
    known = counted(record, "SELECT count(*) FROM outcomes")
    apart = counted(record, "SELECT count(*) FROM outcomes WHERE left_out IS NOT NULL")
    apart += counted(record, "SELECT count(*) FROM outcomes WHERE not_shown IS NOT NULL AND +left_out IS NULL")
    apart += counted(record, _HELD_APART)
    counts["in_step"] = known - apart
    counts["in_flight"] = counted(files.queue, _IN_FLIGHT)
    return counts


#: From the holds, which are few, to their outcomes. The plus keeps SQLite from going through all that is not left out.
_HELD_APART = """SELECT count(*) FROM holds CROSS JOIN outcomes USING (scene)
    WHERE +left_out IS NULL AND not_shown IS NULL"""

_IN_FLIGHT = f"SELECT count(*) FROM {QUEUE_TABLE} WHERE status = 2"  # noqa: S608


def _light(facts: dict[str, str], server: str) -> Answer:
    """Whether a server answers, as it was noted last: ``since`` is null before anybody asked it, ``silent`` says why it
    does not (worker/storage/lights.py)."""
    return {"silent": facts.get(f"{server}_silent", ""), "since": seconds(facts.get(f"{server}_since"))}


def _installing(data: DataDir) -> Answer | None:
    """How far the installation of packages is (worker/packages/installer.py), None while there is none."""
    try:
        if not any(name.startswith("draft.") for name in os.listdir(data.site)):
            return None
    except OSError:
        return None
    done = _text(os.path.join(data.site, "pip.log")).count("Collecting ")
    pins = _text(os.path.join(PLUGIN_FOLDER, "requirements.lock"))
    return {"done": done, "of": sum(1 for line in pins.splitlines() if line[:1].isalnum() and "==" in line)}


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1_000_000).strip()
    except OSError:
        return ""


def _sentences(kept: object) -> list[str]:
    """A fact that holds a list of sentences."""
    try:
        found = json.loads(kept) if isinstance(kept, str) else []
    except ValueError:
        return []
    return [str(one) for one in found] if isinstance(found, list) else []
