"""plexsync.db: the one module that knows its schema and how an older one becomes the present one."""

from __future__ import annotations

import os
import sqlite3

#: One entry per version: the statements that lead from the version before. Never change one that was released.
MIGRATIONS = (
    (
        # The index of Plex's files; ``newest`` in Plex's seconds, ``swept_at`` in ours.
        """CREATE TABLE sections (
            key TEXT PRIMARY KEY, uuid TEXT NOT NULL, title TEXT NOT NULL, content_changed TEXT NOT NULL,
            newest INTEGER NOT NULL, swept_at REAL NOT NULL, locations TEXT NOT NULL)""",
        """CREATE TABLE parts (
            section TEXT NOT NULL, item TEXT NOT NULL, file TEXT NOT NULL,
            file_key TEXT NOT NULL, name_key TEXT NOT NULL, size INTEGER, updated INTEGER NOT NULL)""",
        "CREATE INDEX parts_by_file ON parts (file_key)",
        "CREATE INDEX parts_by_name ON parts (name_key)",
        "CREATE INDEX parts_by_item ON parts (item, section)",
        # When Plex was last seen to show each scene, when that took a write, and of what.
        """CREATE TABLE outcomes (
            scene INTEGER PRIMARY KEY, checked REAL NOT NULL, updated REAL, detail TEXT NOT NULL,
            left_out TEXT NOT NULL, kept TEXT NOT NULL, stash_updated TEXT NOT NULL, files TEXT NOT NULL)""",
        "CREATE INDEX outcomes_by_update ON outcomes (updated)",
        # What PlexSync wrote to each item for each scene, and what stood there before (validation/memory.py);
        # ``seen``: when Plex had last changed the item as it was compared, 0 after a write of ours.
        """CREATE TABLE items (
            scene INTEGER NOT NULL, server TEXT NOT NULL, item TEXT NOT NULL, memory TEXT NOT NULL,
            seen INTEGER NOT NULL,
            PRIMARY KEY (scene, server, item)) WITHOUT ROWID""",
        # Which items PlexSync put into which collection, and the place by scene index it gave them there.
        """CREATE TABLE members (
            collection TEXT NOT NULL, item TEXT NOT NULL, place INTEGER,
            PRIMARY KEY (collection, item)) WITHOUT ROWID""",
        "CREATE INDEX members_by_item ON members (item)",
        # Which performers, studios, tags and groups each scene showed.
        """CREATE TABLE shown (
            scene INTEGER NOT NULL, kind TEXT NOT NULL, entity INTEGER NOT NULL,
            PRIMARY KEY (scene, kind, entity)) WITHOUT ROWID""",
        "CREATE INDEX shown_by_entity ON shown (kind, entity)",
        # Scenes that wait for a person.
        """CREATE TABLE parked (
            scene INTEGER PRIMARY KEY, update_type TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
            since REAL NOT NULL, stash_updated TEXT NOT NULL)""",
        # When each performer, studio, tag and group was last changed, at the last reconciliation.
        """CREATE TABLE entities (
            kind TEXT NOT NULL, entity INTEGER NOT NULL, updated TEXT NOT NULL,
            PRIMARY KEY (kind, entity)) WITHOUT ROWID""",
        # Finished tasks, newest last.
        "CREATE TABLE runs (name TEXT NOT NULL, ended REAL NOT NULL, summary TEXT NOT NULL)",
        # Single facts: the server indexed, the client identifier, why the worker waits.
        "CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    ),
)


class NewerDatabase(Exception):
    """The database was written by a newer PlexSync."""


def open_database(path: str) -> sqlite3.Connection:
    """Open plexsync.db for its one owner, making or migrating it. Transactions by ``with connection``.

    Raises:
        NewerDatabase: a newer PlexSync wrote it.
        sqlite3.Error: it is damaged or cannot be written.
    """
    connection = sqlite3.connect(path, timeout=30.0)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        # What stood in Plex before the first write can be read only once: it must survive a power cut.
        connection.execute("PRAGMA synchronous=FULL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise NewerDatabase(
                f"{path} was written by a newer PlexSync. Update the plugin, or move that file away to start anew."
            )
        for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                for statement in statements:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
        os.chmod(path, 0o600)
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_reading(path: str) -> sqlite3.Connection | None:
    """Open a database that another process owns, to look and never to change; None when there is none."""
    if not os.path.exists(path):
        return None
    uri = "file:" + path.replace("%", "%25").replace("?", "%3f").replace("#", "%23") + "?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=5.0)
