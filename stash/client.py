"""Stash's GraphQL over HTTP: one session, the cookie kept fresh, faults turned into the error tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3

from stash.connection import StashConnection
from validation.deadline import TimelyAdapter
from validation.errors import SceneTrouble, StashUnavailable

#: Seconds to connect, seconds to wait for an answer. Stash is on the same machine and reads need no lock.
TIMEOUT = (5.0, 60.0)

#: What may become of a request. The last two: a cookie that is no text, and a host that cannot exist.
_FAULTS = (requests.exceptions.RequestException, UnicodeError, urllib3.exceptions.LocationValueError)

PING = "query Ping { version { version } }"


class StashRefused(StashUnavailable):
    """Stash answers 401: the session is over, and only the next hook brings a new one."""


class StashSilent(StashUnavailable):
    """Nothing answers at Stash's address."""


@dataclass(frozen=True)
class FieldError:
    """One entry of ``errors``: ``path`` begins with the alias that it concerns, and is empty where that is not said
    (https://spec.graphql.org/October2021/#sec-Errors)."""

    message: str
    path: tuple[object, ...] = ()


class UnclearAnswer(StashUnavailable):
    """Stash answers, and not with all that was asked for: what it says of the rest may be asked for alone."""


class PartialAnswer(UnclearAnswer):
    """Stash could not read some of what was asked for. ``data`` holds the rest: what is null there may not be empty.

    Who did not ask for parts that stand alone can treat it as no answer.
    """

    def __init__(self, errors: Sequence[FieldError], data: dict[str, Any]) -> None:
        super().__init__(f"Stash reports: {errors[0].message}")
        self.data = data
        self._errors = tuple(errors)

    def concerning(self, alias: str) -> str | None:
        """Why the answer to a part of the question is not whole; None when no error concerns it. One that names no
        other part concerns each."""
        others = self.data.keys() - {alias}
        return next((one.message for one in self._errors if not one.path or str(one.path[0]) not in others), None)


@dataclass(frozen=True)
class Fetched:
    """What lies at an address: content (no more than was asked for), ETag, content type, and the size of all of it in
    bytes as far as Stash tells."""

    content: bytes = b""
    etag: str = ""
    kind: str = ""
    size: int = 0


