"""What goes over the wire: a parsed request, an answer, and Plex's own error bodies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import unquote, unquote_plus

from tests.doubles.plex.nodes import Node, to_json, to_xml

XML_TYPE = "text/xml;charset=utf-8"
JSON_TYPE = "application/json"
HTML_TYPE = "text/html"
CONTAINER_START = "X-Plex-Container-Start"
CONTAINER_SIZE = "X-Plex-Container-Size"

_REASONS = {498: "Invalid Token", 520: "Web Server Returned an Unknown Error", 524: "A Timeout Occurred"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are lower case; `params` keeps the order and repetitions of the query."""

    method: str
    target: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""
    params: tuple[tuple[str, str], ...] = ()
    account: int = 1

    def get(self, name: str, default: str = "") -> str:
        """First value of a query parameter."""
        return next((value for key, value in self.params if key == name), default)

    def has(self, name: str) -> bool:
        """Whether the query names a parameter at all."""
        return any(key == name for key, _ in self.params)

    def flag(self, name: str) -> bool:
        """A 0/1 query parameter; absent is false."""
        return self.get(name) not in ("", "0")

    def plex(self, name: str) -> str:
        """A value Plex takes from the query or from a header of the same name, the query first."""
        return self.get(name) or self.headers.get(name.lower(), "")

    def plex_int(self, name: str) -> int | None:
        """A whole number given by query or header; None when absent or not a number."""
        text = self.plex(name).strip()
        return int(text) if text.isascii() and text.isdigit() else None

    @property
    def wants_json(self) -> bool:
        return "json" in self.headers.get("accept", "")


@dataclass(slots=True)
class Answer:
    """A status with either a node tree (written in the format the client asked for) or plain bytes."""

    status: int = 200
    node: Node | None = None
    body: bytes = b""
    content_type: str = HTML_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    by_proxy: bool = False

    def render(self, as_json: bool) -> tuple[bytes, str]:
        """Body and content type."""
        if self.node is None:
            return self.body, self.content_type
        if as_json:
            return to_json(self.node), JSON_TYPE
        return to_xml(self.node), XML_TYPE


class HTTPFailure(Exception):
    """Ends a handler with an error answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def parse_query(query: str) -> tuple[tuple[str, str], ...]:
    """Decoded pairs in order. The first `=` separates; one more directly behind it belongs to the operator.

    So `title==x` gives ("title=", "x"), the same as plexapi's `title%3D=x`; an operator's own `=` may be
    written plain or encoded.
    """
    pairs: list[tuple[str, str]] = []
    for segment in query.split("&"):
        if not segment:
            continue
        name, _, value = segment.partition("=")
        if value.startswith("="):
            name, value = name + "=", value[1:]
        pairs.append((unquote_plus(name), unquote_plus(value)))
    return tuple(pairs)


def decode_path(raw: str) -> str:
    return unquote(raw)


def reason(status: int) -> str:
    if status in _REASONS:
        return _REASONS[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def failure(status: int, detail: str = "") -> Answer:
    """Plex's error body: a short HTML page, never XML (recorded from PMS 1.43.2 for 400 and 404)."""
    title = reason(status)
    extra = f"<p>{detail}</p>" if detail else ""
    page = f"<html><head><title>{title}</title></head><body><h1>{status} {title}</h1>{extra}</body></html>"
    return Answer(status, body=page.encode())


def proxy_page(status: int) -> Answer:
    """The page of an nginx in front; none of Plex's headers are on it."""
    title = f"{status} {reason(status)}"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    return Answer(status, body=page.encode(), headers={"Server": "nginx"}, by_proxy=True)


def maintenance() -> Answer:
    """503 while PMS migrates its database: the only error that is XML (reported from real servers)."""
    status = "Plex Media Server is currently running database migrations."
    return Answer(503, node=Node("Response", {"code": "503", "title": "Maintenance", "status": status}))


def starting_up() -> Answer:
    """400 shortly after the start, as the docker images' wait scripts look for it."""
    return Answer(400, body=b"the server is still starting up. Please retry later", content_type="text/plain")


def ok() -> Answer:
    """What edits answer: 200 and nothing (seen with plexapi 4.18.3 and Plex's OpenAPI description)."""
    return Answer()
