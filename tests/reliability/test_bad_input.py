"""Whatever comes in, from Stash, from Plex, from the settings page: no traceback, no hang, no write of garbage."""

from __future__ import annotations

import copy
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from plex.client import PlexClient
from plex.items import fetch_items
from plex.listing import list_items, read_sections
from stash.client import StashClient
from stash.connection import StashConnection, load_connection, read_connection
from stash.light import light_pages, read_entities
from stash.scenes import read_scenes, scene_ids_showing, scenes_with_file
from stash.server import read_about, tasks_under_way
from tests.doubles.plex import PlexDouble
from tests.doubles.stash import StashDouble
from tests.support.harness import LONG, ROOT, plex_library, stash_library
from tests.support.liar import Liar, lying
from tests.support.workbench import Workbench
from validation.config import PlexSyncConfig, read_settings
from validation.errors import PlexSyncError
from validation.jobs import UpdateType, parse_event
from validation.paths import parse_path_map
from validation.scenes import Scene
from worker.hook import NotAHook, Refused, read_hook

CORPUS = Path(__file__).parent / "corpus"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
#: With fixtures that are the same for every example.
SHARED = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def corpus(folder: str) -> list[Any]:
    files = sorted((CORPUS / folder).iterdir())
    assert files
    return [pytest.param(file.read_bytes(), id=file.name) for file in files]


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a JSON value."""
    yield way
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*way, key))


def replaced(value: Any, way: tuple[Any, ...], by: Any) -> Any:
    """A copy with one part replaced."""
    if not way:
        return by
    changed = copy.copy(value)
    changed[way[0]] = replaced(value[way[0]], way[1:], by)
    return changed


# Standard input -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", corpus("stdin"))
def test_a_process_with_a_bad_input_says_one_sentence(raw: bytes, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-E", str(ROOT / "PlexSync.py")],
        input=raw,
        capture_output=True,
        env={**os.environ, "PLEXSYNC_DATA": str(tmp_path / "data")},
        timeout=LONG,
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]
    assert "unforeseen" not in done.stdout.decode()
    assert all(re.match(r"\x01[tdiwe]\x02[^\x00-\x1f]*$", line) for line in done.stderr.decode().splitlines())
    assert not list(tmp_path.glob("data/inbox/*/*"))


HOOK = {
    "server_connection": {"Scheme": "http", "Host": "0.0.0.0", "Port": 9999, "SessionCookie": None, "Dir": "/"},
    "args": {"hookContext": {"id": 7, "type": "Scene.Destroy.Post", "input": {"id": "7", "path": "/a.mp4"}}},
}


@given(st.sampled_from(list(places(HOOK))), JSON, st.booleans())
@settings(max_examples=400)
def test_what_a_hook_stores_the_worker_can_read(way: tuple[Any, ...], by: Any, compact: bool) -> None:
    content = replaced(HOOK, way, by)
    try:
        stored = read_hook(json.dumps(content, separators=(",", ":") if compact else None).encode())
    except (Refused, NotAHook) as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017
        return
    event = parse_event(stored)
    assert event.id == content["args"]["hookContext"]["id"]
    try:
        read_connection(event.connection)
    except ValueError as error:
        assert str(error) == "Stash did not say how to reach it"  # noqa: PT017


@given(st.binary(max_size=300))
def test_bytes_that_are_no_hook_are_refused(raw: bytes) -> None:
    with pytest.raises((Refused, NotAHook)):
        read_hook(raw)


# The inbox ----------------------------------------------------------------------------------------------------

EVENT = {"server_connection": {"Scheme": "http", "Port": 9999}, "hook": {"id": 7, "type": "Scene.Update.Post"}}


@given(st.sampled_from(list(places(EVENT))), JSON)
@settings(max_examples=300)
def test_an_event_is_read_or_refused(way: tuple[Any, ...], by: Any) -> None:
    try:
        event = parse_event(json.dumps(replaced(EVENT, way, by)).encode())
    except ValueError as error:
        assert str(error).startswith("not an event of PlexSync's (")  # noqa: PT017
    else:
        assert 0 < event.id < 2**63


@given(st.binary(max_size=200))
@example(b"[" * 200_000)
def test_a_file_that_is_no_event_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="not an event of PlexSync's"):
        parse_event(raw)


@given(st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()))
def test_a_kept_connection_that_was_tampered_with_counts_as_none(tmp_path_factory: Any, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "connection.json"
    path.write_bytes(raw)
    load_connection(str(path))


# Settings -----------------------------------------------------------------------------------------------------

KEYS = sorted(PlexSyncConfig.model_fields)
ODD = st.sampled_from(
    [
        "http://[",
        "http://a:b:c",
        "https://:80",
        "http://a b",
        "//",
        "http://\u2603",
        "=>",
        ";;;",
        "a=>",
        "=>b",
        "{",
        "}",
        "{title",
        "{title}{",
        "{{}}",
        "{nothing}",
        "%s",
        "\x00",
        "\ud800",
        "9" * 5000,
        "nan",
        "-1",
        "1e400",
        ",",
        "\u202e",
    ]
)


@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), JSON | ODD, max_size=5))
@settings(max_examples=500)
def test_every_setting_takes_any_value_and_says_which_it_cannot_use(stored: dict[str, Any]) -> None:
    config, problems = read_settings(stored)
    assert all(problem.startswith('The setting "') and "\n" not in problem.strip() for problem in problems)
    for key in set(KEYS) - set(stored):
        assert getattr(config, key) == PlexSyncConfig.model_fields[key].default


@pytest.mark.parametrize("key", KEYS)
@given(value=JSON | ODD)
@settings(max_examples=40)
def test_each_setting_by_itself(key: str, value: Any) -> None:
    read_settings({key: value})


@given(
    st.text(alphabet='ab/\\:"=> ;\nC\u00e9e\u0301', max_size=40), st.text(alphabet="ab/\\:C\u00e9e\u0301", max_size=20)
)
@settings(max_examples=400)
def test_a_path_map_is_refused_or_maps_any_path(text: str, path: str) -> None:
    try:
        rules = parse_path_map(text)
    except ValueError as error:
        assert "is not a rule; write: folder in Stash => folder in Plex" in str(error)  # noqa: PT017
        return
    assert isinstance(rules.to_plex(path), str)


# GraphQL ------------------------------------------------------------------------------------------------------

FILE = {"path": "/a.mp4", "size": 1}
NAMED = {
    "id": "1",
    "name": "N",
    "image_path": "http://h/x?t=1",
    "parent_studio": None,
    "gender": None,
    "favorite": True,
}
SCENE = {
    "id": "1",
    "title": "T",
    "code": "",
    "details": "D",
    "director": "",
    "date": "2020-01-02",
    "rating100": 80,
    "organized": True,
    "updated_at": "2024-01-01T00:00:00Z",
    "stash_ids": [{"endpoint": "e"}],
    "files": [FILE],
    "studio": NAMED,
    "performers": [NAMED],
    "tags": [{"id": "1", "name": "N"}],
    "groups": [{"scene_index": 1, "group": {"id": "1", "name": "G", "front_image_path": None}}],
}
DATED = [{"id": "1", "updated_at": "2024-01-01T00:00:00Z"}]
ABOUT = {
    "configuration": {"plugins": {"PlexSync": {"plex_url": "http://p"}}, "general": {"apiKey": "k"}},
    "plugins": [{"id": "PlexSync", "enabled": True}],
}
ENTITIES = {f"find{many}": {"count": 1, many.lower(): DATED} for many in ("Performers", "Studios", "Tags", "Groups")}
FOUND = {"findScenes": {"count": 1, "scenes": [{"id": "1", "updated_at": "2024-01-01T00:00:00Z", "files": [FILE]}]}}
ASKED: list[tuple[dict[str, Any], Callable[[StashClient], object]]] = [
    (ABOUT, lambda stash: read_settings(read_about(stash).settings)),
    ({"jobQueue": [{"status": "READY", "description": "x"}]}, tasks_under_way),
    ({"s0": SCENE}, lambda stash: read_scenes(stash, [1])),
    (FOUND, lambda stash: list(scene_ids_showing(stash, "studio", 1))),
    (FOUND, lambda stash: scenes_with_file(stash, "a.mp4")),
    (FOUND, lambda stash: list(light_pages(stash))),
    (ENTITIES, read_entities),
]


@pytest.fixture(scope="module")
def false_stash() -> Iterator[Liar]:
    with lying() as liar:
        yield liar


@pytest.fixture(autouse=True)
def _as_usual(false_stash: Liar) -> None:
    false_stash.content_type = "application/json"


@pytest.mark.parametrize(
    "asked", range(len(ASKED)), ids=["about", "jobs", "scenes", "showing", "named", "light", "dates"]
)
@given(data=st.data())
@SHARED
def test_any_part_of_an_answer_of_stash_may_be_anything(false_stash: Liar, asked: int, data: st.DataObject) -> None:
    true, ask = ASKED[asked]
    answer = {"data": true}
    content = replaced(answer, data.draw(st.sampled_from(list(places(answer)))), data.draw(JSON))
    false_stash.answer = json.dumps(content).encode()
    asked_of_stash(false_stash, ask)


@pytest.mark.parametrize("content_type", ["application/json", "text/html; charset=utf-16"])
@pytest.mark.parametrize("raw", corpus("graphql"))
def test_an_answer_that_is_none_is_an_error_of_the_tree(false_stash: Liar, raw: bytes, content_type: str) -> None:
    false_stash.answer, false_stash.content_type = raw, content_type
    for _, ask in ASKED:
        asked_of_stash(false_stash, ask)


def test_a_huge_answer_and_pages_without_end_are_left(false_stash: Liar) -> None:
    page = [{"id": str(n), "updated_at": "", "files": []} for n in range(1, 501)]
    false_stash.answer = json.dumps({"data": {"findScenes": {"scenes": page}, "more": "x" * 20_000_000}}).encode()
    for ask in (ASKED[3][1], ASKED[4][1], ASKED[5][1]):
        with closing(StashClient(StashConnection(false_stash.url))) as stash, pytest.raises(PlexSyncError):
            ask(stash)


def asked_of_stash(liar: Liar, ask: Callable[[StashClient], object]) -> None:
    with closing(StashClient(StashConnection(liar.url))) as stash:
        try:
            ask(stash)
        except PlexSyncError as error:
            assert "\n" not in str(error).strip()  # noqa: PT017


@pytest.mark.parametrize("path", ["@other.host/x", "other", "", ":80/x"])
def test_an_image_address_never_leads_to_another_host(false_stash: Liar, path: str) -> None:
    scene = {**SCENE, "performers": [{**NAMED, "image_path": path}]}
    false_stash.answer = json.dumps({"data": {"s0": scene}}).encode()
    with closing(StashClient(StashConnection(false_stash.url))) as stash:
        (read,) = read_scenes(stash, [1]).values()
    assert isinstance(read, Scene)
    assert read.performers[0].image == ""


# Plex ---------------------------------------------------------------------------------------------------------


class Between:
    """A SyncWorker between a Stash double and a Plex that lies."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.plex = stack.enter_context(PlexDouble(plex_library(3)))
        self.liar = stack.enter_context(lying(self.plex.url))
        library = stash_library(3)
        library["scenes"][0] |= {"title": "One", "details": "Text", "tags": ["Beach"], "performers": ["Jane"]}
        self.stash = stack.enter_context(StashDouble(library))
        self.folder = folder
        self._looks = count()

    def sync(self, tamper: Callable[[str, bytes], bytes]) -> list[str]:
        """One look at scene 1 with an empty record; what was asked to be written."""
        self.liar.tamper, self.liar.writes = tamper, []
        folder = self.folder / str(next(self._looks))
        folder.mkdir()
        workbench = Workbench(folder, self.stash, self.plex, plex_url=self.liar.url, skip_poster=True)
        with closing(workbench):
            workbench.queue.add(1, UpdateType.UPDATE)
            workbench.worker.run_due()
            workbench.clock.now += 100
            workbench.worker.run_due()
        return self.liar.writes


