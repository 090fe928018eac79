"""An installation whose processes can be killed at any point, and what must be so after each kill."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import venv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.doubles.stash.pictures import png
from tests.support.harness import Setup, eventually, hook_input, installed, plex_library, stash_library
from validation.jobs import parse_event
from worker.hook import store
from worker.storage.inbox import STALE_DRAFT
from worker.storage.jobqueue import FILE
from worker.storage.ownership import Lock
from worker.storage.reading import open_for_reading

#: Scenes that each round changes, one that only shows a tag, and one that only the restart is fired for.
CHANGED, TAGGED, RESTART = (1, 2, 3), 4, 5
#: From here on, a scene for each round: sent in it, and destroyed in the next.
DOOMED = 10

TASK = "Reconcile Library"


def interpreter(folder: Path) -> Path:
    """A Python that imports killpoints.py before anything else; returns the folder where that lies."""
    venv.EnvBuilder(symlinks=True).create(folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    shutil.copy(Path(__file__).parent / "killpoints.py", packages)
    installed_packages = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    (packages / "killpoints.pth").write_text("\n".join([*installed_packages, "import killpoints"]) + "\n")
    return packages


@dataclass(frozen=True)
class Kill:
    """One process that was killed: at which of its points, and what that was."""

    role: str
    number: int
    what: str


@dataclass
class Rig:
    """The installation, the control of its kill points, and what Plex has to show."""

    setup: Setup
    python: str
    shim: Path
    wanted: dict[int, dict[str, object]] = field(default_factory=dict)
    round: int = 0
    tag: str = ""
    doomed: int = DOOMED
    forgot: bool = False
    armed: bool = False

    # Killing -----------------------------------------------------------------------------------------------------

    def arm(self, role: str, number: int) -> None:
        """Kill the next process of a role at its Nth point from now on; 0 only counts them."""
        for name in ("killed", "counted", "control"):
            (self.shim / name).unlink(missing_ok=True)
        (self.shim / "draft").write_text(f"{role} {number}")
        (self.shim / "draft").rename(self.shim / "control")
        self.armed = True

    def disarm(self) -> None:
        """Kill nobody any more; who is being killed (the control goes first) has ended then."""
        try:
            (self.shim / "control").unlink()
        except FileNotFoundError:
            if self.armed:
                eventually(self.killed, what="the process that was being killed ends")
        self.armed = False

    def killed(self) -> Kill | None:
        """Who was killed, as soon as that is so."""
        try:
            role, pid, number, what = (self.shim / "killed").read_text().strip().split(" ", 3)
        except FileNotFoundError:
            return None
        return Kill(role, int(number), what) if gone(int(pid)) else None

    def counted(self) -> list[str]:
        """What the points were that have been passed since ``arm``."""
        try:
            lines = (self.shim / "counted").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [line.split(" ", 3)[3] for line in lines]

    # Doing -------------------------------------------------------------------------------------------------------

    def hook(self, scene: int, kind: str = "Scene.Update.Post") -> int:
        """Run a hook as Stash does; its exit code."""
        script = str(self.setup.plugin / "PlexSync.py")
        done = subprocess.run(
            [self.python, "-E", script],
            input=hook_input(self.setup.stash, scene, kind),
            capture_output=True,
            env={**os.environ, "PLEXSYNC_TIME_SCALE": "20"},
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return done.returncode

    def run_task(self) -> str:
        """Run the task in Stash; how its job ended."""
        job = self.setup.stash.wait_for_job(self.setup.stash.run_task("PlexSync", TASK))
        return str(job["status"])

    def save(self, scene: int, **fields: Any) -> None:
        """Change a scene, of which no hook tells, and note what Plex has to show."""
        self.setup.stash.save(scene, **fields)
        names = {"title": "title", "details": "summary"}
        shown = {names[name]: value for name, value in fields.items() if name in names}
        self.wanted.setdefault(scene, {}).update(shown)

    def change_things(self) -> list[tuple[int, str]]:
        """A round of changes that no hook told of yet: texts, a cover, a renamed tag, a destroyed scene.

        Returns what the hooks would have told: numbers and kinds.
        """
        self.round += 1
        self.tag = f"Tag {self.round}"
        for scene in CHANGED:
            self.save(scene, title=f"Title {self.round}.{scene}", details=f"Text {self.round}")
        picture = png(f"cover {self.round}")
        self.save(1, cover_image="data:image/png;base64," + base64.b64encode(picture).decode())
        self.wanted.pop(self.doomed, None)
        destroyed, self.doomed = self.doomed, self.doomed + 1
        self.save(self.doomed, title=f"Title {self.round}.{self.doomed}")
        self._ask(f'mutation {{ tagUpdate(input: {{id: 1, name: "{self.tag}"}}) {{ id }} }}')
        self._ask(f"mutation {{ sceneDestroy(input: {{id: {destroyed}}}) }}")
        updates = [(scene, "Scene.Update.Post") for scene in (*CHANGED, self.doomed)]
        return [*updates, (destroyed, "Scene.Destroy.Post"), (1, "Tag.Update.Post")]

    def store(self, events: list[tuple[int, str]]) -> None:
        """Put events into the inbox, as hooks that exited 0 did."""
        for number, kind in events:
            store(b'{"hook":{"id":%d,"type":"%s"}}' % (number, kind.encode()), self.setup.data)

    @contextmanager
    def worker_aside(self) -> Iterator[None]:
        """The background worker makes room meanwhile, as it does for a task."""
        wish, owner = Lock(self.setup.data.task_lock), Lock(self.setup.data.owner_lock)
        wish.wait(lambda: time.sleep(0.01))
        owner.wait(lambda: time.sleep(0.01))
        owner.release()
        try:
            yield
        finally:
            wish.release()

    def no_worker(self) -> None:
        """Kill the background worker."""
        pids = self.setup.worker_pids()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: all(gone(pid) for pid in pids) and not self.setup.worker_pids())

    def no_data(self) -> None:
        """Begin anew, as after an installation."""
        self.no_worker()
        shutil.rmtree(self.setup.data.root, ignore_errors=True)
        self.forgot = True

    def restart(self) -> None:
        """One more hook, which finds what the kill left behind, and brings everything to an end."""
        self.disarm()
        self.round += 1
        self.save(RESTART, title=f"Restart {self.round}")
        assert self.hook(RESTART) == 0
        eventually(self.setup.idle, what="the inbox and the queue drain")

    # Comparing ---------------------------------------------------------------------------------------------------

    def check(self, about: object) -> None:
        """Everything that must be so after a kill and a restart."""
        for scene, fields in self.wanted.items():
            shown = self.setup.shown(scene)
            found = {name: shown.get(name) for name in fields}
            assert found == fields, (about, "lost: scene", scene)
        if self.tag:
            tags = self.setup.shown(TAGGED)["tags"].get("genre")
            # Who forgot that it wrote the old name does not take it away.
            assert (self.tag in tags) if self.forgot else (tags == [self.tag]), (about, "lost: the tag", tags)
            assert self._remembered(self.doomed - 1) == 0, (about, "the destroyed scene is still remembered")
        assert len(self.setup.worker_pids()) == 1, (about, self.setup.worker_pids())
        self.check_files(about)
        assert self.setup.plex.edits_without_id == 0
        assert self._unknown() == [], (about, "nobody looked what became of these writes")
        assert " ERROR " not in self.setup.log(), (about, self.setup.log())
        assert "is parked" not in self.setup.log(), (about, self.setup.log())

    def check_nothing_was_written_twice(self, about: object) -> None:
        """No item was sent the same edit again since the requests were counted anew.

        A cover may be, when its upload was not yet written down; Plex names an upload by its bytes, and has it once.
        """
        requests = self.setup.plex.requests
        edits = Counter(one.query for one in requests if one.kind == "edit")
        assert set(edits.values()) <= {1}, (about, [edit for edit, count in edits.items() if count > 1])
        assert sum(one.kind == "poster" for one in requests) <= 2, about
        uploads = [one for one in self.setup.shown(1)["posters"] if one.startswith("upload:")]
        assert len(uploads) == len(set(uploads)), (about, uploads)

    def _remembered(self, scene: int) -> int:
        with closing(sqlite3.connect(f"file:{self.setup.data.database}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM outcomes WHERE scene = ?", (scene,)).fetchone()[0])

    def _unknown(self) -> list[tuple[str, str]]:
        """Entries of the journal of which a kill left it open whether they happened."""
        with closing(sqlite3.connect(f"file:{self.setup.data.database}?mode=ro", uri=True)) as database:
            query = "SELECT state, content FROM journal WHERE state IN ('intended', 'not confirmed')"
            return database.execute(query).fetchall()

    def _ask(self, query: str) -> None:
        answer = self.setup.stash.graphql(query)
        assert not answer.get("errors"), answer

    def check_files(self, about: object) -> None:
        """No database is damaged, no event half stored, no draft older than its time."""
        data = self.setup.data
        for path in (data.database, data.index, os.path.join(data.queue, FILE)):
            assert integrity(path) == "ok", (about, path)
        for name in self.setup.inbox():
            with suppress(FileNotFoundError):  # a worker has taken it in since
                parse_event(Path(data.inbox, name).read_bytes())
        assert not os.path.isdir(data.damaged) or not os.listdir(data.damaged), about

    def check_leftovers(self) -> None:
        """What was left half done is gone once it is old and a worker has started."""
        self.no_worker()
        for folder, _, names in os.walk(self.setup.data.root):
            for name in names:
                os.utime(os.path.join(folder, name), (time.time() - STALE_DRAFT - 60,) * 2)
        self.restart()
        eventually(lambda: not self._left_over(), what="what was left half done goes")

    def _left_over(self) -> list[str]:
        """Files in the data folder that are none of those that belong there."""
        data = self.setup.data
        known = {
            data.database,
            data.index,
            data.connection,
            data.news,
            data.stash,
            data.log,
            data.task_log,
            data.worker_lock,
            data.owner_lock,
            data.task_lock,
        }
        known |= {os.path.join(data.queue, FILE)}
        known |= {path + end for path in tuple(known) for end in ("-wal", "-shm")}
        found = [os.path.join(folder, name) for folder, _, names in os.walk(data.root) for name in names]
        return sorted(path for path in found if path not in known)


def gone(pid: int) -> bool:
    """Whether a process has ended and let go of its locks, which it does some time after it was killed.

    Its first thread may have ended, and the process be called a zombie, while others still hold the locks.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return True
    state, threads = fields[0], int(fields[17])
    return state in "ZX" and threads <= 1


