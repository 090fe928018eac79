"""The tag table: found or created by type and text, ignoring case as SQLite's NOCASE does."""

from __future__ import annotations

import string

from tests.doubles.plex.model import Item, Tag, Tagging

_NOCASE = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def nocase(text: str) -> str:
    """SQLite NOCASE folds ASCII letters only: `É` and `é` stay two tags."""
    return text.translate(_NOCASE)


class TagTable:
    """Tags live as long as the server: a tag that nothing uses keeps its id and its spelling."""

    def __init__(self) -> None:
        self._by_text: dict[tuple[str, str], list[Tag]] = {}
        self._by_id: dict[int, Tag] = {}
        self._next = 1
        # Which items carry a collection's tag: collections are shown with their members.
        self.carriers: dict[int, dict[int, Item]] = {}

    def find(self, kind: str, text: str) -> Tag | None:
        """The tag of that text; of several, one that is in use."""
        found = self._by_text.get((kind, nocase(text)), [])
        return next((tag for tag in found if tag.uses), found[0] if found else None)

    def ids(self, kind: str, text: str) -> list[int]:
        """Of every tag of that text."""
        return [tag.id for tag in self._by_text.get((kind, nocase(text)), [])]

    def by_id(self, tag_id: int) -> Tag | None:
        return self._by_id.get(tag_id)

    def all(self, kind: str) -> list[Tag]:
        """Every tag of a type that is in use, in alphabetical order."""
        return sorted((t for t in self._by_id.values() if t.type == kind and t.uses), key=lambda t: nocase(t.text))

    def get(self, kind: str, text: str, tag_id: int | None = None) -> Tag:
        """Find or create. The spelling of the first writer wins; `tag_id` is for recorded state."""
        return self.find(kind, text) or self.make(kind, text, tag_id)

    def make(self, kind: str, text: str, tag_id: int | None = None, by_text: bool = True) -> Tag:
        """A new one whatever there is; one that is not `by_text` is found by its id only."""
        if tag_id is None or tag_id in self._by_id:
            while self._next in self._by_id:
                self._next += 1
            tag_id = self._next
        tag = Tag(tag_id, kind, text)
        self._by_id[tag_id] = tag
        if by_text:
            self._by_text.setdefault((kind, nocase(text)), []).append(tag)
        return tag

    def rename(self, tag: Tag, text: str) -> None:
        same = self._by_text.get((tag.type, nocase(tag.text)), [])
        tag.text = text
        if tag in same:
            same.remove(tag)
            self._by_text.setdefault((tag.type, nocase(text)), []).append(tag)

    def attach(self, item: Item, tag: Tag, index: int) -> Tagging:
        """Associate once: a tag that is already there only moves to `index`."""
        if item.taggings is None:
            item.taggings = {}
        row = item.taggings.setdefault(tag.type, [])
        tagging = next((t for t in row if t.tag is tag), None)
        if tagging is None:
            tagging = Tagging(tag, index)
            row.append(tagging)
            tag.uses += 1
            if tag.type == "collection":
                self.carriers.setdefault(tag.id, {})[item.id] = item
        tagging.index = index
        row.sort(key=lambda t: t.index)
        return tagging

    def detach(self, item: Item, tag: Tag) -> bool:
        """True when the item carried the tag."""
        row = item.tags(tag.type)
        kept = [t for t in row if t.tag is not tag]
        if len(kept) == len(row) or item.taggings is None:
            return False
        tag.uses -= 1
        if tag.type == "collection":
            self.carriers[tag.id].pop(item.id)
        if kept:
            item.taggings[tag.type] = kept
        else:
            del item.taggings[tag.type]
        return True
