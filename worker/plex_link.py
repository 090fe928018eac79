"""The way to Plex that the settings describe, always as the same device: Plex lists each client identifier."""

from __future__ import annotations

import socket
import sqlite3
import uuid
from collections.abc import Callable

from plex.client import PlexClient
from validation.config import PlexSyncConfig
from worker.datadir import DataDir
from worker.storage.database import DamagedDatabase, looked_at
from worker.storage.facts import Fact
from worker.storage.record import Record

#: Any fixed one will do.
_NAMESPACE = uuid.UUID("5b7d1a34-3f0c-4d0a-9d52-6a0f3f0c8a11")


def make_plex_client(
    config: PlexSyncConfig, identifier: str, connected: Callable[[], None] = lambda: None
) -> PlexClient:
    """A client that is not connected yet. ``identifier``: this installation's own in Plex; ``connected`` as there."""
    return PlexClient(
        config.plex_url,
        config.plex_token,
        config.plex_connect_timeout,
        config.plex_read_timeout,
        verify_tls=not config.plex_skip_tls_verify,
        client_identifier=identifier,
        connected=connected,
    )


def first_identifier(data: DataDir) -> str:
    """The identifier of an installation that keeps none yet: the same at each call, so that a task that may write
    nothing and the worker that comes later are one device to Plex."""
    return f"plexsync-{uuid.uuid5(_NAMESPACE, f'{socket.gethostname()} {data.root}')}"


def own_identifier(record: Record) -> str:
    """The identifier in the record, kept there from the first time on: the host may be renamed, the folder moved."""
    known = record.fact(Fact.CLIENT_IDENTIFIER)
    if not known:
        known = first_identifier(DataDir())
        record.set_fact(Fact.CLIENT_IDENTIFIER, known)
    return known


def kept_identifier(data: DataDir) -> str:
    """The identifier in the record, or the one it will get. Writes nothing."""
    try:
        with looked_at(data.database, untouched=True) as database:
            known = Record(database, lambda: 0.0).fact(Fact.CLIENT_IDENTIFIER) if database is not None else ""
        return known or first_identifier(data)
    except (sqlite3.Error, DamagedDatabase):  # a record that cannot be read now is named by those who need it
        return first_identifier(data)
