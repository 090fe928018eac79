"""The names and contracts that others rely on, with mocks in place of Plex.

The same promises over real sockets: tests/process and tests/unit/test_matching.py.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import ClassVar
from unittest.mock import Mock, patch
from xml.etree.ElementTree import ParseError

import plexapi.exceptions
import pytest
import requests.exceptions

from plex import PlexClient, PlexNotFound, PlexPermanentError, PlexTemporaryError, find_plex_item_by_path
from plex.client import RETRIABLE_EXCEPTIONS
from plex.exceptions import (
    PlexAmbiguous,
    PlexConfigurationError,
    PlexNotReady,
    PlexTooLong,
    PlexUnreachable,
    translate_plex_exception,
)
from validation.config import PlexSyncConfig
from validation.errors import (
    ConfigurationError,
    PermanentError,
    PlexSyncError,
    TransientError,
    classify_http_error,
)
from worker.processor import SyncWorker

ROOT = Path(__file__).parent.parent
CONFIG = PlexSyncConfig(plex_url="http://127.0.0.1:32400", plex_token="a-token")


def library(**results: list[Mock]) -> Mock:
    """A section whose ``search`` answers by operator: ``library(exact=[item])``."""
    section = Mock()

    def search(**filters: str) -> list[Mock]:
        (name,) = filters
        return results.get(name.removeprefix("Media__Part__file__"), [])

    section.search.side_effect = search
    return section


@pytest.mark.parametrize(
    "statement",
    [
        "from plex.client import PlexClient, RETRIABLE_EXCEPTIONS; assert ConnectionError in RETRIABLE_EXCEPTIONS",
        "from plex import PlexClient, find_plex_item_by_path, PlexTemporaryError, PlexPermanentError, PlexNotFound",
        "from worker.processor import SyncWorker, TransientError, PermanentError; import inspect; "
        "assert 'config' in inspect.signature(SyncWorker.__init__).parameters",
        "import reconciliation.engine, validation.config, validation.errors",
    ],
)
def test_the_public_names_can_be_imported(statement: str) -> None:
    subprocess.run([sys.executable, "-c", statement], cwd=ROOT, check=True)


class TestPlexClient:
    def test_nothing_is_connected_before_server_is_read(self) -> None:
        with patch("plex.client.PlexServer") as server:
            client = PlexClient("http://127.0.0.1:32400", "a-token")
            server.assert_not_called()
            assert client.server is server.return_value
            assert client.server is server.return_value
            server.assert_called_once()

    def test_the_server_gets_the_read_timeout_and_the_session_adds_the_connect_timeout(self) -> None:
        with patch("plex.client.PlexServer") as server:
            client = PlexClient("http://127.0.0.1:32400", "a-token", connect_timeout=2.0, read_timeout=7.0)
            _ = client.server
        assert server.call_args.kwargs["timeout"] == 7.0
        session = server.call_args.kwargs["session"]
        with patch("requests.Session.request") as request:
            session.get("http://127.0.0.1:32400/", timeout=7.0)
        assert request.call_args.kwargs["timeout"] == (2.0, 7.0)
        client.close()

    def test_the_defaults_are_five_and_thirty_seconds(self) -> None:
        parameters = inspect.signature(PlexClient.__init__).parameters
        assert parameters["connect_timeout"].default == 5.0
        assert parameters["read_timeout"].default == 30.0

    def test_a_refused_connection_is_tried_three_times(self) -> None:
        with patch("plex.client.PlexServer", side_effect=requests.exceptions.ConnectionError) as server:
            client = PlexClient("http://127.0.0.1:1", "a-token")
            with pytest.raises(PlexUnreachable):
                _ = client.server
        assert server.call_count == 3

    def test_a_wrong_token_is_not_tried_again(self) -> None:
        with patch("plex.client.PlexServer", side_effect=plexapi.exceptions.Unauthorized("(401) no")) as server:
            client = PlexClient("http://127.0.0.1:1", "a-token")
            with pytest.raises(PlexConfigurationError):
                _ = client.server
        assert server.call_count == 1

    def test_it_has_no_connect_and_shows_no_token(self) -> None:
        client = PlexClient("http://127.0.0.1:32400", "a-very-secret-token")
        assert not hasattr(client, "connect")
        assert "a-very-secret-token" not in repr(client)

    def test_library_and_scan_go_through_plexapi(self) -> None:
        with patch("plex.client.PlexServer") as server:
            client = PlexClient("http://127.0.0.1:32400", "a-token")
            section = server.return_value.library.section.return_value
            assert client.get_library("Movies") is section
            client.scan_library("Movies", path="/data/new")
        section.update.assert_called_once_with(path="/data/new")

    def test_the_retriable_exceptions_are_those_of_a_connection(self) -> None:
        assert set(RETRIABLE_EXCEPTIONS) == {
            ConnectionError,
            TimeoutError,
            OSError,
            requests.exceptions.ConnectionError,
            requests.exceptions.Timeout,
        }


class TestMatcher:
    def test_the_exact_path_wins(self) -> None:
        item = Mock()
        assert find_plex_item_by_path(library(exact=[item]), "/media/a.mp4") is item

    def test_prefixes_map_the_path_before_it_is_looked_for(self) -> None:
        section = library(exact=[Mock()])
        find_plex_item_by_path(section, "/media/x/a.mp4", plex_path_prefix="/data", stash_path_prefix="/media")
        section.search.assert_called_once_with(Media__Part__file__exact="/data/x/a.mp4")

    def test_prefixes_map_at_folder_borders_only(self) -> None:
        section = library()
        find_plex_item_by_path(section, "/mediafiles/a.mp4", plex_path_prefix="/data", stash_path_prefix="/media")
        assert section.search.call_args_list[0].kwargs == {"Media__Part__file__exact": "/mediafiles/a.mp4"}

    @pytest.mark.parametrize("strategy", ["endswith", "iendswith"])
    def test_one_item_of_that_file_name_is_taken(self, strategy: str) -> None:
        item = Mock()
        assert find_plex_item_by_path(library(**{strategy: [item]}), "/media/a.mp4") is item

    @pytest.mark.parametrize("strategy", ["exact", "endswith", "iendswith"])
    def test_several_are_not_guessed_between(self, strategy: str) -> None:
        assert find_plex_item_by_path(library(**{strategy: [Mock(), Mock()]}), "/media/a.mp4") is None

    def test_without_any_match_all_strategies_are_tried_in_order(self) -> None:
        section = library()
        assert find_plex_item_by_path(section, "/media/a.mp4") is None
        assert [next(iter(call.kwargs)) for call in section.search.call_args_list] == [
            "Media__Part__file__exact",
            "Media__Part__file__endswith",
            "Media__Part__file__iendswith",
        ]


class TestExceptions:
    def test_the_tree(self) -> None:
        assert issubclass(PlexTemporaryError, TransientError)
        assert issubclass(PlexPermanentError, PermanentError)
        assert issubclass(PlexNotFound, PlexTemporaryError)
        assert issubclass(PlexConfigurationError, ConfigurationError)
        assert not issubclass(TransientError, PermanentError)

    @pytest.mark.parametrize(
        ("raised", "lands"),
        [
            (plexapi.exceptions.NotFound("(404) not_found; url"), PlexNotFound),
            (plexapi.exceptions.Unauthorized("(401) unauthorized; url"), PlexConfigurationError),
            (plexapi.exceptions.TwoFactorRequired("(401) x"), PlexConfigurationError),
            (plexapi.exceptions.BadRequest("(403) forbidden; url"), PlexConfigurationError),
            (plexapi.exceptions.BadRequest("(400) bad_request; url"), PlexPermanentError),
            (plexapi.exceptions.BadRequest("(400) bad_request; url the server is still starting up"), PlexNotReady),
            (plexapi.exceptions.BadRequest("(301) moved_permanently; url"), PlexConfigurationError),
            (plexapi.exceptions.BadRequest("(414) request_uri_too_large; url"), PlexTooLong),
            (plexapi.exceptions.BadRequest("(429) too_many_requests; url"), PlexTemporaryError),
            (plexapi.exceptions.BadRequest("(500) internal_server_error; url"), PlexTemporaryError),
            (plexapi.exceptions.BadRequest("(503) service_unavailable; url <Response/>"), PlexTemporaryError),
            (plexapi.exceptions.BadRequest('(503) x; url title="Maintenance"'), PlexNotReady),
            (plexapi.exceptions.BadRequest("No items specified."), PlexPermanentError),
            (plexapi.exceptions.UnknownType("x"), PlexPermanentError),
            (plexapi.exceptions.Unsupported("x"), PlexPermanentError),
            (plexapi.exceptions.PlexApiException("x"), PlexPermanentError),
            (TypeError("'NoneType' object is not subscriptable"), PlexTemporaryError),
            (ParseError("no element found"), PlexTemporaryError),
            (requests.exceptions.ReadTimeout(), PlexUnreachable),
            (requests.exceptions.ConnectTimeout(), PlexUnreachable),
            (requests.exceptions.ConnectionError(), PlexUnreachable),
            (requests.exceptions.ChunkedEncodingError(), PlexUnreachable),
            (requests.exceptions.SSLError(), PlexConfigurationError),
            (requests.exceptions.InvalidSchema(), PlexConfigurationError),
            (requests.exceptions.InvalidHeader(), PlexConfigurationError),
            (ConnectionResetError(), PlexUnreachable),
            (TimeoutError(), PlexUnreachable),
            (ValueError("anything"), PlexTemporaryError),
        ],
    )
    def test_where_each_fault_lands(self, raised: Exception, lands: type[PlexSyncError]) -> None:
        assert type(translate_plex_exception(raised)) is lands

    def test_every_exception_of_the_libraries_lands_in_the_tree(self) -> None:
        def all_below(base: type[BaseException]) -> set[type[BaseException]]:
            return {base}.union(*(all_below(child) for child in base.__subclasses__()))

        classes = all_below(plexapi.exceptions.PlexApiException) | all_below(requests.exceptions.RequestException)
        for exception_class in classes:
            try:
                raised = exception_class("(500) text")
            except TypeError:
                continue  # needs arguments of its own; requests raises it only from its cookie jar
            translated = translate_plex_exception(raised)
            assert isinstance(translated, (TransientError, PermanentError)), exception_class

    def test_one_of_ours_stays_what_it_is(self) -> None:
        error = PlexAmbiguous("two")
        assert translate_plex_exception(error) is error

    def test_no_text_repeats_a_url_or_a_token(self) -> None:
        raised = plexapi.exceptions.BadRequest("(500) error; http://plex/x?X-Plex-Token=SECRET <html>SECRET</html>")
        assert "SECRET" not in str(translate_plex_exception(raised))

    @pytest.mark.parametrize(
        ("status", "lands"),
        [
            (400, PermanentError),
            (401, ConfigurationError),
            (403, ConfigurationError),
            (404, PermanentError),
            (408, TransientError),
            (422, PermanentError),
            (429, TransientError),
            (498, ConfigurationError),
            (500, TransientError),
            (502, TransientError),
            (503, TransientError),
            (504, TransientError),
            (520, TransientError),
            (599, TransientError),
        ],
    )
    def test_classify_http_error(self, status: int, lands: type[Exception]) -> None:
        assert classify_http_error(status) is lands


class TestProcessJob:
    DATA: ClassVar = {"path": "/media/a.mp4", "title": "A title", "studio": "A studio", "summary": "What happens."}

    def worker(self, *sections: Mock) -> SyncWorker:
        worker = SyncWorker(config=CONFIG)
        client = Mock()
        client.server.library.sections.return_value = list(sections)
        worker._get_plex_client = Mock(return_value=client)  # type: ignore[method-assign]
        return worker

    def test_a_ready_scene_reaches_its_item_in_one_edit(self) -> None:
        item = Mock()
        self.worker(library(exact=[item]))._process_job({"scene_id": 1, "update_type": "update", "data": self.DATA})
        item.edit.assert_called_once()
        edit = item.edit.call_args.kwargs
        assert edit["title.value"] == "A title"
        assert edit["studio.value"] == "A studio"
        assert edit["summary.value"] == "What happens."

    def test_every_section_is_looked_through(self) -> None:
        item = Mock()
        self.worker(library(), library(exact=[item]))._process_job(
            {"scene_id": 1, "update_type": "update", "data": self.DATA}
        )
        item.edit.assert_called_once()

    def test_only_what_differs_is_written(self) -> None:
        item = Mock(title="A title", studio="Another", summary="What happens.")
        self.worker(library(exact=[item]))._process_job({"scene_id": 1, "update_type": "update", "data": self.DATA})
        assert item.edit.call_args.kwargs == {"studio.value": "A studio", "studio.locked": 1}

    def test_an_item_that_is_right_already_is_not_written(self) -> None:
        item = Mock(title="A title", studio="A studio", summary="What happens.")
        self.worker(library(exact=[item]))._process_job({"scene_id": 1, "update_type": "update", "data": self.DATA})
        item.edit.assert_not_called()

    def test_empty_values_blank_nothing(self) -> None:
        item = Mock()
        data = {"path": "/media/a.mp4", "title": "A title", "studio": None, "summary": ""}
        self.worker(library(exact=[item]))._process_job({"scene_id": 1, "update_type": "update", "data": data})
        assert item.edit.call_args.kwargs == {"title.value": "A title", "title.locked": 1}

    def test_no_path_is_permanent(self) -> None:
        with pytest.raises(PermanentError):
            self.worker(library())._process_job({"scene_id": 1, "update_type": "update", "data": {"title": "A"}})

    def test_no_item_is_not_found(self) -> None:
        with pytest.raises(PlexNotFound):
            self.worker(library())._process_job({"scene_id": 1, "update_type": "update", "data": self.DATA})

    def test_several_items_are_ambiguous_and_none_is_written(self) -> None:
        items = [Mock(), Mock()]
        with pytest.raises(PlexAmbiguous):
            self.worker(library(endswith=items))._process_job(
                {"scene_id": 1, "update_type": "update", "data": self.DATA}
            )
        assert not any(item.edit.called for item in items)

    def test_a_fault_of_plexapi_comes_out_translated(self) -> None:
        section = Mock()
        section.search.side_effect = plexapi.exceptions.BadRequest("(500) internal_server_error; url")
        with pytest.raises(PlexTemporaryError):
            self.worker(section)._process_job({"scene_id": 1, "update_type": "update", "data": self.DATA})

    def test_update_metadata_takes_plain_data(self) -> None:
        item = Mock()
        SyncWorker(config=CONFIG)._update_metadata(item, {"title": "T", "tagline": "Short."})
        assert item.edit.call_args.kwargs["title.value"] == "T"
        assert item.edit.call_args.kwargs["tagline.value"] == "Short."

    def test_the_client_is_made_once_and_not_connected(self) -> None:
        worker = SyncWorker(config=CONFIG)
        with patch("plex.client.PlexServer") as server:
            client = worker._get_plex_client()
            assert worker._get_plex_client() is client
            server.assert_not_called()
        assert (client.connect_timeout, client.read_timeout) == (5.0, 30.0)
