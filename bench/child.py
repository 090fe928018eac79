"""What is measured, as a process of its own: its memory is its own, and it begins with nothing read.

``python -m bench.child ACTION OPTIONS`` prints one JSON line: seconds, peak memory in MiB, and what else is known.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import SimpleNamespace
from typing import Any, cast
from xml.etree import ElementTree

from worker.packages.environment import imports

with imports():  # as a task that sends scenes does: its memory is measured, and what others need they import themselves
    import requests

    from plex.client import PlexClient
    from plex.listing import list_items
    from plex.protocols import Server
    from reconciliation.tasks import reconcile, reconcile_thoroughly
    from stash.client import StashClient
    from stash.connection import StashConnection
    from stash.light import ENTITIES, SCENES, light_pages
    from stash.paging import PAGE
    from stash.scenes import BATCH, scenes_query
    from tests.doubles.common.generated import PLEX_ROOT, STASH_ROOT
    from validation.config import PlexSyncConfig
    from validation.jobs import Job, UpdateType
    from validation.paths import parse_path_map
    from validation.scenes import Scene
    from validation.wishes import Action, ActionKind, Question, QuestionKind
    from worker.datadir import DataDir
    from worker.logs import SecretsFilter
    from worker.storage.database import open_database
    from worker.storage.index_file import open_index
    from worker.storage.jobqueue import JobQueue
    from worker.storage.ownership import own
    from worker.storage.record import Record
    from worker.storage.wishes import carry_out
    from worker.tasks.context import TaskContext
    from worker.tasks.questions.answers import Answers
    from worker.tasks.sending import owned_worker
    from worker.timing import Timing

Options = dict[str, Any]

#: How often up to fifty items are taken back of an undo that is begun.
UNDO_STEPS = 20


def main() -> int:
    """Run one action. PLEXSYNC_PROFILE names a file that takes its profile."""
    action, options = ACTIONS[sys.argv[1]], json.loads(sys.argv[2])
    profile = os.environ.get("PLEXSYNC_PROFILE")
    started = time.perf_counter()
    done = _profiled(action, options, f"{profile}.{sys.argv[1]}") if profile else action(options)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "memory": peak_memory(), **done}))
    return 0


def _profiled(action: Callable[[Options], Options], options: Options, file: str) -> Options:
    import cProfile

    profiler = cProfile.Profile()
    done = profiler.runcall(action, options)
    profiler.dump_stats(file)
    return done


def peak_memory() -> float:
    """The most this process ever held, in MiB. Not ``getrusage``: its figure survives exec, parent's and all."""
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


@contextmanager
def _context(options: Options) -> Iterator[TaskContext]:
    config = PlexSyncConfig(
        plex_url=options["plex"],
        plex_token=options["token"],
        path_map=parse_path_map(f"{STASH_ROOT} => {PLEX_ROOT}"),
        skip_poster=not options.get("covers", False),
        skip_rating=True,  # a rating is a request of its own, and the baseline makes one
    )
    data = DataDir(options["folder"])
    data.create()
    with StashClient(StashConnection(options["stash"])) as stash:
        yield TaskContext(stash, config, data, Timing(), SecretsFilter(), {}, start_worker=lambda _: None)


def _pass(options: Options) -> Options:
    with _context(options) as context:
        if options.get("sweep"):
            with closing(open_index(context.data.index)) as database, database:
                database.execute("UPDATE sections SET swept_at = 0")  # as a day after the last one
        line = (reconcile_thoroughly if options.get("thorough") else reconcile)(context)
    with closing(open_database(context.data.database)) as database:
        (journal,) = database.execute("SELECT coalesce(sum(bytes), 0) FROM journal_runs").fetchone()
    return {"line": line, "journal": journal}


