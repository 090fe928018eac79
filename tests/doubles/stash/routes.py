"""What each address answers: login, GraphQL, images (internal/api/server.go and authentication.go)."""

from __future__ import annotations

import os
import re
import time
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.doubles.stash import images, plugin_pages
from tests.doubles.stash.answers import Answer, HttpRequest, html_answer, json_answer
from tests.doubles.stash.core import Request, Stash
from tests.doubles.stash.execution import Executor, Operation
from tests.doubles.stash.http_server import Connection
from tests.doubles.stash.schema import executable_schema
from tests.doubles.stash.sessions import Caller, Session, UnauthorizedError
from tests.doubles.stash.subscriptions import Conversation

LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Login | Stash</title></head><body><form>Stash</form></body></html>\n"

_PAGE = '<!DOCTYPE html><html><head><base href="%s/" /><title>Stash</title></head><body></body></html>\n'
_MOUNTED = ("scene", "performer", "studio", "tag", "group", "plugin")


class Routes:
    """Answers requests for one Stash. `kind` and `operation` first, so that faults and counters can tell."""

    def __init__(self, stash: Stash, port: int) -> None:
        self._stash = stash
        self._port = port
        self._executor = Executor(executable_schema())

    def kind(self, request: HttpRequest) -> str:
        if request.path == "/graphql":
            return "graphql"
        if images.ROUTE.fullmatch(request.path):
            return "image"
        return "login" if request.path == "/login" else "other"

    def operation(self, request: HttpRequest) -> Operation | Answer:
        """The GraphQL operation of a request, or the answer to one that has none."""
        if request.method == "GET":
            query, variables, name = request.parameter("query"), None, request.parameter("operationName")
        elif request.method != "POST":
            return Answer(405)
        elif not request.header("Content-Type").startswith("application/json"):
            return json_answer(400, {"errors": [{"message": "transport not supported"}], "data": None})
        else:
            try:
                body = request.json()
                query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
                if not isinstance(variables, dict | None) or not isinstance(query, str | None):
                    raise ValueError("cannot unmarshal")
            except (ValueError, AttributeError) as error:
                message = f"json request body could not be decoded: {error}"
                return json_answer(400, {"errors": [{"message": message}], "data": None})
        if not query:
            return json_answer(422, {"errors": [{"message": "no operation provided"}], "data": None})
        return self._executor.prepare(query, variables, name)

    def answer(self, request: HttpRequest, operation: Operation | Answer | None) -> Answer:
        stash = self._stash
        if request.path == "/healthz":
            return Answer(200, b".", "text/plain")
        api_key = request.header("ApiKey") or request.parameter("apikey") or ""
        try:
            caller = stash.sessions.identify(request.header("Cookie"), api_key)
        except UnauthorizedError:
            return Answer(401)
        if request.path == "/login":
            return self._login(request)
        if not stash.sessions.allows(caller.session):
            return _refuse(request)
        answer = self._authenticated(request, operation, caller)
        if caller.renewed is not None:
            answer.headers.append(("Set-Cookie", stash.sessions.set_cookie(caller.renewed)))
        return answer

    def converse(self, request: HttpRequest, link: Connection) -> Answer | None:
        """A websocket: held until its end; the answer to one that is not let in."""
        try:
            caller = self._stash.sessions.identify(request.header("Cookie"), request.header("ApiKey"))
        except UnauthorizedError:
            return Answer(401)
        if not self._stash.sessions.allows(caller.session):
            return _refuse(request)
        conversation = Conversation(self._stash, self._executor, caller.session, self._base_url(request), link)
        conversation.hold(request.header("Sec-WebSocket-Key"))
        return None

    def _authenticated(self, request: HttpRequest, operation: Operation | Answer | None, caller: Caller) -> Answer:
        if isinstance(operation, Answer):
            return operation
        if operation is not None:
            return self._graphql(request, operation, caller)
        match = images.ROUTE.fullmatch(request.path)
        if match is not None:
            return images.serve(self._stash.library, match, request)
        return plugin_pages.serve(self._stash.plugins, self._stash.log, request) or _page(request)

    def _graphql(self, request: HttpRequest, operation: Operation, caller: Caller) -> Answer:
        began = time.monotonic()
        context = Request(self._stash, caller.session, self._base_url(request), request.watch, request.exempt)
        status, body = self._executor.execute(operation, context)
        if self._stash.switches.read_cost:
            time.sleep(max(0.0, context.cost - (time.monotonic() - began)))
        return json_answer(status, body, compress=True)

    def _base_url(self, request: HttpRequest) -> str:
        """What the addresses in answers begin with: `external_host`, else the Host that was asked."""
        base = self._stash.switches.external_host or f"http://{request.header('Host') or f'127.0.0.1:{self._port}'}"
        return base + request.header("X-Forwarded-Prefix").rstrip("/")

    def _login(self, request: HttpRequest) -> Answer:
        sessions = self._stash.sessions
        if request.method != "POST":
            return html_answer(200, LOGIN_PAGE)
        form: dict[str, Any] = parse_qs(request.body.decode("utf-8", "replace"))
        given = (form.get("username", [""])[0], form.get("password", [""])[0])
        if sessions.has_credentials and given != (sessions.user, sessions.password):
            return html_answer(401, "invalid credentials\n")
        cookie = sessions.set_cookie(sessions.cookie(Session(given[0])))
        return Answer(302, headers=[("Location", "/"), ("Set-Cookie", cookie)])


def _page(request: HttpRequest) -> Answer:
    """Whatever has no ending is the page itself, which finds out by its address what to show: an image's address
    with a prefix that a proxy would have taken off gives 200 and HTML. What is mounted elsewhere is not."""
    first = request.path.split("/")[1]
    if first in _MOUNTED or (os.path.splitext(request.path)[1] and request.path != "/index.html"):
        return Answer(404, b"404 page not found\n", "text/plain; charset=utf-8")
    return html_answer(200, _PAGE % request.header("X-Forwarded-Prefix").rstrip("/"))


def _refuse(request: HttpRequest) -> Answer:
    """GraphQL and files with an ending: 401 and nothing; pages, and images among them: off to the login page."""
    extension = os.path.splitext(request.path)[1]
    if request.path == "/graphql" or extension not in ("", ".html"):
        return Answer(401, headers=[("WWW-Authenticate", "FormBased")])
    prefix = request.header("X-Forwarded-Prefix").rstrip("/")
    asked = f"{prefix}{request.path}" + (f"?{request.query}" if request.query else "")
    location = f"{prefix}/login?{urlencode({'returnURL': asked})}"
    link = re.sub("&", "&amp;", location)
    answer = html_answer(302, f'<a href="{link}">Found</a>.\n\n')
    answer.headers.append(("Location", location))
    return answer