@pytest.fixture(scope="module")
def between(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Between]:
    with ExitStack() as stack:
        yield Between(stack, tmp_path_factory.mktemp("between"))


KINDS = {"root": r"/$", "sections": r"/library/sections$", "list": r"/library/sections/1/all", "details": "/metadata/"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("raw", corpus("plex"))
def test_garbage_of_plex_is_never_answered_by_a_write(
    between: Between, raw: bytes, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        writes = between.sync(lambda path, body: raw if re.match(f".*{KINDS[kind]}", path.split("?")[0]) else body)
    assert writes == []
    assert "unforeseen" not in caplog.text


def test_the_same_worker_writes_when_plex_does_not_lie(between: Between) -> None:
    assert between.sync(lambda _, body: body)


def test_a_huge_value_is_taken_as_any_other(between: Between) -> None:
    def huge(path: str, body: bytes) -> bytes:
        return body.replace(b'title="scene.0001"', b'title="' + b"x" * 5_000_000 + b'"')

    assert between.sync(huge)


@given(data=st.data())
@settings(SHARED, max_examples=50)
def test_any_attribute_of_plex_may_be_any_text(
    between: Between, caplog: pytest.LogCaptureFixture, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    value = data.draw(
        st.text(max_size=12) | st.sampled_from(["", "-1", "1.5", "\u00b2", "9" * 30, "a/../b?c=d&e", "1,2"])
    )
    where = data.draw(st.integers(0, 10_000))

    def tamper(path: str, body: bytes) -> bytes:
        if not re.match(f".*{KINDS[kind]}", path.split("?")[0]):
            return body
        tree = ElementTree.fromstring(body)
        attributes = [(element, name) for element in tree.iter() for name in element.attrib]
        element, name = attributes[where % len(attributes)]
        element.set(name, value)
        return ElementTree.tostring(tree)

    caplog.clear()
    for path in between.sync(tamper):
        assert re.match(r"/library/sections/\d+/all\?(.*&)?id=\d+(&|$)", path), "an edit of one item, or none"
    assert "unforeseen" not in caplog.text


@given(data=st.data())
@settings(SHARED, max_examples=60)
def test_an_answer_of_plex_may_be_cut_off_or_damaged_anywhere(between: Between, data: st.DataObject) -> None:
    cut, junk = data.draw(st.integers(0, 3000)), data.draw(st.binary(max_size=8))
    between.liar.tamper = lambda _, body: body[: cut % (len(body) or 1)] + junk
    with closing(PlexClient(between.liar.url, between.plex.token, 2.0, 5.0)) as client:
        for ask in (
            lambda: client.server,
            lambda: read_sections(client.server),
            lambda: list(list_items(client.server, "1")),
            lambda: fetch_items(client.server, ["1"]),
        ):
            try:
                ask()
            except PlexSyncError as error:
                assert between.plex.token not in str(error)  # noqa: PT017
