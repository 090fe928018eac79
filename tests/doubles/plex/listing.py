"""`GET /library/sections/{id}/all` and what else lists items: filters, sorts, pages, totals."""

from __future__ import annotations

from tests.doubles.plex import filters
from tests.doubles.plex.messages import CONTAINER_SIZE, CONTAINER_START, Answer, HTTPFailure, Request, failure
from tests.doubles.plex.meta import meta_node
from tests.doubles.plex.model import TYPE_NAMES, TYPE_NUMBERS, Item, Section
from tests.doubles.plex.nodes import Scalar, container
from tests.doubles.plex.ordering import Columns, OrderCache, arrange, columns, default_kind
from tests.doubles.plex.state import OWNER, State
from tests.doubles.plex.views import item_node, look_of

# From this many matches on it is quicker to pick them out of an order that is kept than to sort them.
_WORTH_PICKING = 2000
MEDIA_TAG_VERSION = 1777730215


class Listing:
    """Lists the items of sections. Holds nothing but the orders it has worked out before."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._orders = OrderCache(state)
        self._found: dict[tuple[object, ...], tuple[int, list[Item]]] = {}

    def all(self, request: Request, section_key: int) -> Answer:
        """What plexapi's `section.all()` and `section.search()` read."""
        section = self.section(section_key)
        if section is None:
            return Answer(node=container({}))
        kind = _kind(request, section)
        order = columns(request.get("sort"))
        plain = len(order) == 1 and not (request.has("limit") or request.has("includeCollections"))
        context = filters.Context(self._state, request.account, self._state.clock())
        clause = filters.parse(request.params, context)
        if kind == TYPE_NUMBERS["collection"]:
            rows = self._select(request, section, kind, order, clause)
            return self.page(request, section, self._collections(rows), kind)
        if plain and clause is None:
            start, size = self.bounds(request)
            stop = start + size if size is not None else 1 << 62
            rows, total = self._orders.slice(request.account, section, kind, order[0], start, stop)
            return self._page(request, section, rows, kind, total)
        return self.page(request, section, self._select(request, section, kind, order, clause), kind)

    def everywhere(self, request: Request, newest_first: bool) -> Answer:
        """Items of all sections: what plexapi's `library.search()` and `library.recentlyAdded()` read."""
        state = self._state
        context = filters.Context(state, request.account, state.clock())
        clause = filters.parse(request.params, context)
        wanted = TYPE_NAMES.get(int(request.get("type") or 0)) if request.get("type").isdigit() else None
        pool = (
            item
            for item in state.items.values()
            if item.type == (wanted or state.sections[item.section].type) and (clause is None or clause.test(item))
        )
        order = [("addedAt", True)] if newest_first else columns(request.get("sort"))
        rows = arrange(state, request.account, pool, order)
        start, size = self.bounds(request)
        shown = rows[start:] if size is None else rows[start : start + size]
        look = look_of(request, full=False, ignore_excludes=state.switches.ignore_exclude_elements)
        attrs: dict[str, Scalar] = {"size": len(shown), "totalSize": len(rows), "offset": start}
        attrs["identifier"] = "com.plexapp.plugins.library"
        return Answer(node=container(attrs, [item_node(state, i, request.account, look) for i in shown]))

    def warm(self) -> None:
        """Work out the common orders before the first client asks: a large section takes a moment."""
        for section in self._state.sections.values():
            for column in ("titleSort", "addedAt", "updatedAt"):
                self._orders.slice(OWNER, section, default_kind(section), (column, False), 0, 0)

    def forget(self) -> None:
        """Answers that were worked out before are worth nothing: the counter of changes went back."""
        self._found.clear()

    def bounds(self, request: Request) -> tuple[int, int | None]:
        """Start and size of the page the client asks for."""
        return page_of(request, self._state.switches.require_container_headers, self._state.switches.max_page)

    def section(self, key: int) -> Section | None:
        """None stands for the mode in which a section that is gone answers 200 without content."""
        section = self._state.sections.get(key)
        if section is None and self._state.switches.stale_section == "404":
            raise HTTPFailure(failure(404))
        return section

    def page(self, request: Request, section: Section, rows: list[Item], kind: int) -> Answer:
        """One page of `rows` with the totals."""
        start, size = self.bounds(request)
        shown = rows[start:] if size is None else rows[start : start + size]
        return self._page(request, section, shown, kind, len(rows))

    def _page(self, request: Request, section: Section, shown: list[Item], kind: int, total: int) -> Answer:
        state = self._state
        start, size = self.bounds(request)
        look = look_of(request, full=False, ignore_excludes=state.switches.ignore_exclude_elements)
        nodes = [item_node(state, item, request.account, look) for item in shown]
        attrs = _container_attrs(section, kind)
        answer = Answer(headers={CONTAINER_START: str(start), "X-Plex-Container-Total-Size": str(total)})
        attrs["size"] = len(nodes)
        if size is not None or start:
            attrs["totalSize"] = total
            attrs["offset"] = start
        if request.flag("includeMeta"):
            nodes.insert(0, meta_node(section, kind))
        answer.node = container(attrs, nodes)
        return answer

    def _select(
        self, request: Request, section: Section, kind: int, order: Columns, clause: filters.Clause | None
    ) -> list[Item]:
        account = request.account
        if clause is None:
            rows = self._orders.whole(account, section, kind, order)
        else:
            rows = self._filtered(request, section, kind, order, clause)
        if request.flag("includeCollections") and kind != TYPE_NUMBERS["collection"]:
            rows = rows + self._orders.whole(account, section, TYPE_NUMBERS["collection"], order)
        limit = request.get("limit")
        return rows[: int(limit)] if limit.isdigit() else rows

    def _collections(self, rows: list[Item]) -> list[Item]:
        """Smart and ordinary ones as they come, or one kind in front of the other."""
        first = self._state.switches.collections_first
        return rows if first == "any" else sorted(rows, key=lambda item: bool(item.content) != (first == "smart"))

    def _filtered(
        self, request: Request, section: Section, kind: int, order: Columns, clause: filters.Clause
    ) -> list[Item]:
        """Matches in order. Kept as long as nothing changes: a client reads a long answer page by page."""
        state, account = self._state, request.account
        asked = tuple(pair for pair in request.params if not pair[0].startswith(("X-Plex", "include", "exclude")))
        name = (section.key, account, *asked)
        kept = self._found.get(name)
        if kept is not None and kept[0] == state.changes and not filters.is_relative(request.query):
            return kept[1]
        if clause.ranges is None:
            pool = {key: item for key, item in section.items.items() if item.type == TYPE_NAMES[kind]}
        else:
            found = [self._orders.between(account, section, kind, *bounds) for bounds in clause.ranges]
            pool = {item.id: item for rows in found for item in rows}
        if not clause.exact:
            pool = {key: item for key, item in pool.items() if clause.test(item)}
        if len(order) == 1 and len(pool) > _WORTH_PICKING:
            rows = [item for item in self._orders.whole(account, section, kind, order) if item.id in pool]
        else:
            rows = arrange(state, account, pool.values(), order)
        if len(self._found) > 16:
            self._found.clear()
        self._found[name] = (state.changes, rows)
        return rows


