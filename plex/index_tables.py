"""The tables of the library index: a file of its own, which is a cache and made anew whenever this module changes."""

from __future__ import annotations

import sqlite3

#: Counted up with every change of ``TABLES``: a file of another version is thrown away.
VERSION = 1

TABLES = (
    # The one server that everything here was read from.
    "CREATE TABLE server (identifier TEXT NOT NULL)",
    # ``newest`` in Plex's seconds, ``swept_at`` in ours; ``locations``: one path a line.
    """CREATE TABLE sections (
        key TEXT PRIMARY KEY, uuid TEXT NOT NULL, title TEXT NOT NULL, content_changed TEXT NOT NULL,
        newest INTEGER NOT NULL, swept_at REAL NOT NULL, locations TEXT NOT NULL)""",
    # Every part of every version of every item. ``updated``: when Plex had last changed the item.
    """CREATE TABLE parts (
        section TEXT NOT NULL, item TEXT NOT NULL, file TEXT NOT NULL,
        file_key TEXT NOT NULL, name_key TEXT NOT NULL, size INTEGER, updated INTEGER NOT NULL)""",
    "CREATE INDEX parts_by_file ON parts (file_key)",
    "CREATE INDEX parts_by_name ON parts (name_key)",
    "CREATE INDEX parts_by_item ON parts (item, section)",
)


def make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty database, and write down their version."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for statement in TABLES:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
