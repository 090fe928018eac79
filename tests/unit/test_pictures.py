"""Covers are asked for over and over; that must not cost a connection each."""

from __future__ import annotations

import pytest
from urllib3.connection import HTTPConnection

from stash.client import StashClient
from stash.connection import StashConnection
from tests.doubles.stash import StashDouble


def test_covers_that_did_not_change_are_asked_for_over_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    connects: list[HTTPConnection] = []
    connect = HTTPConnection.connect

    def counted(connection: HTTPConnection) -> None:
        connects.append(connection)
        connect(connection)

    monkeypatch.setattr(HTTPConnection, "connect", counted)
    with StashDouble({"scenes": [{"id": 1}]}) as double, StashClient(StashConnection(double.url)) as stash:
        first = stash.fetch("/scene/1/screenshot", "", 1000)
        assert first is not None
        for _ in range(5):
            assert stash.fetch("/scene/1/screenshot", first[1], 1000) is None
    assert len(connects) == 1
