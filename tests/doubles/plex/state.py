"""The double's database: sections, items, tags, files on disk and what is due later, behind one lock.

Callers hold `lock` around anything that touches a State; handlers get it held for them.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterable

from tests.doubles.plex.events import EventBus
from tests.doubles.plex.model import DiskFile, Item, Media, Part, Playback, Section, Settings
from tests.doubles.plex.switches import Switches
from tests.doubles.plex.tagging import TagTable
from tests.doubles.plex.titles import ARTICLES, auto_sort

OWNER = 1
GUEST = 2
MEMBERS = "members"


class State:
    """See the module's text. `offset` is how far `advance` has moved the clock."""

    def __init__(
        self, switches: Switches, name: str, machine_identifier: str, articles: tuple[str, ...] = ARTICLES
    ) -> None:
        self.switches = switches
        self.articles = articles
        self.name = name
        self.machine_identifier = machine_identifier
        self.lock = threading.RLock()
        self.sections: dict[int, Section] = {}
        self.items: dict[int, Item] = {}
        self.tags = TagTable()
        self.settings: dict[tuple[int, str], Settings] = {}
        self.playback = Playback({OWNER: "Owner", GUEST: "Guest"})
        self.disk: dict[str, DiskFile] = {}
        self.images: dict[str, bytes] = {}
        self.by_file: dict[str, list[Item]] = {}
        self.events = EventBus()
        self.activities: dict[str, dict[str, str]] = {}
        self.edits_without_id = 0
        self.items_hit_without_id = 0
        self.applied_writes = 0
        self.offset = 0.0
        self._passed = 0.0
        self.scan_free_at = 0.0
        self.last_section = 0
        self.ready_at = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._sequence = itertools.count()
        self._changes = 0
        self._next_key = 1
        self._next_media = 1
        self._next_part = 1
        self.watchers: list[Callable[[Item, str], None]] = []

    # --- time -------------------------------------------------------------------------------------

    def clock(self) -> float:
        return time.time() + self.offset

    def timer(self) -> float:
        """What lasts a time goes by this: as the clock, but never back."""
        return time.time() + self._passed

    def now(self) -> int:
        """Plex keeps whole seconds."""
        return int(self.clock())

    def later(self, delay: float, action: Callable[[], None]) -> None:
        """Run `action` once the clock has moved on by `delay`; at once when it is 0."""
        if delay <= 0:
            action()
        else:
            heapq.heappush(self._due, (self.timer() + delay, next(self._sequence), action))

    def settle(self) -> None:
        """Do everything that has come due. Called before each request is handled."""
        while self._due and self._due[0][0] <= self.timer():
            heapq.heappop(self._due)[2]()

    def advance(self, seconds: float) -> None:
        self.offset += seconds
        self._passed += max(seconds, 0)
        self.settle()

    # --- titles -----------------------------------------------------------------------------------

    def sort_title(self, item: Item) -> str:
        """The one that was given, else the one that is made of the title."""
        if item.title_sort or self.switches.sort_titles == "given":
            return item.title_sort or item.title
        return auto_sort(item.title, self.articles)

    # --- keys -------------------------------------------------------------------------------------

    def new_key(self, wanted: int | None = None) -> int:
        """AUTOINCREMENT: never below a key that was ever given out, so never the same twice."""
        if wanted is not None:
            self._next_key = max(self._next_key, wanted + 1)
            return wanted
        self._next_key += 1
        return self._next_key - 1

    def reserve_keys(self, keys: Iterable[int]) -> None:
        self._next_key = max([self._next_key, *(key + 1 for key in keys)])

    def new_media_id(self, wanted: int | None = None) -> int:
        chosen = self._next_media if wanted is None else wanted
        self._next_media = max(self._next_media, chosen + 1)
        return chosen

    def new_part_id(self, wanted: int | None = None) -> int:
        chosen = self._next_part if wanted is None else wanted
        self._next_part = max(self._next_part, chosen + 1)
        return chosen

    # --- items ------------------------------------------------------------------------------------

    def add_item(self, item: Item) -> None:
        self.items[item.id] = item
        section = self.sections[item.section]
        section.items[item.id] = item
        if item.type == "collection":
            section.collections[item.id] = item
        for part in item.files():
            self.by_file.setdefault(part.file, []).append(item)
        self.count_change(item)
        self.field_moved(item, MEMBERS)

    def drop_item(self, item: Item) -> None:
        """The row is gone; its files may still be on disk."""
        for tagging in [t for row in (item.taggings or {}).values() for t in row]:
            self.tags.detach(item, tagging.tag)
        for part in item.files():
            self.forget_file(item, part)
        del self.items[item.id]
        section = self.sections[item.section]
        del section.items[item.id]
        section.collections.pop(item.id, None)
        self.count_change(item)
        self.field_moved(item, MEMBERS)

    def forget_file(self, item: Item, part: Part) -> None:
        owners = [owner for owner in self.by_file.get(part.file, []) if owner is not item]
        if owners:
            self.by_file[part.file] = owners
        else:
            self.by_file.pop(part.file, None)

    def remember_file(self, item: Item, part: Part) -> None:
        owners = self.by_file.setdefault(part.file, [])
        if item not in owners:
            owners.append(item)

    def drop_media(self, item: Item, media: Media) -> None:
        item.media.remove(media)
        for part in media.parts:
            self.forget_file(item, part)

    # --- change marks -----------------------------------------------------------------------------

    def count_change(self, item: Item, content: bool = True) -> None:
        """`changed_at` and the section's `content_changed_at` are counters over the whole server."""
        self._changes += 1
        item.changed_at = self._changes
        if content:
            self.sections[item.section].content_changed_at = self._changes

    def show_change(self, item: Item, at_least: int = 0, stamp: int | None = None) -> None:
        """Move `updatedAt`. Artwork asks for a value it has not shown yet: clients cache by it."""
        item.updated_at = max(self.now(), at_least) if stamp is None else stamp
        self.field_moved(item, "updatedAt")

    def field_moved(self, item: Item, name: str) -> None:
        """Tell those who keep items in order; MEMBERS stands for an item that came or went."""
        for watcher in self.watchers:
            watcher(item, name)

    @property
    def changes(self) -> int:
        """Grows with every change of any item."""
        return self._changes

    def rewind(self) -> None:
        """All counters go back to what the rows say, as in a database put back; what was due is forgotten."""
        self._due.clear()
        self.activities.clear()
        self.scan_free_at = 0.0
        media = [media for item in self.items.values() for media in item.media]
        self._next_key = max(self.items, default=0) + 1
        self._next_media = max((row.id for row in media), default=0) + 1
        self._next_part = max((part.id for row in media for part in row.parts), default=0) + 1
        self._changes = max((item.changed_at for item in self.items.values()), default=0)
        for section in self.sections.values():
            section.refreshing = False
            section.content_changed_at = max((item.changed_at for item in section.items.values()), default=0)

    # --- accounts ---------------------------------------------------------------------------------

    def settings_of(self, account: int, item: Item) -> Settings:
        """The account's row for the item's guid; items with one guid share it."""
        return self.settings.setdefault((account, item.guid), Settings())
