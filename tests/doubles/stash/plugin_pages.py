"""What Stash serves of a plugin's `ui:` (internal/api/routes_plugin.go, pkg/utils/urlmap.go).

`/plugin/ID/javascript` and `/css` join the files of the manifest and carry an ETag; what stands there as a whole
address is loaded from where it is. Below `/plugin/ID/assets` lie folders, served as Go's file server does: dated
but with no word on caching, and with a list of what is in them.
"""

from __future__ import annotations

import html
import mimetypes
import os
import posixpath
import re
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import quote, unquote

from tests.doubles.stash.answers import Answer, HttpRequest, html_answer
from tests.doubles.stash.images import conditional
from tests.doubles.stash.pictures import etag_of
from tests.doubles.stash.plugin_log import Log
from tests.doubles.stash.plugin_manifest import Manifest
from tests.doubles.stash.plugins import Plugins

_ROUTE = re.compile(r"/plugin/(?P<id>[^/]+)/(?P<what>javascript|css|assets)(?P<rest>/.*)?")
_TYPES = {"javascript": "text/javascript", "css": "text/css"}
_NOT_FOUND = Answer(404, b"404 page not found\n", "text/plain; charset=utf-8")


def serve(plugins: Plugins, log: Log, request: HttpRequest) -> Answer | None:
    """None where the address is none of a plugin's."""
    match = _ROUTE.fullmatch(unquote(request.path))
    if match is None or (match["rest"] and match["what"] != "assets"):
        return None
    manifest = plugins.find(match["id"])
    if request.method != "GET":
        return Answer(405)
    if manifest is None:
        return Answer(404, b"Not Found\n", "text/plain; charset=utf-8")
    if manifest.id in plugins.disabled:
        return Answer(400, b"plugin disabled\n", "text/plain; charset=utf-8")
    if match["what"] == "assets":
        return _asset(manifest, match["rest"] or "", request)
    files = manifest.scripts if match["what"] == "javascript" else manifest.styles
    data = b"".join(_read(os.path.join(manifest.folder, name), log) + b"\n" for name in files)
    return conditional(request, data, _TYPES[match["what"]], etag_of(data))


def _read(path: str, log: Log) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        log.add("Error", f"error serving file {path}: open {path}: {error.strerror}")
        return b""


def _asset(manifest: Manifest, path: str, request: HttpRequest) -> Answer:
    path = path.removesuffix("/index.html")
    prefix = next((one for one in manifest.assets if one != "/" and path.startswith(one)), "/")
    folder = manifest.assets.get(prefix)
    if folder is None:
        return _NOT_FOUND
    root = os.path.normpath(os.path.join(manifest.folder, folder))
    if not root.startswith(os.path.normpath(manifest.folder)):
        return _NOT_FOUND
    asked = path.removeprefix(prefix) if prefix != "/" else path
    inside = posixpath.normpath("/" + asked.lstrip("/"))  # as Go's path.Clean: `..` ends at the root
    place = os.path.join(root, inside.lstrip("/"))
    if ".." in asked.split("/") or not os.path.exists(place):
        return _NOT_FOUND
    if not os.path.isdir(place):
        return _file(place, request)
    if asked not in ("", "/") and not asked.endswith("/"):
        return Answer(301, headers=[("Location", posixpath.basename(asked) + "/")])
    index = os.path.join(place, "index.html")
    return _file(index, request) if os.path.isfile(index) else _listing(place)


def _file(path: str, request: HttpRequest) -> Answer:
    modified = int(os.stat(path).st_mtime)
    headers = [("Last-Modified", formatdate(modified, usegmt=True))]
    since = request.header("If-Modified-Since")
    if since and modified <= parsedate_to_datetime(since).timestamp():
        return Answer(304, headers=headers, sized=True)
    with open(path, "rb") as file:
        data = file.read()
    headers.append(("Accept-Ranges", "bytes"))
    return Answer(200, data, mimetypes.guess_type(path)[0] or "text/plain; charset=utf-8", headers, sized=True)


def _listing(folder: str) -> Answer:
    names = sorted(name + "/" * os.path.isdir(os.path.join(folder, name)) for name in os.listdir(folder))
    lines = (f'<a href="{quote(name)}">{html.escape(name)}</a>\n' for name in names)
    return html_answer(
        200, f'<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n{"".join(lines)}</pre>\n'
    )