def integrity(path: str) -> str:
    """What SQLite says about a database; ok also where there is none."""
    connection = open_for_reading(path)
    if connection is None:
        return "ok"
    try:
        with closing(connection):
            return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)


@contextmanager
def killable(folder: Path, rounds: int = 100) -> Iterator[Rig]:
    """A small library on both sides and the plugin between them, with nothing sent yet."""
    folder.mkdir(parents=True, exist_ok=True)
    shim = interpreter(folder / "python")
    count = DOOMED + rounds
    stash_has = stash_library(count, tags=[{"id": 1, "name": "Tag 0"}])
    stash_has["scenes"][TAGGED - 1]["tags"] = [1]
    for scene in stash_has["scenes"]:
        scene["created_at"] = "2024-03-01T10:00:00Z"  # what was changed just now is looked at once more
    python = str(folder / "python" / "bin" / "python")
    with installed(folder, stash_has, plex_library(count), python=python) as setup:
        # Hooks are run by the tests, which have to know which and when. Without site-packages (-S) there is no
        # killing; the rest is as Stash does it.
        manifest = setup.plugin / "PlexSync.yml"
        head, _, rest = manifest.read_text().replace("  - -S\n", "").partition("hooks:\n")
        manifest.write_text(f"{head}tasks:\n{rest.partition('tasks:' + chr(10))[2]}")
        setup.stash.graphql("mutation { reloadPlugins }")
        yield Rig(setup, python, shim)


