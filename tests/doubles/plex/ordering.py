"""Sorting: `titleSort` unless asked otherwise, several columns, `:desc`.

Orders of whole sections are kept and repaired item by item, so that a page costs the same after an edit.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.plex.model import TYPE_NAMES, TYPE_NUMBERS, Item, Section
from tests.doubles.plex.query_fields import Values, reader
from tests.doubles.plex.state import MEMBERS, State

Columns = list[tuple[str, bool]]

SORTABLE = frozenset(
    (
        "titleSort", "title", "year", "originallyAvailableAt", "rating", "audienceRating", "userRating",
        "contentRating", "duration", "viewCount", "addedAt", "lastViewedAt", "mediaHeight", "mediaBitrate",
        "updatedAt", "id", "guid", "index", "summary", "tagline", "studio", "mediaSize",
    )
)  # fmt: skip
# Columns with one number an item, whose order can be searched for a range.
RANGED = frozenset(("id", "addedAt", "updatedAt", "year", "duration"))
_MANY = 2000

# (has a value, the value, rating key): items without the value come first, as NULL does in SQLite.
Key = tuple[bool, Any, int]


def columns(sort: str) -> Columns:
    """(field, descending) of `movie.updatedAt:desc,titleSort`. Unknown columns are ignored, as filters are."""
    found: Columns = []
    for part in sort.split(","):
        name, _, direction = part.strip().partition(":")
        name = name.rpartition(".")[2]
        if name in SORTABLE:
            found.append(("titleSort" if name == "title" else name, direction.startswith("desc")))
    return found or [("titleSort", False)]


def arrange(state: State, account: int, items: Iterable[Item], order: Columns) -> list[Item]:
    """A sorted copy. Rows that are equal follow each other by rating key, as in the orders that are kept."""
    if len(order) == 1:
        return sorted(items, key=_key(order[0][0], state, account), reverse=order[0][1])
    rows = sorted(items, key=lambda item: item.id)
    for name, descending in reversed(order):
        key = _key(name, state, account)
        rows.sort(key=lambda item: key(item)[:2], reverse=descending)
    return rows


def default_kind(section: Section) -> int:
    """Type number of what a section lists when no type is asked for."""
    return TYPE_NUMBERS.get(section.type, 1)


@dataclass(slots=True)
class _Order:
    """One column of one section. `stale` holds the keys of items whose place may be wrong."""

    type: str
    key: Callable[[Item], Key]
    keys: list[Key] = field(default_factory=list)
    by_id: dict[int, Key] = field(default_factory=dict)
    stale: set[int] = field(default_factory=set)
    built: bool = False

    def repair(self, items: dict[int, Item]) -> None:
        if len(self.stale) > _MANY or not self.built:
            self.built = True
            self.by_id = {item.id: self.key(item) for item in items.values() if item.type == self.type}
            self.keys = sorted(self.by_id.values())
        else:
            for rating_key in self.stale:
                old = self.by_id.pop(rating_key, None)
                if old is not None:
                    del self.keys[bisect_left(self.keys, old)]
                item = items.get(rating_key)
                if item is not None and item.type == self.type:
                    self.by_id[rating_key] = self.key(item)
                    insort(self.keys, self.by_id[rating_key])
        self.stale.clear()


class OrderCache:
    """Whole sections in order, one list for each column that anyone sorted or searched by."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._orders: dict[tuple[int, str, str, int], _Order] = {}
        state.watchers.append(self._moved)

    def whole(self, account: int, section: Section, kind: int, order: Columns) -> list[Item]:
        """Every item of a type. Only orders of one column are kept."""
        if len(order) > 1:
            rows = (item for item in section.items.values() if item.type == TYPE_NAMES[kind])
            return arrange(self._state, account, rows, order)
        name, descending = order[0]
        items = section.items
        rows_in_order = [items[key[2]] for key in self._order(account, section, kind, name).keys]
        return rows_in_order[::-1] if descending else rows_in_order

    def slice(
        self, account: int, section: Section, kind: int, order: tuple[str, bool], start: int, stop: int
    ) -> tuple[list[Item], int]:
        """Rows `start` to `stop` of a one-column order, and how many rows there are."""
        keys = self._order(account, section, kind, order[0]).keys
        total = len(keys)
        backwards = slice(max(total - stop, 0), max(total - start, 0))
        picked = keys[backwards][::-1] if order[1] else keys[start:stop]
        return [section.items[key[2]] for key in picked], total

    def between(self, account: int, section: Section, kind: int, column: str, low: float, high: float) -> list[Item]:
        """Items whose column is `low` to `high`, both included."""
        keys = self._order(account, section, kind, column).keys
        first = bisect_left(keys, (True, low, 0))
        last = bisect_right(keys, (True, high, 1 << 62))
        return [section.items[key[2]] for key in keys[first:last]]

    def _order(self, account: int, section: Section, kind: int, column: str) -> _Order:
        name = (section.key, column, TYPE_NAMES[kind], account)
        order = self._orders.get(name)
        if order is None:
            order = self._orders[name] = _Order(TYPE_NAMES[kind], _key(column, self._state, account))
        if order.stale or not order.built:
            order.repair(section.items)
        return order

    def _moved(self, item: Item, column: str) -> None:
        for (section, name, _, _), order in self._orders.items():
            if section == item.section and column in (name, MEMBERS):
                order.stale.add(item.id)


def _key(name: str, state: State, account: int) -> Callable[[Item], Key]:
    read = reader(name, state, account)

    def key(item: Item) -> Key:
        value: Values = read(item)
        if isinstance(value, tuple):
            value = value[0] if value else None
        return (value is not None, 0 if value is None else value, item.id)

    return key