def _fetch_pages(options: Options) -> Options:
    """The pages of both libraries that a usual pass needs, fetched and thrown away."""
    with requests.Session() as session:
        session.trust_env = False

        def ask(document: str, **variables: int) -> bytes:
            body = {"query": document, "variables": variables}
            return session.post(f"{options['stash']}/graphql", json=body).content

        ask(ENTITIES)
        for after in range(0, int(options["scenes"]) + 1, PAGE):  # the last one is empty, which tells the end
            ask(SCENES, after=after, count=PAGE)
        session.headers["X-Plex-Token"] = options["token"]
        for path in ("/", "/library/sections", "/library/sections"):
            session.get(options["plex"] + path)
        for _ in list_items(cast("Server", _Unread(session, options)), "1") if options.get("sweep") else ():
            pass
    return {}


class _Unread:
    """In place of plexapi's server and its session: asks for a list's pages, and gives as many elements unread."""

    def __init__(self, session: requests.Session, options: Options) -> None:
        self._asking = session
        self._options = options

    @property
    def _session(self) -> _Unread:
        return self

    def query(self, key: str, method: Callable[..., object], headers: dict[str, str]) -> None:
        """One page."""
        method(self._options["plex"] + key, headers=headers)

    def get(self, url: str, headers: dict[str, str]) -> SimpleNamespace:
        """One page, of which nothing is kept."""
        self._asking.get(url, headers=headers)
        scenes = int(self._options["scenes"])
        page = ElementTree.Element("MediaContainer", {"totalSize": str(scenes)})
        size, start = int(headers["X-Plex-Container-Size"]), int(headers["X-Plex-Container-Start"])
        numbers = range(start, min(start + size, scenes))
        page.extend(ElementTree.Element("Video", {"ratingKey": str(number)}) for number in numbers)
        return SimpleNamespace(status_code=200, content=ElementTree.tostring(page))


def _replay(options: Options) -> Options:
    """A bare loop: one details request for fifty items, then the very edits that a first sync made, one each; with
    ``covers``, each scene's cover from Stash and one upload of it, too."""
    with open(options["edits"], encoding="utf-8") as file:
        edits: list[str] = json.load(file)
    headers = {"X-Plex-Token": options["token"]}
    with requests.Session() as session:
        session.trust_env = False
        for start in range(0, len(edits), 50):
            keys = ",".join(str(start + number + 1) for number in range(min(50, len(edits) - start)))
            ElementTree.fromstring(session.get(f"{options['plex']}/library/metadata/{keys}", headers=headers).content)
            for number, path in enumerate(edits[start : start + 50], start + 1):
                session.put(options["plex"] + path, headers=headers)
                if options.get("covers"):
                    cover = session.get(f"{options['stash']}/scene/{number}/screenshot").content
                    session.post(f"{options['plex']}/library/metadata/{number}/posters", data=cover, headers=headers)
    return {}


def _read_stash(options: Options) -> Options:
    """Every scene read from Stash in full, fifty a request, and thrown away."""
    with requests.Session() as session:
        session.trust_env = False
        for start in range(1, int(options["scenes"]) + 1, BATCH):
            numbers = range(start, min(start + BATCH, int(options["scenes"]) + 1))
            variables: Options = {f"id{n}": str(number) for n, number in enumerate(numbers)}
            body = {"query": scenes_query(len(numbers)), "variables": {**variables, "images": False, "stashIds": False}}
            session.post(f"{options['stash']}/graphql", json=body)
    return {}


def _pretend(options: Options) -> Options:
    """Remember every scene as sent and right, as after a first sync, which takes minutes."""
    with _context(options) as context, own(context.data) as owned:
        client = PlexClient(options["plex"], options["token"])
        with closing(client):
            owned.index.refresh(client.server, ())
            server = str(client.server.machineIdentifier)
    with (
        closing(open_database(context.data.database)) as database,
        closing(open_index(context.data.index)) as listed,
        StashClient(context.stash.connection) as stash,
    ):
        database.execute("PRAGMA synchronous=OFF")
        record = Record(database, time.time)
        for page in light_pages(stash):
            for light in page.scenes:
                files = tuple({"path": file.path, "size": file.size} for file in light.files)
                record.finished(Scene.of({"id": light.id, "files": files}), light.updated_at)
        with database:
            database.executemany(
                "INSERT INTO memories (server, item, scene, state, seen, content) VALUES (?, ?, ?, 'in use', ?, '{}')",
                (
                    (server, item, int(item), updated)
                    for item, updated in listed.execute("SELECT item, max(updated) FROM items GROUP BY item")
                ),
            )
    return {}


