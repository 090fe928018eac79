"""Who is asking: session cookies, API key and password, as pkg/session and internal/api do it.

A cookie carries its content itself, dated and signed: the user's name and the hooks on whose behalf it was
made ("visited" pairs of plugin and hook type). Stash renews it with each answer to a request that brought a
valid one, and takes it for nobody's once it is older than `max_session_age`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from email.utils import formatdate
from http.cookies import CookieError, SimpleCookie

from tests.doubles.stash.clock import Clock

COOKIE_NAME = "session"
DEFAULT_MAX_AGE = 3600

# A hook run that led here: (plugin id, hook type).
Visit = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Session:
    user: str = ""
    visited: tuple[Visit, ...] = ()


class UnauthorizedError(Exception):
    """A wrong API key: refused even where no credentials are set."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request's headers say. `renewed` is the cookie value to send back, if it brought a good one."""

    session: Session
    renewed: str | None = None


class Sessions:
    """Signs and reads cookies. The key survives a restart, as Stash's `session_store_key` does."""

    def __init__(self, clock: Clock, user: str, password: str, api_key: str, max_age: int) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self.user = user
        self.password = password
        self.api_key = api_key
        self.max_age = max_age

    @property
    def has_credentials(self) -> bool:
        return bool(self.user and self.password)

    def forget_all(self) -> None:
        """Every cookie handed out so far is worth nothing from now on."""
        self._key = secrets.token_bytes(32)

    def cookie(self, session: Session) -> str:
        content = json.dumps({"user": session.user, "visited": session.visited}).encode()
        body = b"%d|%s" % (int(self._clock.seconds() * 1000), base64.urlsafe_b64encode(content))
        return base64.urlsafe_b64encode(body + b"|" + self._signature(body)).decode()

    def read(self, cookie: str) -> Session | None:
        """None when forged, damaged or too old: Stash goes on as if there were none."""
        try:
            body, _, signature = base64.urlsafe_b64decode(cookie.encode()).rpartition(b"|")
            made, _, content = body.partition(b"|")
            if not hmac.compare_digest(signature, self._signature(body)):
                return None
            if self._clock.seconds() - int(made) / 1000 > self.max_age:
                return None
            fields = json.loads(base64.urlsafe_b64decode(content))
        except (ValueError, binascii.Error):
            return None
        return Session(fields["user"], tuple((plugin, hook) for plugin, hook in fields["visited"]))

    def _signature(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).hexdigest().encode()

    def identify(self, cookie_header: str, api_key: str) -> Caller:
        """API key first, cookie second. The visited hooks count with either (pkg/session/plugin.go)."""
        value = first_cookie(cookie_header)
        session = self.read(value) if value is not None else None
        if api_key:
            if not hmac.compare_digest(api_key.encode(), self.api_key.encode()):
                raise UnauthorizedError
            return Caller(Session(self.user, session.visited if session else ()))
        if session is None:
            return Caller(Session())
        return Caller(session, self.cookie(session))

    def allows(self, session: Session) -> bool:
        return not self.has_credentials or session.user == self.user

    def set_cookie(self, value: str) -> str:
        """The Set-Cookie header's text."""
        expires = formatdate(self._clock.seconds() + self.max_age, usegmt=True)
        return f"{COOKIE_NAME}={value}; Path=/; Expires={expires}; Max-Age={self.max_age}; SameSite=Lax"


def first_cookie(header: str) -> str | None:
    """Go reads the first cookie of a name; a stale one in front wins over a fresh one behind it."""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE_NAME:
            return _unquote(value)
    return None


def _unquote(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return SimpleCookie(f"x={value}")["x"].value
    except (CookieError, KeyError):
        return value