def page_of(request: Request, required: bool, longest: int) -> tuple[int, int | None]:
    """Start and size; size None means everything.

    A size in the query without a start is ignored (measured on 1.43.2); as a header it is enough. PMS has logged
    "This will fail with status code 400 in the future" for lists without a size since 1.28.
    """
    start = request.plex_int(CONTAINER_START)
    size = request.plex_int(CONTAINER_SIZE)
    if start is None:
        start = 0
        if request.has(CONTAINER_SIZE):
            size = None
    if size is None and required:
        raise HTTPFailure(failure(400, "Missing X-Plex-Container-Size header."))
    if longest and (size is None or size > longest):
        size = longest
    return start, size


def _kind(request: Request, section: Section) -> int:
    text = request.get("type")
    return int(text) if text.isdigit() and int(text) in TYPE_NAMES else default_kind(section)


def _container_attrs(section: Section, kind: int) -> dict[str, Scalar]:
    name = TYPE_NAMES[kind]
    return {
        "size": 0,
        "allowSync": True,
        "art": f"/:/resources/{section.type}-fanart.jpg",
        "identifier": "com.plexapp.plugins.library",
        "librarySectionID": section.key,
        "librarySectionTitle": section.title,
        "librarySectionUUID": section.uuid,
        "mediaTagPrefix": "/system/bundle/media/flags/",
        "mediaTagVersion": MEDIA_TAG_VERSION,
        "thumb": f"/:/resources/{section.type}.png",
        "title1": section.title,
        "title2": f"All {name.capitalize()}s",
        "viewGroup": name,
        "viewMode": 65592,
    }
