"""Whatever happens on both sides, in whatever order: one pass over both libraries, and Plex shows what Stash knows.

"make test" tells a few stories, the same ones each time; ``make stories`` tells new ones, as many as STORIES says.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.model.oracle import check_everything
from tests.model.world import World
from tests.support.harness import PLEX_ROOT, STASH_ROOT

PLEX_FAULTS = ["reset_before", "reset_after", "unavailable", "maintenance", "broken_xml", "html_200", "truncate"]
PLEX_KINDS = ["*", "edit", "details", "list", "sections"]
STASH_FAULTS = ["reset", "truncated", "html", "invalid_json", "status"]

pick = st.integers(0, 1000)

#: What becomes of a hook's event: it is lost, or lies in the inbox, or is worked off at once or some seconds later.
told = st.sampled_from(["lost", "lost", "told", "worked", "worked later"])


class Convergence(RuleBasedStateMachine):
    """``told``: whether the hook's event arrives. What Stash holds begins with "stash", what people type into Plex
    with "hand", so that each can be told from the other at the end."""

    world: World

    @initialize(
        keeps_key=st.booleans(),
        synced=st.sampled_from([True, True, False]),
        ahead=st.sampled_from([0.0, 0.0, -7200.0, 86400.0]),
        collections=st.booleans(),
        late=st.sampled_from([0.0, 0.0, 1.5]),
        shifts=st.booleans(),
    )
    def begin(self, keeps_key: bool, synced: bool, ahead: float, collections: bool, late: float, shifts: bool) -> None:
        """``ahead``: Plex's clock; ``shifts``: dates, by a day."""
        self.world = World(
            ahead,
            {"collection_studio": collections},
            moved_file_keeps_key=keeps_key,
            visibility_delay=late,
            dates_a_day_early=shifts,
        )
        if synced:
            self.world.advance(10)
            self.world.compare()
            self.world.advance(10)
        self.count = 0
        self.tags_by_hand = False

    # In Stash --------------------------------------------------------------------------------------------------

    @rule(
        scene=pick,
        told=told,
        fields=st.fixed_dictionaries(
            {},
            optional={
                "title": st.sampled_from(["", "stash title 1", "Stash Title 1", "stash title 2"]),
                "details": st.sampled_from(["", "stash text 1", "stash text 2"]),
                "date": st.sampled_from([None, "2020-01-02", "2019"]),
                "rating100": st.sampled_from([None, 20, 85]),
                "director": st.sampled_from(["", "stash one", "stash two, stash one"]),
            },
        ),
    )
    def edit_a_scene(self, scene: int, told: str, fields: dict[str, Any]) -> None:
        self._save(scene, told, **fields)

    @rule(scene=pick, told=told, chosen=st.sets(pick, max_size=3), kind=st.sampled_from(["tag", "performer"]))
    def show_others(self, scene: int, told: str, chosen: set[int], kind: str) -> None:
        numbers = self._numbers(f"{kind}s")
        if numbers:
            self._save(scene, told, **{f"{kind}_ids": sorted({numbers[one % len(numbers)] for one in chosen})})

    @rule(scene=pick, told=told, studio=st.one_of(st.none(), pick))
    def choose_a_studio(self, scene: int, told: str, studio: int | None) -> None:
        numbers = self._numbers("studios")
        self._save(scene, told, studio_id=numbers[studio % len(numbers)] if numbers and studio is not None else None)

    @rule(kind=st.sampled_from(["tag", "performer", "studio"]), which=pick, told=told, upper=st.booleans())
    def rename(self, kind: str, which: int, told: str, upper: bool) -> None:
        number = self._one(f"{kind}s", which)
        if number is not None:
            self.count += 1
            name = f"stash {kind} renamed {self.count}"
            self.world.advance(1)
            self.world.ask_stash(f"{kind}Update", id=number, name=name.title() if upper else name)
            self._tell(told, f"{kind.title()}.Update.Post", number)

    @rule(scene=pick, kind=st.sampled_from(["tag", "performer", "studio"]), told=told)
    def make_and_show(self, scene: int, kind: str, told: str) -> None:
        self.count += 1
        made = self.world.ask_stash(f"{kind}Create", name=f"stash {kind} made {self.count}")["id"]
        self._save(scene, told, **({"studio_id": made} if kind == "studio" else {f"{kind}_ids": [made]}))

    @rule(kind=st.sampled_from(["tag", "performer", "studio"]), which=pick, told=told)
    def destroy(self, kind: str, which: int, told: str) -> None:
        number = self._one(f"{kind}s", which)
        if number is not None:
            self.world.ask_stash(f"{kind}Destroy", id=number)
            self._tell(told, f"{kind.title()}.Destroy.Post", number)

    @rule(source=pick, into=pick, told=told)
    def merge_tags(self, source: int, into: int, told: str) -> None:
        one, other = self._one("tags", source), self._one("tags", into)
        if one is not None and other is not None and one != other:
            self.world.ask_stash("tagsMerge", source=[one], destination=other)
            self._tell(told, "Tag.Merge.Post", other)

    @rule(scene=pick, told=told)
    def destroy_a_scene(self, scene: int, told: str) -> None:
        number = self._one("scenes", scene)
        if number is not None:
            self.world.abandon(number)
            self.world.ask_stash("sceneDestroy", id=number)
            self._tell(told, "Scene.Destroy.Post", number)

    @rule(source=pick, into=pick)
    def merge_scenes(self, source: int, into: int) -> None:
        one, other = self._one("scenes", source), self._one("scenes", into)
        if one is not None and other is not None and one != other:
            self.world.abandon(one)
            self.world.ask_stash("sceneMerge", source=[one], destination=other)

    # Files -----------------------------------------------------------------------------------------------------

    @rule(
        which=pick,
        folder=st.sampled_from(["a", "b"]),
        rename=st.booleans(),
        plex=st.sampled_from(["copy", "later", "scans"]),
    )
    def move_a_file(self, which: int, folder: str, rename: bool, plex: str) -> None:
        """Stash is told at once, without a hook; Plex keeps an old copy, or sees it with its next scan."""
        number = self._one("files", which)
        if number is None:
            return
        old = self.world.stash.stash.library.files[number].path
        self.count += 1
        name = f"moved.{self.count}.mp4" if rename else os.path.basename(old)
        place = {"destination_folder": f"{STASH_ROOT}/{folder}", "destination_basename": name}
        if any(file.path == f"{STASH_ROOT}/{folder}/{name}" for file in self.world.stash.stash.library.files.values()):
            return
        self.world.ask_stash("moveFiles", ids=[number], **place)
        if os.path.basename(old) in self.world.abandoned:
            self.world.abandoned.add(name)
        before = old.replace(STASH_ROOT, PLEX_ROOT)
        if plex != "copy" and before in self.world.plex._state.disk:
            self.world.plex.move_file(before, f"{PLEX_ROOT}/{folder}/{name}")
        if plex == "scans":
            self.world.scan_plex()

    @rule(told=told, in_plex=st.booleans())
    def add_a_file(self, told: str, in_plex: bool) -> None:
        self.count += 1
        name = f"new/new.{self.count}.mp4"
        self.world.stash.stash.disk.put(f"{STASH_ROOT}/{name}", size=5000 + self.count)
        if in_plex:
            self.world.plex.add_file(1, f"{PLEX_ROOT}/{name}", 5000 + self.count)
        self._scan_stash(told)

    @rule(told=told)
    def scan_stash(self, told: str) -> None:
        self._scan_stash(told)

    @rule(which=pick)
    def give_plex_a_file_it_lacks(self, which: int) -> None:
        number = self._one("files", which)
        if number is not None:
            file = self.world.stash.stash.library.files[number]
            path = file.path.replace(STASH_ROOT, PLEX_ROOT)
            if path not in self.world.plex._state.disk:
                self.world.plex.add_file(1, path, file.size)

    @rule()
    def scan_plex(self) -> None:
        self.world.scan_plex()

    # In Plex ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.world.is_up)
    @rule(which=pick, field=st.sampled_from(["title", "summary"]))
    def edit_by_hand(self, which: int, field: str) -> None:
        self.count += 1
        with self.world.plex_by_hand() as section:
            items = section.all()
            if items:
                item = items[which % len(items)]
                item.editField(field, f"hand {self.count}")

    @precondition(lambda self: self.world.is_up)
    @rule(which=pick, add=st.booleans())
    def tag_by_hand(self, which: int, add: bool) -> None:
        self.count += 1
        self.tags_by_hand = True
        with self.world.plex_by_hand() as section:
            items = section.all()
            if items:
                item = section.fetchItem(int(items[which % len(items)].ratingKey))
                if add:
                    item.addGenre(f"hand {self.count}")
                elif item.genres:
                    item.removeGenre(item.genres[0].tag)

    @precondition(lambda self: self.world.is_up)
    @rule(kept=st.integers(0, 8))
    def restore_plex(self, kept: int) -> None:
        """A backup of Plex's is put back: keys above ``kept`` stand for other files, and nothing is edited there."""
        self.world.advance(2)
        self.world.plex.restore(kept)

    @precondition(lambda self: self.world.is_up)
    @rule()
    def set_plex_up_anew(self) -> None:
        self.world.advance(2)
        self.world.plex.set_up_anew()

    @rule(which=pick, seconds=st.sampled_from([-86400, 86400]))
    def plex_says_other_times(self, which: int, seconds: int) -> None:
        keys = sorted(item.id for item in self.world.plex._state.items.values() if item.type == "movie")
        if keys:
            self.world.plex.move_stamps(seconds, keys[which % len(keys)])

    # What goes wrong -------------------------------------------------------------------------------------------

    @rule(
        fault=st.sampled_from([*PLEX_FAULTS, "status", "hang"]),
        kind=st.sampled_from(PLEX_KINDS),
        count=st.integers(1, 3),
        status=st.sampled_from([500, 429, 404, 520]),
    )
    def fault_of_plex(self, fault: str, kind: str, count: int, status: int) -> None:
        seconds = {"seconds": 0.6} if fault == "hang" else {}
        if seconds:
            self.world.use(plex_read_timeout=0.5)  # until everything is healed
        status_of = {"status": status} if fault == "status" else {}
        self.world.plex.inject({"type": fault, "kind": kind, "count": 1 if seconds else count, **seconds, **status_of})

    @rule(fault=st.sampled_from(STASH_FAULTS), match=st.sampled_from(["any", "findScene", "image"]))
    def fault_of_stash(self, fault: str, match: str) -> None:
        self.world.stash.inject({"kind": fault, "match": match})

    @rule(scene=pick, count=st.sampled_from([1, None]))
    def stash_trips_over_a_scene(self, scene: int, count: int | None) -> None:
        number = self._one("scenes", scene)
        if number is not None:
            self.world.stash.inject({"kind": "graphql_error", "scene": number, "count": count})

    @rule(
        field=st.sampled_from(["studio", "Studio.name", "Tag.name", "tags", "performers", "files", "Scene.updated_at"]),
        count=st.sampled_from([1, 2, 4, None]),
    )
    def stash_cannot_read_a_field(self, field: str, count: int | None) -> None:
        self.world.stash.inject({"kind": "graphql_error", "field": field, "count": count})

    @rule(kind=st.sampled_from(["Scene", "Performer", "Studio", "Tag", "Group"]), count=st.sampled_from([1, 3, None]))
    def stash_cannot_read_a_list(self, kind: str, count: int | None) -> None:
        self.world.stash.inject({"kind": "graphql_error", "match": f"find{kind}s", "count": count})

    @rule(status=st.sampled_from([400, 403, 404, 405, 410, 501]))
    def a_proxy_refuses_every_change(self, status: int) -> None:
        self.world.plex.inject({"type": "status", "status": status, "kind": "writes", "count": None})

    @rule()
    def plex_recovers(self) -> None:
        self.world.plex.clear_faults()

    @rule()
    def stash_recovers(self) -> None:
        self.world.stash.clear_faults()

    @rule()
    def plex_goes_or_comes(self) -> None:
        (self.world.plex.stop if self.world.is_up else self.world.plex.start)()
        self.world.is_up = not self.world.is_up

    @rule()
    def restart(self) -> None:
        self.world.kill()
        self.world.open()

    @rule(seconds=st.sampled_from([1.0, 60.0, 700.0, 8000.0, 90000.0]))
    def wait(self, seconds: float) -> None:
        self.world.advance(seconds)

    # What the plugin does --------------------------------------------------------------------------------------

    @rule()
    def work(self) -> None:
        self.world.work()

    @rule(everything=st.booleans())
    def reconcile(self, everything: bool) -> None:
        self.world.compare(everything)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            try:
                check_everything(self.world, everything=self.tags_by_hand)
            finally:
                self.world.close()

    # Small helpers ---------------------------------------------------------------------------------------------

    def _numbers(self, table: str) -> list[int]:
        return sorted(getattr(self.world.stash.stash.library, table))

    def _one(self, table: str, which: int) -> int | None:
        numbers = self._numbers(table)
        return numbers[which % len(numbers)] if numbers else None

    def _save(self, scene: int, told: str, **fields: Any) -> None:
        number = self._one("scenes", scene)
        if number is not None:
            self.world.stash.save(number, **fields)
            self._tell(told, "Scene.Update.Post", number)

    def _tell(self, told: str, hook: str, number: int) -> None:
        if told != "lost":
            self.world.tell(hook, number)
        if told == "worked later":
            self.world.advance(5)
        if told.startswith("worked"):
            self.world.work()

    def _scan_stash(self, told: str) -> None:
        before = set(self._numbers("scenes"))
        self.world.stash.wait_for_job(int(self.world.ask_stash("metadataScan")))
        for number in set(self._numbers("scenes")) - before:
            self._tell(told, "Scene.Create.Post", number)


#: How many stories are told, and whether they are new ones.
FEW = 20
STORIES = int(os.environ.get("STORIES", "0"))

Convergence.TestCase.settings = settings(
    max_examples=STORIES or FEW,
    stateful_step_count=30,
    # No minutes are spent on making a bad one of the few shorter.
    derandomize=not STORIES,
    phases=list(Phase) if STORIES else [Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
TestConvergence = Convergence.TestCase
