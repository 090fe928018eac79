"""How plexsync.db of a former version becomes one of the next. A step that was released is never changed.

A step works inside the transaction of ``database.open_database``, and raises sqlite3.OperationalError ("no such …")
where the database is not what PlexSync made.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

from validation.names import tag_key
from worker.metadata.item_files import ItemFile

#: Makes the tables of the next version.
MakeTables = Callable[[sqlite3.Connection], None]

_FIRST = ("outcomes", "items", "members", "shown", "parked", "entities", "runs", "state", "parts", "sections")

#: Tables of version 1 that only got other names for their columns, or NULL where they had an empty text. Whose the item
#: is that a parked scene shares was not kept: when that changed is in doubt.
_COPIED = (
    """INSERT INTO outcomes (scene, checked, left_out, kept, stash_updated, files, written_at, written)
    SELECT scene, checked, nullif(left_out, ''), nullif(kept, ''), nullif(stash_updated, ''), nullif(files, ''),
        updated, nullif(detail, '')
    FROM old_outcomes""",
    "INSERT INTO shown SELECT scene, kind, entity FROM old_shown",
    "INSERT INTO entities SELECT kind, entity, nullif(updated, '') FROM old_entities",
    """INSERT INTO parked (scene, update_type, kind, reason, since, stash_updated)
    SELECT scene, update_type, kind, reason, since, CASE WHEN kind != 'conflict' THEN nullif(stash_updated, '') END
    FROM old_parked""",
    "INSERT INTO runs (name, ended, summary) SELECT name, ended, summary FROM old_runs ORDER BY rowid",
    """INSERT INTO facts SELECT key, value FROM old_state
    WHERE key IN ('reconcile_at', 'settings', 'guard', 'paused', 'client_identifier')""",
)

#: Of several rows about one item, the one in use: of a scene whose files are there (``seen`` was -1 where they had
#: left), of a scene that is there (a dead one's number was negative), of the newest scene.
_MEMORIES = """
INSERT INTO memories (server, item, scene, state, seen, changed, content)
    SELECT server, item, CASE WHEN scene > 0 THEN scene END,
        CASE WHEN place = 1 AND seen != -1 THEN 'in use' ELSE 'set aside' END,
        CASE WHEN seen > 0 THEN seen END,
        (SELECT checked FROM old_outcomes WHERE old_outcomes.scene = ranked.scene),
        memory
    FROM (
        SELECT *, row_number() OVER (
            PARTITION BY server, item ORDER BY seen = -1, scene < 0, abs(scene) DESC) AS place
        FROM old_items) AS ranked
    ORDER BY server, item, place DESC
"""

#: Which files an item held is known where the index had it just as it was when it was compared.
_FILES = """
SELECT id, file, size FROM memories JOIN old_parts USING (item)
WHERE state = 'in use' AND seen = updated AND server = (SELECT value FROM old_state WHERE key = 'server')
"""

_WHOSE = {"ours": "ours", "ordered": "ours, in order", "theirs": "theirs"}


def _from_first(connection: sqlite3.Connection, make_tables: MakeTables) -> None:
    """From version 1, of PlexSync 1.0.0, which kept the index in the same file and states in texts and signs."""
    indexes = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    for (name,) in indexes:
        connection.execute(f'DROP INDEX "{name}"')
    for table in _FIRST:
        connection.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    make_tables(connection)
    for statement in (*_COPIED, _MEMORIES):
        connection.execute(statement)
    for number, path, size in connection.execute(_FILES):
        file = ItemFile.of(path, size)
        row = (number, file.path_key, file.name_key, file.size)
        connection.execute("INSERT OR IGNORE INTO memory_files VALUES (?, ?, ?, ?)", row)
    _unseen(connection)
    _collections(connection)
    _capabilities(connection)
    for table in _FIRST:
        connection.execute(f"DROP TABLE old_{table}")


def _unseen(connection: sqlite3.Connection) -> None:
    """An item of which it was not known whether a write had happened: that is told by looking at it."""
    for number, content in connection.execute("SELECT id, content FROM memories").fetchall():
        memory = json.loads(content)
        if memory.pop("pending", False):
            for text in memory.get("texts", {}).values():
                text["unseen"] = {"stood": text.get("before", "")}
            for tags in memory.get("tags", {}).values():
                tags["unseen"] = {"added": [tag_key(tag) for tag in tags.get("ours", ())]}
            connection.execute("UPDATE memories SET content = ? WHERE id = ?", (json.dumps(memory), number))


def _collections(connection: sqlite3.Connection) -> None:
    """Their names were ``collection:SERVER:SECTION:TITLE``, what is known of one ``ours 7 bare``."""
    named = "collection:%:%:%"
    query = "SELECT collection, item, place FROM old_members WHERE collection LIKE ?"
    members = connection.execute(query, (named,)).fetchall()
    known = dict(connection.execute("SELECT key, value FROM old_state WHERE key LIKE ?", (named,)))
    numbers = {}
    for name in sorted({*known, *(name for name, _, _ in members)}):
        _, server, section, title = name.split(":", 3)
        whose, rating_key, bare = (*known.get(name, "").split(" "), "", "")[:3]
        is_known = whose in _WHOSE and bool(rating_key)
        numbers[name] = connection.execute(
            """INSERT INTO collections (server, section, title_key, rating_key, whose, picture_due)
            VALUES (?, ?, ?, ?, ?, ?)""",
            (
                server,
                section,
                title,
                rating_key if is_known else None,
                _WHOSE[whose] if is_known else None,
                is_known and bool(bare),
            ),
        ).lastrowid
    rows = [(numbers[name], item, place) for name, item, place in members]
    connection.executemany("INSERT INTO members (collection, item, place) VALUES (?, ?, ?)", rows)


def _capabilities(connection: sqlite3.Connection) -> None:
    """They were kept under ``takes:SERVER:FIELD``. That a field was not kept was concluded too early: it is tried
    again."""
    query = "SELECT key FROM old_state WHERE key LIKE 'takes:%:replaces-tags' AND value = 'replaces'"
    for (key,) in connection.execute(query).fetchall():
        server = key.split(":", 2)[1]
        query = "INSERT INTO capabilities (server, field, state) VALUES (?, 'tag lists', 'replaced')"
        connection.execute(query, (server,))


#: One for each version that was released, the first leading from version 1 to 2.
MIGRATIONS: tuple[Callable[[sqlite3.Connection, MakeTables], None], ...] = (_from_first,)