def _fill(options: Options) -> Options:
    """A journal entry for each scene, all of one run, and a queue in which a tenth of the scenes waits."""
    from bench.filling import let_wait, write_journal

    data, scenes, now = DataDir(options["folder"]), int(options["scenes"]), time.time()
    with closing(open_database(data.database)) as database, database:
        (server,) = database.execute("SELECT server FROM memories").fetchone()
        run = write_journal(database, scenes, server, now)
    with closing(JobQueue(data.queue, time.time)):
        pass
    failed = (Job(scene_id=number, attempts=1, due=now + 3600) for number in range(1, scenes // 10 + 1))
    let_wait(data, (job.model_dump_json(exclude_defaults=True) for job in failed))
    return {"run": run}


def _open(options: Options) -> Options:
    """The daily pass, and what the page then asks: of a scene, and, ``foreseen``, what undoing a ``run`` would do; then
    that is ``begun``."""
    done = _pass({**options, "sweep": True})
    with _context(options) as context, owned_worker(context) as (owned, worker):
        answer = Answers(context.data, context.secrets, context.timing)

        def ask(kind: QuestionKind) -> float:
            said = answer(
                Question(kind=kind, id="0" * 32, asked=time.time(), scene=1, run=options["run"]), worker, owned
            )
            assert "error" not in said, said
            return peak_memory()

        asked = [ask(kind) for kind in (QuestionKind.LIBRARIES, QuestionKind.COMPARE, QuestionKind.POSTERS)]
        foreseen = ask(QuestionKind.UNDO)
        carry_out(Action(kind=ActionKind.UNDO, scenes=None, run=options["run"]), owned.queue, owned.record)
        for _ in range(UNDO_STEPS):
            worker.undo.step()
        return {**done, "open": asked[-1], "foreseen": foreseen, "begun": peak_memory()}


def _preview(options: Options) -> Options:
    from reconciliation.preview import preview

    with _context(options) as context:
        return {"line": preview(context)}


def _look(options: Options) -> Options:
    """One scene was changed: what the worker does about it."""
    with _context(options) as context, owned_worker(context) as (owned, worker):
        owned.queue.add(int(options["scene"]), UpdateType.UPDATE)
        worker.run_due()
        return {"outcomes": dict(worker.tally.counts())}


def _pulse(options: Options) -> Options:
    """So many looks at what Stash changed last, of which there is no news; for one, our CPU time, and how long it took,
    nearly all of it Stash's time, in seconds."""
    from reconciliation.chores import UsualChores
    from stash.beat import read_beat

    with _context(options) as context, owned_worker(context) as (owned, worker):
        chores = UsualChores(context.timing)
        chores.hear(read_beat(context.stash, chores.page), owned, worker)
        looks, began, started = int(options["looks"]), time.process_time(), time.perf_counter()
        for _ in range(looks):
            chores.hear(read_beat(context.stash, chores.page), owned, worker)
        took, many = time.perf_counter() - started, max(looks, 1)
        return {"cpu": (time.process_time() - began) / many, "look": took / many}


ACTIONS: dict[str, Callable[[Options], Options]] = {
    "pass": _pass,
    "fetch": _fetch_pages,
    "replay": _replay,
    "read": _read_stash,
    "fill": _fill,
    "open": _open,
    "preview": _preview,
    "look": _look,
    "pulse": _pulse,
    "pretend": _pretend,
}

if __name__ == "__main__":
    sys.exit(main())
