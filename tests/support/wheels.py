"""Wheels for tests, and a package index on 127.0.0.1 that pip takes for a real one (PEP 503)."""

from __future__ import annotations

import hashlib
import io
import re
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import Distribution, distribution

from tests.support.serving import served


def make_wheel(name: str, version: str, files: Mapping[str, bytes], tag: str = "py3-none-any") -> tuple[str, bytes]:
    """File name and content of a wheel; without ``METADATA`` in ``files``, the least one is made."""
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    every = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        **{path.replace("{info}", info): content for path, content in files.items()},
    }
    every[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*every, f"{info}/RECORD"]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, content in every.items():
            wheel.writestr(path, content)
    return f"{stem}-{tag}.whl", buffer.getvalue()


def small_wheel(name: str, version: str, tag: str = "py3-none-any") -> tuple[str, bytes]:
    """A wheel with one module that knows its version."""
    module = name.replace("-", "_")
    return make_wheel(name, version, {f"{module}.py": f'VERSION = "{version}"\n'.encode()}, tag)


def wheel_of_installed(name: str) -> tuple[str, bytes]:
    """The wheel that an installed package came from, put together again from its files."""
    found: Distribution = distribution(name)
    tag = re.search(r"^Tag: (\S+)$", found.read_text("WHEEL") or "", re.MULTILINE)
    assert tag is not None
    files = {}
    for path in found.files or ():
        text = path.as_posix()
        if text.startswith("..") or "__pycache__" in text:
            continue
        if ".dist-info/" in text:
            text = "{info}/" + text.partition(".dist-info/")[2]
            if text.rpartition("/")[2] in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "entry_points.txt"):
                continue
        files[text] = path.read_binary()
    return make_wheel(found.metadata["Name"], found.version, files, tag[1])


def lock_line(name: str, version: str, content: bytes) -> str:
    """One pin of a lock file."""
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(content).hexdigest()}\n"


class Index:
    """A package index that offers ``files`` (name to content) and counts what is fetched."""

    def __init__(self, *files: tuple[str, bytes]) -> None:
        self.files = dict(files)
        self.fetched: list[str] = []
        #: While it is clear, downloads begin and do not go on.
        self.go_on = threading.Event()
        self.go_on.set()
        self.url = ""

    def page(self, project: str) -> bytes | None:
        """The list of files of one project; None when there is none."""
        names = [name for name in self.files if _normal(name.split("-")[0]) == project]
        links = "".join(f'<a href="/files/{name}">{name}</a><br>' for name in names)
        return f"<!DOCTYPE html><html><body>{links}</body></html>".encode() if names else None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@contextmanager
def serving(index: Index) -> Iterator[Index]:
    """Serve an index on a free port; its ``url`` is what pip wants as PIP_INDEX_URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, _, name = self.path.strip("/").partition("/")
            content = index.page(name.strip("/")) if kind == "simple" else index.files.get(name)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Type", "text/html" if kind == "simple" else "application/octet-stream")
            self.send_header("Cache-Control", "max-age=600")  # as real ones do: pip would keep it
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            if kind == "files":
                index.fetched.append(name)
                index.go_on.wait(60)
            with suppress(OSError):  # whoever asked was killed
                self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        index.url = f"http://127.0.0.1:{server.server_address[1]}/simple/"
        try:
            yield index
        finally:
            index.go_on.set()
