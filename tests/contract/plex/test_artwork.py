"""Posters: kept by their bytes, shown by choice, never deleted."""

from __future__ import annotations

import hashlib
import io
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import requests
from plexapi.exceptions import BadRequest, NotFound

from tests.contract.plex.conftest import Connect, Start
from tests.doubles.plex import PlexDouble

JPEG = b"\xff\xd8\xff" + bytes(range(256)) * 20
OTHER = b"\x89PNG\r\n\x1a\n" + b"another" * 100


def upload(item: Any, data: bytes) -> None:
    item.uploadPoster(filepath=io.BytesIO(data))


def test_an_upload_is_listed_by_its_hash_chosen_and_locked(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(1)
    upload(item, JPEG)
    poster = next(poster for poster in item.posters() if poster.selected)
    assert poster.ratingKey == "upload://posters/" + hashlib.sha1(JPEG).hexdigest()
    assert plex.item(1)["selected"]["thumb"] == poster.ratingKey
    assert plex.item(1)["locked"] == ["thumb"]


def test_plexapi_uploads_a_file_from_disk(plex: PlexDouble, server: Any, tmp_path: Any) -> None:
    path = os.path.join(tmp_path, "poster.jpg")
    with open(path, "wb") as stream:
        stream.write(JPEG)
    server.fetchItem(1).uploadPoster(filepath=path)
    assert len(plex.item(1)["posters"]) == 2


def test_the_same_bytes_are_listed_once_other_bytes_again(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(1)
    before = len(item.posters())
    for data in (JPEG, JPEG, OTHER, JPEG):
        upload(item, data)
    assert len(item.posters()) == before + 2


def shown(item: Any) -> str:
    """The key of the poster that is selected."""
    return next(str(poster.ratingKey) for poster in item.posters() if poster.selected)


def test_going_back_by_an_upload_shows_the_other_picture_still(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(1)
    for data in (JPEG, OTHER, JPEG):
        upload(item, data)
    assert shown(item).endswith(hashlib.sha1(OTHER).hexdigest())
    before = plex.item(1)["updatedAt"]
    upload(item, JPEG)
    assert plex.item(1)["updatedAt"] == before
    item.unlockPoster()
    next(p for p in item.posters() if p.ratingKey.endswith(hashlib.sha1(JPEG).hexdigest())).select()
    assert shown(item).endswith(hashlib.sha1(JPEG).hexdigest())
    assert item.reload().isLocked("thumb")


def test_another_items_picture_is_new_to_this_one(server: Any) -> None:
    for key in (1, 2):
        upload(server.fetchItem(key), JPEG)
        assert shown(server.fetchItem(key)).endswith(hashlib.sha1(JPEG).hexdigest())


def test_the_address_of_the_thumb_changes_with_every_upload(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(1)
    seen = {item.thumb}
    updated = plex.item(1)["updatedAt"]
    for data in (JPEG, OTHER):
        upload(item, data)
        seen.add(item.reload().thumb)
    assert len(seen) == 3
    assert plex.item(1)["updatedAt"] > updated


def test_the_thumb_and_every_row_of_the_list_can_be_fetched(
    plex: PlexDouble, server: Any, http: requests.Session
) -> None:
    item = server.fetchItem(1)
    upload(item, JPEG)
    upload(item, OTHER)
    assert http.get(plex.url + item.reload().thumb, timeout=10).content == OTHER
    first = next(p for p in item.posters() if p.ratingKey.endswith(hashlib.sha1(JPEG).hexdigest()))
    assert http.get(plex.url + first.thumb, timeout=10).content == JPEG


def test_choosing_an_older_one(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(1)
    upload(item, JPEG)
    item.posters()[0].select()
    assert [poster.selected for poster in item.posters()] == [True, False]


def test_taking_the_poster_away_leaves_the_uploads(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(1)
    upload(item, JPEG)
    item.deletePoster()
    assert item.reload().thumb is None
    assert len(item.posters()) == 2
    assert not any(poster.selected for poster in item.posters())


def test_an_upload_cannot_be_deleted(plex: PlexDouble, server: Any, http: requests.Session) -> None:
    item = server.fetchItem(1)
    upload(item, JPEG)
    key = item.posters()[-1].ratingKey
    assert http.delete(f"{plex.url}/library/metadata/1/posters?url={key}", timeout=10).status_code == 404
    assert len(item.posters()) == 2


def test_art_is_kept_apart_from_posters(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(1)
    item.uploadArt(filepath=io.BytesIO(OTHER))
    assert len(item.arts()) == 2
    assert len(item.posters()) == 1
    assert plex.item(1)["locked"] == ["art"]


def test_the_server_fetches_a_url_itself(plex: PlexDouble, server: Any) -> None:
    class Image(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(JPEG)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Image) as source:
        Thread(target=source.handle_request, daemon=True).start()
        server.fetchItem(1).uploadPoster(url=f"http://127.0.0.1:{source.server_port}/a.jpg")
    assert plex.item(1)["selected"]["thumb"].endswith(hashlib.sha1(JPEG).hexdigest())


def test_what_is_no_image_is_taken_and_not_shown(plex: PlexDouble, server: Any) -> None:
    before = plex.item(1)
    for data in (b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"text"):
        upload(server.fetchItem(1), data)
    assert plex.item(1) == before


def test_an_unknown_poster_cannot_be_chosen(plex: PlexDouble, server: Any) -> None:
    with pytest.raises(NotFound):
        server.query("/library/metadata/1/poster?url=upload://posters/abc", method=server._session.put)


# --- switches -------------------------------------------------------------------------------------


def test_poster_auto_lock(start: Start, connect: Connect) -> None:
    plex = start(poster_auto_lock=False)
    upload(connect(plex).fetchItem(1), JPEG)
    assert plex.item(1)["locked"] == []


def test_held_image(start: Start, connect: Connect) -> None:
    item = connect(start(held_image="select")).fetchItem(1)
    for data in (JPEG, OTHER, JPEG):
        upload(item, data)
    assert shown(item).endswith(hashlib.sha1(JPEG).hexdigest())


def test_locked_posters_fail(start: Start, connect: Connect) -> None:
    item = connect(start(locked_posters_fail=True)).fetchItem(1)
    upload(item, JPEG)
    for refused in (item.posters, lambda: upload(item, OTHER)):
        with pytest.raises(BadRequest, match=r"^\(500\)"):
            refused()
    assert len(item.arts()) == 1
    item.unlockPoster()
    upload(item, OTHER)
    item.unlockPoster()
    assert shown(item).endswith(hashlib.sha1(OTHER).hexdigest())


def test_poster_limit(start: Start, connect: Connect) -> None:
    for status in (500, 413):
        plex = start(poster_limit=100, poster_limit_status=status)
        with pytest.raises(BadRequest, match=rf"^\({status}\)"):
            upload(connect(plex).fetchItem(1), JPEG)
        assert plex.item(1)["selected"]["thumb"].startswith("media://")


def test_non_image(start: Start, connect: Connect) -> None:
    plex = start(non_image="error")
    with pytest.raises(BadRequest, match=r"^\(500\)"):
        upload(connect(plex).fetchItem(1), b"text")


def test_a_picture_may_be_shown_later_than_it_is_answered(start: Start, connect: Connect) -> None:
    plex = start(picture_delay=20.0)
    item = connect(plex).fetchItem(1)
    upload(item, JPEG)
    assert not any("upload://" in poster.ratingKey and poster.selected for poster in item.posters())
    plex.advance(21)
    assert shown(item).endswith(hashlib.sha1(JPEG).hexdigest())


def test_uploads_may_be_kept_as_other_bytes(start: Start, connect: Connect) -> None:
    item = connect(start(reencode_pictures=True)).fetchItem(1)
    upload(item, JPEG)
    assert shown(item).startswith("upload://")
    assert not shown(item).endswith(hashlib.sha1(JPEG).hexdigest())
