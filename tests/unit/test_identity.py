"""What answers at an address, by its answer to ``/identity``."""

from __future__ import annotations

import pytest
import requests

from plex.identity import Identity, identity_of


def answer(status: int, content: bytes = b"", **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = status, content
    response.headers.update(headers)
    return response


@pytest.mark.parametrize(
    ("given", "identity"),
    [
        (answer(200, b'<MediaContainer machineIdentifier="m" version="1.43"/>'), Identity.PLEX),
        (answer(200, b"<html>Log in</html>"), Identity.STRANGER),
        (answer(503, b"<html>Plex Media Server is currently in maintenance</html>"), Identity.STARTING),
        (answer(400, b"the server is still starting up"), Identity.STARTING),
        (answer(301, Location="https://elsewhere/"), Identity.ELSEWHERE),
        (answer(401), Identity.REFUSING),
        (answer(404), Identity.REFUSING),
        (answer(502), Identity.FAILING),
    ],
    ids=lambda given: getattr(given, "status_code", None),
)
def test_an_answer_tells_who_gave_it(given: requests.Response, identity: Identity) -> None:
    assert identity_of(given) is identity
