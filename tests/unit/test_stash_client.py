"""StashClient as several threads use it at once: the worker reads ahead beside its own questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from stash.client import PING, StashClient
from stash.connection import StashConnection
from tests.doubles.stash import StashDouble


class OvertakenClient(StashClient):
    """Whenever it is refused, another thread was refused first, and dropped the key."""

    def _post(self, query: str, variables: Mapping[str, Any] | None) -> requests.Response:
        response = super()._post(query, variables)
        if response.status_code == 401:
            self.use_api_key("")
        return response


def test_a_key_that_was_changed_is_dropped_by_two_threads_at_once() -> None:
    with StashDouble({"scenes": []}, api_key="new") as double, OvertakenClient(StashConnection(double.url)) as stash:
        stash.use_api_key("old")
        assert stash.execute(PING)["version"]
