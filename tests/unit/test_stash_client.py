"""StashClient: the cookie it is let in by, and several threads that use it at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import requests

from stash.client import PING, StashClient, StashRefused
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


def logged_in(double: StashDouble) -> StashClient:
    form = {"username": "me", "password": "secret"}
    answer = requests.post(f"{double.url}/login", data=form, allow_redirects=False, timeout=10)
    return StashClient(StashConnection(double.url, str(answer.cookies["session"])))


def test_each_answer_renews_the_cookie_and_none_but_the_newest_is_sent() -> None:
    """Sent together, the one that was handed over would count: the double reads the first, as Stash does."""
    with StashDouble({"scenes": []}, password="me:secret", session_age=3600) as double, logged_in(double) as stash:
        handed_over = stash.cookie
        for _ in range(3):
            double.advance(3000)
            assert stash.execute(PING)["version"]
        double.advance(3000)
        assert stash.fetch("/scene/1/screenshot", "", 10) is not None
        assert stash.cookie != handed_over
        double.advance(3601)
        newest = stash.cookie
        with pytest.raises(StashRefused):
            stash.ping()
        assert stash.cookie == newest
