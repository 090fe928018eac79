"""The image routes (internal/api/routes_*.go, pkg/utils/http.go). Only GET: HEAD is not routed."""

from __future__ import annotations

import re

from tests.doubles.stash.answers import Answer, HttpRequest
from tests.doubles.stash.library import Library
from tests.doubles.stash.pictures import DEFAULT_PICTURES, Picture, content_type

ROUTE = re.compile(
    r"/(?:(?P<scene>scene)/(?P<scene_id>\d+)/screenshot"
    r"|(?P<kind>performer|studio|tag)/(?P<id>\d+)/image"
    r"|(?P<group>group)/(?P<group_id>\d+)/(?P<side>front|back)image)"
)


def serve(library: Library, match: re.Match[str], request: HttpRequest) -> Answer:
    """The picture, or the default drawing of its kind; 404 where there is no such scene or other."""
    if request.method != "GET":
        return Answer(405)
    kind = match["scene"] or match["kind"] or match["group"]
    number = int(match["scene_id"] or match["id"] or match["group_id"])
    entity = getattr(library, f"{kind}s").get(number)
    if entity is None:
        return Answer(404, b"Not Found\n", "text/plain; charset=utf-8")
    picture: Picture | None
    if kind == "scene":
        picture = entity.cover
    elif kind == "group":
        picture = entity.front_image if match["side"] == "front" else entity.back_image
    else:
        picture = entity.image
    # `default=true` asks for the default even where there is a picture: the UI shows what clearing would give.
    if picture is None or (kind != "scene" and request.parameter("default") == "true"):
        picture = DEFAULT_PICTURES[kind]
    data = picture.data
    return conditional(request, data, content_type(data), picture.etag)


def conditional(request: HttpRequest, data: bytes, content_type: str, etag: str) -> Answer:
    """Content with an ETag, or 304 for whoever has it (pkg/utils/http.go, ServeStaticContent)."""
    dated = request.parameter("t") is not None
    headers = [
        ("Cache-Control", "private, max-age=31536000, immutable" if dated else "no-cache"),
        ("Etag", etag),
    ]
    if _matches(request.header("If-None-Match"), etag):
        return Answer(304, headers=headers, sized=True)
    headers.append(("Accept-Ranges", "bytes"))
    return Answer(200, data, content_type, headers, sized=True)


def _matches(header: str, etag: str) -> bool:
    """If-None-Match: a list of tags, compared weakly, or `*` for any."""
    tags = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in tags or etag in tags
