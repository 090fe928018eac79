"""What Stash serves of a plugin's page, and what it takes for the page itself."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.contract.stash.support import scenes, write_plugin
from tests.doubles.stash import StashDouble

UI = """
ui:
  javascript: [page/a.js, "https://example.org/far.js", page/b.js]
  css: [page/style.css, page/missing.css]
  assets: {/state: data/ui, /out: ../Other}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = write_plugin(tmp_path, extra=UI) / "Probe"
    for name, text in {
        "page/a.js": "a()",
        "page/b.js": "b()\n",
        "page/style.css": ".a{}",
        "data/ui/status.json": '{"waiting": 1}',
        "data/ui/deep/page.html": "<b>",
        "data/secret.db": "secret",
        "../Other/x.txt": "x",
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    return home


@pytest.fixture
def stash(home: Path) -> Iterator[StashDouble]:
    with StashDouble(scenes(1), plugins=home.parent) as double:
        yield double


def _get(stash: StashDouble, path: str, **headers: str) -> requests.Response:
    return requests.get(f"{stash.url}{path}", headers=headers, allow_redirects=False, timeout=10)


def test_the_local_files_are_joined_into_one_with_an_etag(stash: StashDouble) -> None:
    script, style = _get(stash, "/plugin/Probe/javascript"), _get(stash, "/plugin/Probe/css")

    assert (script.text, script.headers["Content-Type"]) == ("a()\nb()\n\n", "text/javascript")
    assert (style.text, style.headers["Content-Type"]) == (".a{}\n\n", "text/css")
    assert script.headers["Cache-Control"] == "no-cache"
    assert script.headers["ETag"] == f'"{hashlib.md5(script.content).hexdigest()}"'
    again = _get(stash, "/plugin/Probe/javascript", **{"If-None-Match": script.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert any("missing.css" in line["message"] and line["level"] == "Error" for line in stash.log)


def test_a_changed_script_is_served_at_once(stash: StashDouble, home: Path) -> None:
    before = _get(stash, "/plugin/Probe/javascript").headers["ETag"]
    (home / "page" / "a.js").write_text("new()")

    assert _get(stash, "/plugin/Probe/javascript", **{"If-None-Match": before}).text.startswith("new()")


def test_the_id_counts_in_its_case_and_a_disabled_plugin_serves_nothing(stash: StashDouble) -> None:
    assert _get(stash, "/plugin/probe/javascript").status_code == 404
    stash.graphql("mutation{setPluginsEnabled(enabledMap:{Probe:false})}")
    for what in ("javascript", "css", "assets/state/status.json"):
        refused = _get(stash, f"/plugin/Probe/{what}")
        assert (refused.status_code, refused.text) == (400, "plugin disabled\n")


def test_assets_are_dated_and_say_nothing_of_caching(stash: StashDouble, home: Path) -> None:
    answer = _get(stash, "/plugin/Probe/assets/state/status.json")

    assert (answer.json(), answer.headers["Content-Type"]) == ({"waiting": 1}, "application/json")
    assert "Cache-Control" not in answer.headers
    assert "ETag" not in answer.headers
    modified = {"If-Modified-Since": answer.headers["Last-Modified"]}
    assert _get(stash, "/plugin/Probe/assets/state/status.json", **modified).status_code == 304
    (home / "data/ui/status.json").write_text('{"waiting": 2}')
    os.utime(home / "data/ui/status.json", (2e9, 2e9))
    assert _get(stash, "/plugin/Probe/assets/state/status.json", **modified).json() == {"waiting": 2}


def test_a_folder_is_listed_to_whoever_asks(stash: StashDouble) -> None:
    listing = _get(stash, "/plugin/Probe/assets/state/")

    assert '<a href="status.json">status.json</a>' in listing.text
    assert '<a href="deep/">deep/</a>' in listing.text
    assert _get(stash, "/plugin/Probe/assets/state/deep").headers["Location"] == "deep/"
    assert _get(stash, "/plugin/Probe/assets/state/deep/page.html").headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "path", ["/state/none.json", "/state/../secret.db", "/state/%2e%2e/secret.db", "/out/x.txt", "/Probe.yml", "/other"]
)
def test_nothing_outside_of_the_folders(stash: StashDouble, path: str) -> None:
    request = requests.Request("GET", f"{stash.url}/").prepare()
    request.url = f"{stash.url}/plugin/Probe/assets{path}"
    with requests.Session() as session:
        assert session.send(request, timeout=10).status_code == 404


def test_a_login_is_asked_for_here_too(home: Path) -> None:
    with StashDouble(scenes(1), plugins=home.parent, password="me:secret", api_key="key") as stash:
        assert _get(stash, "/plugin/Probe/assets/state/status.json").status_code == 401
        assert _get(stash, "/plugin/Probe/javascript").headers["Location"].startswith("/login")
        assert _get(stash, "/plugin/Probe/javascript", ApiKey="key").status_code == 200


def test_what_has_no_ending_is_the_page(stash: StashDouble) -> None:
    """An image's address with a prefix that a proxy takes off, asked of Stash itself, is 200 and no image."""
    for path in ("/", "/scenes/1", "/plugins/probe", "/stash/scene/1/screenshot?t=1"):
        answer = _get(stash, path, **{"X-Forwarded-Prefix": "/stash"})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/html")
        assert '<base href="/stash/"' in answer.text
    assert [_get(stash, path).status_code for path in ("/scene/1/none", "/plugin/Probe", "/none.js")] == [404] * 3
