"""What PlexSync remembers of Plex items, by server, item and file.

A memory holds for a file, not for a number: it counts for an item only when server and rating key agree and at least
one of the item's files does. Otherwise it is set aside, never deleted, and found again by the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from validation.errors import DamagedRow
from worker.metadata.item_files import ItemFile, share_a_file
from worker.metadata.memory import Held, ItemMemory, SeenRating
from worker.storage.remembered import MemoryState, Remembered, content_of, remembered
from worker.storage.rows import shown
from worker.storage.tables import Tables


@dataclass(frozen=True)
class ItemSeen:
    """An item that holds a scene's file, and when Plex had last changed it as it was compared, in Plex's seconds;
    None when a write of ours came after."""

    scene_id: int
    item: str
    seen: int | None


#: The newest first.
_NEWEST = "changed DESC, id DESC"


class Memories(Tables):
    """The tables ``memories`` and ``memory_files``."""

    def memory(self, server: str, item: str) -> ItemMemory | None:
        """What is remembered of an item that was written to just now, whatever files it holds. Raises DamagedRow."""
        query = "SELECT id, content FROM memories WHERE server = ? AND item = ? AND state = 'in use'"
        row = self._database.execute(query, (server, item)).fetchone()
        return content_of(*row) if row else None

    def in_use(self, server: str, item: str) -> Remembered | None:
        """What is remembered of what an item showed when it was last written to, or compared, with its files."""
        return next((one for one in self._of_item(server, item) if not one.is_aside), None)

    def recall(self, server: str, item: str, files: Sequence[ItemFile]) -> Remembered | None:
        """What is remembered of an item that holds ``files``: proved by one of them, else a memory in use where the
        files of either side are not known, which proves nothing."""
        return _of_files(self._of_item(server, item), files)

    def former(
        self,
        scene_id: int | None,
        server: str,
        item: str,
        files: Sequence[ItemFile],
        found: Sequence[str] | None = None,
    ) -> Remembered | None:
        """What is remembered of the item that held a scene's file before the item that holds ``files`` now.

        ``found``: the items that the scene is in now, None where that is not known: it has left any other.

        It is another item, or one of another server, that held one of the files and is no scene's any more. Without
        such a proof it is what is remembered for the same scene of unknown files, or of this very rating key: Plex
        may keep the key of a file that was renamed.
        """
        left = set() if found is None or scene_id is None else set(self.items_of(scene_id, server)) - set(found)
        by_file = next(iter(self._that_held(server, item, files, left)), None)
        return by_file or next(iter(self._of_scene_unproved(scene_id, server, item, left)), None)

    def remember(
        self,
        scene_id: int | None,
        server: str,
        item: str,
        content: ItemMemory,
        seen: int | None = None,
        *,
        files: Sequence[ItemFile] = (),
    ) -> None:
        """Keep what is remembered of an item that holds ``files``; what was remembered of other files is set aside.

        ``seen``: when Plex had last changed it as it was compared, None when a write of ours came after.
        """
        with self._soon():
            known = self._readable(server, item)
            same = _of_files(known, files)
            for other in known:
                if other is not same and not other.is_aside:
                    self._move(other, MemoryState.ASIDE)
            text = content.as_json()
            row = (scene_id, MemoryState.IN_USE.value, seen, self._clock(), text)
            if same is None:
                query = """INSERT INTO memories (scene, state, seen, changed, content, server, item)
                    VALUES (?, ?, ?, ?, ?, ?, ?)"""
                number = self._database.execute(query, (*row, server, item)).lastrowid
            else:
                number = same.id
                query = "UPDATE memories SET scene = ?, state = ?, seen = ?, changed = ?, content = ? WHERE id = ?"
                self._database.execute(query, (*row, number))
                if same.scene_id not in (None, scene_id):
                    # A scene that was merged into another is gone without a hook.
                    query = "INSERT OR IGNORE INTO former_owners VALUES (?)"
                    self._database.execute(query, (same.scene_id,))
            if files and (same is None or set(same.files) != set(files)):
                self._keep_files(number, files)

    def saw(self, server: str, item: str, content: ItemMemory, seen: int | None) -> None:
        """An item that was written to was read back; ``seen`` as in ``remember``, None when not all of it was seen."""
        query = "UPDATE memories SET content = ?, seen = ? WHERE server = ? AND item = ? AND state = 'in use'"
        with self._soon():
            self._database.execute(query, (content.as_json(), seen, server, item))

    def take_back(self, server: str, item: str, before: Remembered | None) -> None:
        """What was noted for a write that was not begun: only ``before`` is remembered again."""
        with self._soon():
            query = "SELECT id FROM memories WHERE server = ? AND item = ? AND state = 'in use'"
            for (number,) in self._database.execute(query, (server, item)).fetchall():
                if before is None or number != before.id:
                    self._keep_files(number, ())
                    self._database.execute("DELETE FROM memories WHERE id = ?", (number,))
            if before is not None:
                row = (before.scene_id, before.state.value, before.content.as_json())
                query = "UPDATE memories SET scene = ?, state = ?, content = ?, seen = NULL WHERE id = ?"
                self._database.execute(query, (*row, before.id))
                self._keep_files(before.id, before.files)

    def set_aside(self, memory: Remembered) -> None:
        """A memory turned out to be of something else than the item shows."""
        with self._soon():
            self._move(memory, MemoryState.ASIDE)

    def cover_etags(self, scene_id: int) -> set[str]:
        """The ETags of a scene's cover as it was when its items were last written to, or compared."""
        query = "SELECT id, item, scene, content FROM memories WHERE scene = ? AND state = 'in use'"
        memories = [one.content for one in self._sound("", query, scene_id)]
        return {one.etag for memory in memories for one in memory.pictures.values() if one.etag}

    def items_of(self, scene_id: int, server: str) -> list[str]:
        """The items that were last written to, or compared, for a scene."""
        query = "SELECT item FROM memories WHERE scene = ? AND server = ? AND state = 'in use'"
        return [item for (item,) in self._database.execute(query, (scene_id, server)) if isinstance(item, str)]

    def written_for(self, server: str, item: str) -> int | None:
        """The scene that an item was last written to, or compared, for; None when it is nobody's."""
        query = "SELECT scene FROM memories WHERE server = ? AND item = ? AND state = 'in use'"
        row = self._database.execute(query, (server, item)).fetchone()
        return row[0] if row and isinstance(row[0], int) else None

    def servers_of(self, scene_ids: Iterable[int]) -> dict[str, list[int]]:
        """Scenes for whose items something is remembered, by the server those are on."""
        found: dict[str, list[int]] = {}
        query = "SELECT DISTINCT server FROM memories WHERE scene = ? AND state = 'in use'"
        for scene_id in scene_ids:
            for (server,) in self._database.execute(query, (scene_id,)):
                found.setdefault(shown(server), []).append(scene_id)
        return found

    def left_items(self, scene_id: int, server: str, found: Sequence[str]) -> None:
        """A scene's files are in these items now: what is remembered of others that held them is set aside."""
        marks = ", ".join("?" * len(found))
        query = f"""UPDATE memories SET state = 'set aside'
            WHERE scene = ? AND server = ? AND state = 'in use' AND item NOT IN ({marks})"""  # noqa: S608
        with self._soon():
            self._database.execute(query, (scene_id, server, *found))

    def items_between(self, first: int, last: int, server: str) -> list[ItemSeen]:
        """The items of the scenes in a range."""
        query = """SELECT scene, item, seen FROM memories
            WHERE scene BETWEEN ? AND ? AND server = ? AND state = 'in use'"""
        rows = self._database.execute(query, (first, last, server))
        return [
            ItemSeen(scene, item, seen if isinstance(seen, int) else None)
            for scene, item, seen in rows
            if isinstance(item, str)
        ]

    def ratings_between(self, first: int, last: int, server: str) -> dict[str, SeenRating]:
        """By item, the ratings that both sides showed of the scenes in a range."""
        query = """SELECT id, item, scene, content FROM memories
            WHERE scene BETWEEN ? AND ? AND server = ? AND state = 'in use' AND instr(content, '"rating":{')"""
        found = {one.item: one.content.rating for one in self._sound(server, query, first, last, server)}
        return {item: one for item, one in found.items() if one is not None}

    def rated_items(self, server: str, items: Sequence[str]) -> dict[int, dict[str, SeenRating]]:
        """The same of some items, by scene."""
        found: dict[int, dict[str, SeenRating]] = {}
        query = "SELECT id, item, scene, content FROM memories WHERE server = ? AND item = ? AND state = 'in use'"
        for item in items:
            for one in self._sound(server, query, server, item):
                if one.scene_id is not None and one.content.rating is not None:
                    found.setdefault(one.scene_id, {})[item] = one.content.rating
        return found

    def all_in_use(self, server: str) -> Iterator[Remembered]:
        """All that is remembered of the items of a server, without the files they held."""
        query = "SELECT id, item, scene, content FROM memories WHERE server = ? AND state = 'in use' ORDER BY id"
        return self._sound(server, query, server)

    def _sound(self, server: str, query: str, *given: object) -> Iterator[Remembered]:
        """What is in use, without its files, but for what is damaged: who writes to an item of that meets it."""
        for number, item, scene, content in self._database.execute(query, given):
            with suppress(DamagedRow):
                yield remembered((number, server, item, scene, MemoryState.IN_USE.value, content), ())

    def _leave_hold(self, scene_id: int, held: Held) -> None:
        """A scene that is held is about to be gone: whoever takes over what is remembered of its items inherits it."""
        for one in self._read("scene = ?", scene_id):
            content = replace(one.content, held=held)
            query = "UPDATE memories SET content = ? WHERE id = ?"
            self._database.execute(query, (content.as_json(), one.id))

    def _of_item(self, server: str, item: str) -> list[Remembered]:
        """All that is remembered under a rating key: what is in use first, then the newest."""
        return self._read(f"server = ? AND item = ? ORDER BY state = 'set aside', {_NEWEST}", server, item)

    def _readable(self, server: str, item: str) -> list[Remembered]:
        """The same; what is damaged says nothing from now on. Whoever plans a write meets it before, and goes on only
        where a person wants that."""
        try:
            return self._of_item(server, item)
        except DamagedRow as damaged:
            query = "UPDATE memories SET scene = NULL, state = 'set aside', seen = NULL, content = '{}' WHERE id = ?"
            self._database.execute(query, (damaged.number,))
            self._keep_files(damaged.number, ())
        return self._readable(server, item)

    def _that_held(self, server: str, item: str, files: Sequence[ItemFile], left: Collection[str]) -> list[Remembered]:
        numbers: set[int] = set()
        for file in files:
            query = """SELECT memory FROM memory_files WHERE path_key = ?
                UNION SELECT memory FROM memory_files WHERE name_key = ? AND size = ?"""
            rows = self._database.execute(query, (file.path_key, file.name_key, file.size))
            numbers.update(number for (number,) in rows)
        marks = ", ".join("?" * len(numbers))
        held = self._read(
            f"id IN ({marks}) AND NOT (server = ? AND item = ?) ORDER BY server != ?, {_NEWEST}",
            *numbers,
            server,
            item,
            server,
        )
        return [one for one in held if one.scene_id is None or one.is_former(server, left)]

    def _of_scene_unproved(
        self, scene_id: int | None, server: str, item: str, left: Collection[str]
    ) -> list[Remembered]:
        found = self._read(f"scene = ? ORDER BY server != ?, {_NEWEST}", scene_id, server)
        return [
            one
            for one in found
            if (one.server == server and one.item == item) or (not one.files and one.is_former(server, left))
        ]

    def _read(self, condition: str, *given: object) -> list[Remembered]:
        query = f"SELECT id, server, item, scene, state, content FROM memories WHERE {condition}"  # noqa: S608
        return [remembered(row, self._files_of(row[0])) for row in self._database.execute(query, given).fetchall()]

    def _files_of(self, number: int) -> list[Sequence[object]]:
        query = "SELECT path_key, name_key, size FROM memory_files WHERE memory = ?"
        return self._database.execute(query, (number,)).fetchall()

    def _keep_files(self, number: int | None, files: Sequence[ItemFile]) -> None:
        self._database.execute("DELETE FROM memory_files WHERE memory = ?", (number,))
        rows = [(number, file.path_key, file.name_key, file.size) for file in files]
        self._database.executemany("INSERT OR IGNORE INTO memory_files VALUES (?, ?, ?, ?)", rows)

    def _move(self, memory: Remembered, state: MemoryState) -> None:
        self._database.execute("UPDATE memories SET state = ? WHERE id = ?", (state.value, memory.id))


def _of_files(memories: Sequence[Remembered], files: Sequence[ItemFile]) -> Remembered | None:
    """Of what is remembered under one rating key, what is proved by a file; else what is in use of unknown files."""
    proved = next((one for one in memories if share_a_file(one.files, files)), None)
    return proved or next((one for one in memories if not one.is_aside and not (one.files and files)), None)