def side_by_side(folder: Path, work: Callable[[Rig, int], None], numbers: Sequence[int]) -> None:
    """Do the work for each number, in two installations at a time."""

    def half(which: int) -> None:
        with killable(folder / f"installation {which}") as rig:
            for number in numbers[which::2]:
                work(rig, number)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(half, which) for which in (0, 1)]:
            done.result()


def kind(what: str) -> str:
    """What sort of point one is."""
    words = what.split()
    if "/" in what:
        return "requests"
    if words[-1] == "commit":
        return "commits"
    return "statements" if words[1].isupper() else "files and processes"


def spread(points: Sequence[str], most: int) -> list[int]:
    """Numbers of points to kill at: all of files and processes, and of the rest ``most`` at even distances, the
    first and the last among them. Points between which nothing lasting happens count once."""
    pairs = enumerate(zip(["", *points[:-1]], points, strict=True), 1)
    numbers = [number for number, (one, other) in pairs if not _same(one, other)]
    chosen = {number for number in numbers if kind(points[number - 1]).startswith("files")}
    rest = [number for number in numbers if number not in chosen]
    if len(rest) > most:
        rest = [rest[round(step * (len(rest) - 1) / (most - 1))] for step in range(most)]
    return sorted({*chosen, *rest})


def _same(one: str, other: str) -> bool:
    """Whether nothing lasting happens between two points that follow each other: equal statements, or the end of
    one step and the beginning of the next."""
    return one == other or (one.startswith("after ") and other.startswith("before "))


def said(about: str, points: Sequence[str], tried: Sequence[Kill]) -> str:
    """One line about what was tried."""
    kinds = Counter(kind(killed.what) for killed in tried)
    spelled = ", ".join(f"{count} at {what}" for what, count in kinds.most_common())
    return f"{about}: killed at {len(tried)} of {len(points)} points ({spelled}); lost 0, written twice 0"
