"""One library of the index, which answers the matcher's searches as plexapi's own would."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from plex.items import Media, Part
from validation.paths import file_name_key, path_key


@dataclass(frozen=True)
class IndexedItem:
    """What the index knows of an item, under plexapi's names, so that the matcher reads either."""

    ratingKey: str
    section_key: str
    media: tuple[Media, ...]


class IndexedLibrary:
    """One section of the index, answering the search operators that the matcher uses."""

    def __init__(self, database: sqlite3.Connection, section_key: str) -> None:
        self._database = database
        self.key = section_key

    def search(self, **filters: str) -> list[IndexedItem]:
        """``Media__Part__file__exact`` finds by path, ``…__endswith`` and ``…__iendswith`` by the file name's key.

        The last two find all spellings of a name; the matcher looks at the case.
        """
        ((operator, wanted),) = filters.items()
        if operator == "Media__Part__file__exact":
            column, value = "file_key", path_key(wanted)
        elif operator in ("Media__Part__file__endswith", "Media__Part__file__iendswith"):
            column, value = "name_key", file_name_key(wanted)
        else:
            raise ValueError(f"the index does not answer {operator}")
        rows = self._database.execute(
            f"SELECT DISTINCT item FROM parts WHERE {column} = ? AND section = ?",  # noqa: S608
            (value, self.key),
        ).fetchall()
        return [self._item(item) for (item,) in rows]

    def _item(self, rating_key: str) -> IndexedItem:
        rows = self._database.execute(
            "SELECT file, size FROM parts WHERE section = ? AND item = ?", (self.key, rating_key)
        ).fetchall()
        return IndexedItem(rating_key, self.key, (Media(tuple(Part(file, size) for file, size in rows)),))