class StashClient:
    """One conversation with Stash, by the session cookie that Stash handed to the plugin and renews.

    The cookie is read by requests, and kept here: requests' jar keeps cookies by host and path, which the one that
    was handed over comes without. It would send that and a renewed one together, and Stash reads the first (tried on
    a real one).
    """

    def __init__(self, connection: StashConnection) -> None:
        self.connection = connection
        #: What Stash's clock showed as it answered last, in seconds since 1970; None where it did not say.
        self.told_at: float | None = None
        self._cookie = connection.cookie
        self._api_key = ""
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, TimelyAdapter())
        self._session.trust_env = False
        # We are Stash's own child: what it listens on is an address of this machine, which nobody can stand in
        # between, and which its certificate rarely names.
        self._session.verify = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if connection.url.startswith("https:"):
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def __enter__(self) -> StashClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    @property
    def cookie(self) -> str:
        """The newest session cookie."""
        return self._cookie

    @property
    def secrets(self) -> tuple[str, ...]:
        """The cookie and the API key, which no log may show."""
        return tuple(secret for secret in (self._cookie, self._api_key) if secret)

    def use_api_key(self, key: str) -> None:
        """Prefer Stash's API key, which does not expire. The cookie goes on being sent: Stash's protection
        against hooks that trigger themselves counts in it."""
        self._api_key = key

    def execute(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run one document and return its ``data``.

        Raises:
            StashRefused: not logged in (any more).
            PartialAnswer: Stash could not read a part of it.
            StashUnavailable: no answer, one that is not Stash's, or the document is refused (422).
        """
        key = self._api_key  # a reader beside us may drop it meanwhile
        response = self._post(query, variables)
        if response.status_code == 401 and key:
            # A wrong key is refused even beside a good cookie; it was changed or removed.
            self._api_key = ""
            response = self._post(query, variables)
        self._renew_cookie(response)
        self.told_at = _time_in(response)
        return self._data(response)

    def _post(self, query: str, variables: Mapping[str, Any] | None) -> requests.Response:
        try:
            return self._session.post(
                f"{self.connection.url}/graphql",
                json={"query": query, "variables": dict(variables or {})},
                headers=self._headers(),
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except _FAULTS as error:
            where = self.connection.url
            kind = StashSilent if _found_nobody(error) else StashUnavailable
            raise kind(f"Stash does not answer at {where} ({type(error).__name__}).") from None

    def fetch(self, path: str, etag: str, most: int) -> Fetched | None:
        """GET an address below Stash; None when it still has the given ETag. Reading stops once there are more than
        ``most`` bytes.

        Another status than 200 or 304 counts as empty content.

        Raises:
            StashRefused, StashUnavailable: Stash is not there, or does not let us in.
            SceneTrouble: it is there, and yet this address could not be read.
        """
        headers = {**self._headers(), **({"If-None-Match": etag} if etag else {})}
        url = self.connection.url + path
        try:
            with self._session.get(
                url, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True
            ) as response:
                self._renew_cookie(response)
                if response.status_code == 304:
                    _ = response.content  # read to its end, or the connection cannot be used again
                    return None
                if response.status_code != 200:
                    if response.status_code in (302, 401):  # 302 leads to the login page
                        self.ping()
                    return Fetched()
                content = b""
                for piece in response.iter_content(65536):
                    content += piece
                    if len(content) > most:
                        break
                told = response.headers.get("Content-Length", "")
                size = max(len(content), int(told) if told.isdigit() else 0)
                return Fetched(
                    content, response.headers.get("ETag", ""), response.headers.get("Content-Type", ""), size
                )
        except _FAULTS as error:
            self.ping()
            raise SceneTrouble(f"Stash did not deliver a picture ({type(error).__name__}).") from None

    def ping(self) -> None:
        """Send the smallest query there is. Raises StashUnavailable and StashRefused when Stash is not there for us."""
        self.execute(PING)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if self._cookie:
            headers["Cookie"] = f"session={self._cookie}"
        if self._api_key:
            headers["ApiKey"] = self._api_key
        return headers

    def _renew_cookie(self, response: requests.Response) -> None:
        # Stash renews the session with each answer that the cookie, not a key, let in (pkg/session/session.go).
        cookie = response.cookies.get_dict().get("session")
        if cookie and response.status_code != 401:
            self._cookie = cookie

    def _data(self, response: requests.Response) -> dict[str, Any]:
        if response.status_code == 401:
            raise StashRefused(
                "Stash does not accept the session any more; the next saved scene or task brings a new one. Create an "
                "API key in Stash under Settings > Security, and PlexSync never loses it again."
            )
        try:
            answer = response.json()
        except (ValueError, RecursionError):
            answer = None
        if response.status_code not in (200, 422) or not isinstance(answer, dict):
            raise StashUnavailable(f"What answers at {self.connection.url} is not Stash (HTTP {response.status_code}).")
        data, errors = answer.get("data"), _errors(answer.get("errors") or answer.get("error"))
        if errors and response.status_code == 422:
            raise StashUnavailable(f"Stash does not understand what PlexSync asks for: {errors[0].message}")
        if errors:
            raise PartialAnswer(errors, data if isinstance(data, dict) else {})
        if not isinstance(data, dict):  # another program's JSON
            raise StashUnavailable(f"What answers at {self.connection.url} is not Stash: the answer has no data.")
        return data


@contextmanager
def understood() -> Iterator[None]:
    """An answer that is not built as Stash's schema says comes out as UnclearAnswer."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError, OverflowError) as error:
        raise UnclearAnswer(f"Stash answers in an unknown way ({type(error).__name__}).") from None


def _time_in(response: requests.Response) -> float | None:
    """The time in an answer's header, which Go's server sends with each (net/http)."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).timestamp()
    except (LookupError, TypeError, ValueError, OverflowError):
        return None


def _found_nobody(error: Exception) -> bool:
    """Whether no connection came about at all; one that was cut could have been cut for what it asked."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))


def _errors(errors: object) -> list[FieldError]:
    return [_error(one) for one in (errors if isinstance(errors, list) else [errors])] if errors else []


def _error(entry: object) -> FieldError:
    given = entry if isinstance(entry, dict) else {"message": entry}
    path = given.get("path")
    return FieldError(
        str(given.get("message") or "no reason given")[:300], tuple(path) if isinstance(path, list) else ()
    )
