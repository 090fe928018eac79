"""What edits do: fields, locks, tags, and the edit that names no item."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from plexapi.exceptions import BadRequest, NotFound

from tests.contract.plex.conftest import Connect, Start
from tests.doubles.plex import PlexDouble


def names(tags: list[Any]) -> list[str]:
    return [tag.tag for tag in tags]


def put(plex: PlexDouble, http: requests.Session, query: str, path: str = "/library/sections/1/all") -> int:
    return http.put(f"{plex.url}{path}?{query}", timeout=10).status_code


def test_an_edit_shows_after_a_reload_only(server: Any) -> None:
    item = server.fetchItem(1)
    item.editTitle("New").editSummary("Text & <more>\nsecond line")
    assert item.title == "First"
    item.reload()
    assert (item.title, item.summary) == ("New", "Text & <more>\nsecond line")


def test_an_empty_value_removes_the_attribute(plex: PlexDouble, server: Any) -> None:
    server.fetchItem(1).editStudio("")
    assert "studio" not in plex.item(1)
    assert server.fetchItem(1)._data.get("studio") is None


def test_locks_are_fields_of_their_own_and_no_values(server: Any, plex: PlexDouble, http: requests.Session) -> None:
    put(plex, http, "type=1&id=1&studio.locked=1")
    item = server.fetchItem(1)
    assert [(field.name, field.locked) for field in item.fields] == [("studio", True)]
    assert item.studio == "Studio A"
    put(plex, http, "type=1&id=1&studio.locked=0")
    assert server.fetchItem(1).fields == []


def test_a_lock_does_not_stop_an_edit(server: Any) -> None:
    item = server.fetchItem(1)
    item.editTitle("Once").editTitle("Twice")
    assert item.reload().title == "Twice"


def test_a_bare_name_sets_and_locks(plex: PlexDouble, http: requests.Session) -> None:
    put(plex, http, "type=1&id=1&title=Bare")
    assert plex.item(1)["title"] == "Bare"
    assert plex.item(1)["locked"] == ["title"]


def test_a_value_without_its_lock_does_not_lock(plex: PlexDouble, http: requests.Session) -> None:
    put(plex, http, "type=1&id=1&title.value=Free")
    assert (plex.item(1)["title"], plex.item(1)["locked"]) == ("Free", [])


def test_keys_that_mean_nothing_are_ignored(plex: PlexDouble, http: requests.Session) -> None:
    before = plex.item(1)
    assert put(plex, http, "type=1&id=1&nonsense.value=1&tittle.value=x&rating_key=2") == 200
    assert plex.item(1) == before


def test_a_date_is_kept_as_a_date_and_moves_the_year(plex: PlexDouble, server: Any) -> None:
    server.fetchItem(1).editOriginallyAvailable("2024-05-06")
    assert (plex.item(1)["originallyAvailableAt"], plex.item(1)["year"]) == ("2024-05-06", 2024)
    server.fetchItem(1).editOriginallyAvailable("no date")
    assert "originallyAvailableAt" not in plex.item(1)


def test_an_edit_moves_updated_at_and_content_changed_at(plex: PlexDouble, server: Any) -> None:
    before, section = plex.item(1), content_changed_at(server)
    server.fetchItem(1).editTitle("New")
    assert plex.item(1)["updatedAt"] > before["updatedAt"]
    assert content_changed_at(server) > section


def test_an_edit_without_id_reaches_every_item_of_the_type(plex: PlexDouble, server: Any) -> None:
    server.library.section("Movies").lockAllField("thumb")
    assert [item["locked"] for item in plex.items() if item["section"] == 1 and item["type"] == "movie"] == [
        ["thumb"], ["thumb"], ["thumb"],
    ]  # fmt: skip
    assert plex.item(50)["locked"] == []
    assert plex.edits_without_id == 1


def test_several_ids_are_edited_together(plex: PlexDouble, server: Any) -> None:
    section = server.library.section("Movies")
    section.batchMultiEdits(section.all()[:2]).addGenre("G").editStudio("S").saveMultiEdits()
    assert [plex.item(key)["studio"] for key in (1, 2)] == ["S", "S"]
    assert "studio" not in plex.item(3)
    assert plex.item(1)["tags"]["genre"] == ["Genre 0", "G", "Genre 1", "Genre 2", "Genre 3"]
    assert plex.item(2)["tags"]["genre"] == ["G"]


def test_unknown_ids_and_ids_of_other_sections_are_404(plex: PlexDouble, http: requests.Session) -> None:
    assert put(plex, http, "type=1&id=999&title.value=x") == 404
    assert put(plex, http, "type=1&id=50&title.value=x") == 404
    assert put(plex, http, "type=1&id=1&title.value=x", "/library/sections/9/all") == 404
    assert put(plex, http, "title.value=x", "/library/metadata/999") == 404
    assert [item["title"] for item in plex.items()].count("x") == 0


def test_an_item_can_also_be_edited_by_its_own_address(plex: PlexDouble, http: requests.Session) -> None:
    assert put(plex, http, "label%5B0%5D.tag.tag=New&title.value=x", "/library/metadata/1") == 200
    assert plex.item(1)["title"] == "x"
    assert sorted(plex.item(1)["tags"]["label"]) == ["L1", "New"]


def test_sort_title_is_the_server_s_until_it_is_set(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(50)
    assert item.titleSort == "Elsewhere"
    item.editSortTitle("zz")
    assert item.reload().titleSort == "zz"
    item.editSortTitle("")
    assert item.reload().titleSort == "Elsewhere"
    assert server.fetchItem(1)._data.get("titleSort") is None


# --- tags -----------------------------------------------------------------------------------------


def test_tags_are_added_to_what_is_there(plex: PlexDouble, http: requests.Session) -> None:
    put(plex, http, "type=1&id=1&genre%5B4%5D.tag.tag=New")
    assert plex.item(1)["tags"]["genre"] == ["Genre 0", "Genre 1", "Genre 2", "Genre 3", "New"]


def test_the_same_tag_twice_is_one_tag_whatever_its_case(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(2)
    item.addGenre("GENRE 0").addGenre("genre 0")
    assert plex.item(2)["tags"]["genre"] == ["Genre 0"]
    # NOCASE folds ASCII only.
    item.reload()
    item.addGenre(["É", "é"])
    assert len(plex.item(2)["tags"]["genre"]) == 3


def test_tags_are_ordered_by_index_not_by_place_in_the_query(plex: PlexDouble, server: Any) -> None:
    server.fetchItem(1).editTags("actor", ["Jane Doe"])
    assert plex.item(1)["tags"]["actor"] == [*(f"Actor {i}" for i in range(10)), "Jane Doe"]


def test_removal_decodes_twice_so_that_commas_survive(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(1)
    item.addGenre("Rock, Pop & 100%").reload()
    item.removeGenre(["Genre 0", "rock, pop & 100%"])
    assert plex.item(1)["tags"]["genre"] == ["Genre 1", "Genre 2", "Genre 3"]


def test_added_and_removed_in_one_request(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(1)
    item.batchEdits().addGenre("A").removeGenre("Genre 0").saveEdits()
    assert plex.item(1)["tags"]["genre"] == ["Genre 1", "Genre 2", "Genre 3", "A"]


def test_a_type_without_value_removes_all_of_it(plex: PlexDouble, http: requests.Session) -> None:
    put(plex, http, "type=1&id=1&genre%5B%5D.tag")
    assert "genre" not in plex.item(1)["tags"]


def test_roles_and_pictures_belong_to_the_item_or_to_the_name(
    plex: PlexDouble, http: requests.Session, server: Any
) -> None:
    put(
        plex,
        http,
        "type=1&id=1&actor%5B0%5D.tag.tag=Jane&actor%5B0%5D.tagging.text=Hero&actor%5B0%5D.tagging.thumb=http://x/1.jpg",
    )
    put(plex, http, "type=1&id=2&actor%5B0%5D.tag.tag=Jane&actor%5B0%5D.tag.thumb=http://x/global.jpg")
    jane = next(role for role in server.fetchItem(1).roles if role.tag == "Jane")
    assert (jane.role, jane.thumb) == ("Hero", "http://x/1.jpg")
    assert server.fetchItem(2).roles[0].thumb == "http://x/global.jpg"


def test_a_tag_only_edit_does_not_move_updated_at(plex: PlexDouble, server: Any) -> None:
    before = plex.item(1)
    server.fetchItem(1).addGenre("New")
    after = plex.item(1)
    assert after["updatedAt"] == before["updatedAt"]
    assert after["changedAt"] > before["changedAt"]


def test_collections_come_and_go_with_their_members(plex: PlexDouble, server: Any) -> None:
    section = server.library.section("Movies")
    server.fetchItem(2).addCollection("Fresh")
    collection = section.collection("fresh")
    assert [item.ratingKey for item in collection.items()] == [2]
    server.fetchItem(2).removeCollection("Fresh")
    with pytest.raises(NotFound):
        section.collection("Fresh")


# --- switches -------------------------------------------------------------------------------------


def test_replace(start: Start, connect: Connect) -> None:
    plex = start(tags="replace")
    item = connect(plex).fetchItem(1)
    item.edit(**{"genre[0].tag.tag": "B", "genre[1].tag.tag": "A"})
    assert plex.item(1)["tags"]["genre"] == ["B", "A"]
    item.edit(**{"genre[].tag.tag-": ""})
    assert "genre" not in plex.item(1)["tags"]
    assert plex.item(1)["tags"]["actor"] == [f"Actor {i}" for i in range(10)]


def test_both_readings_of_tags_give_the_same_when_everything_is_sent(start: Start, connect: Connect) -> None:
    for mode in ("append", "replace"):
        plex = start(tags=mode)
        connect(plex).fetchItem(1).edit(
            **{
                "genre[0].tag.tag": "Genre 3",
                "genre[1].tag.tag": "X",
                "genre[].tag.tag-": "Genre%200,Genre%201,Genre%202",
            }
        )
        assert plex.item(1)["tags"]["genre"] == ["Genre 3", "X"]


def test_tag_edit_bumps_updated_at(start: Start, connect: Connect) -> None:
    plex = start(tag_edit_bumps_updated_at=True)
    before = plex.item(1)["updatedAt"]
    connect(plex).fetchItem(1).addGenre("New")
    assert plex.item(1)["updatedAt"] > before


def test_tag_edit_moves_content(start: Start, connect: Connect) -> None:
    for moves in (True, False):
        plex = start(tag_edit_moves_content=moves)
        server = connect(plex)
        before = content_changed_at(server)
        server.fetchItem(1).addGenre("New")
        assert (content_changed_at(server) > before) == moves


def test_capitalise_labels(start: Start, connect: Connect) -> None:
    plex = start(capitalise_labels=True)
    connect(plex).fetchItem(1).addLabel([".hidden", "plexsync"]).addGenre("small").addLabel("l1")
    assert plex.item(1)["tags"]["label"] == ["L1", ".Hidden", "Plexsync"]
    assert "small" in plex.item(1)["tags"]["genre"]


@pytest.mark.parametrize(("mode", "shown"), [("either", "t"), ("tagging", None), ("tag", "t")])
def test_role_thumb(start: Start, connect: Connect, mode: str, shown: str | None) -> None:
    plex = start(role_thumb=mode)
    item = connect(plex).fetchItem(2)
    item.edit(**{"actor[0].tag.tag": "Jane", "actor[0].tag.thumb": "t"})
    assert item.reload().roles[0].thumb == shown


def test_year_follows_date(start: Start, connect: Connect) -> None:
    plex = start(year_follows_date=False)
    connect(plex).fetchItem(1).editOriginallyAvailable("2024-05-06")
    assert plex.item(1)["year"] == 2020


def test_foreign_id(start: Start, connect: Connect) -> None:
    plex = start(foreign_id="edit")
    server = connect(plex)
    server.query("/library/sections/1/all?type=1&id=50&title.value=x", method=server._session.put)
    assert plex.item(50)["title"] == "x"


def test_visibility_delay(start: Start, connect: Connect) -> None:
    plex = start(visibility_delay=60)
    item = connect(plex).fetchItem(1)
    item.editTitle("Later")
    assert item.reload().title == "First"
    plex.advance(61)
    assert item.reload().title == "Later"


def test_guest_token(start: Start, connect: Connect) -> None:
    plex = start(guest_token="guest")
    guest = connect(plex, "guest")
    assert guest.fetchItem(1).title == "First"
    with pytest.raises(BadRequest, match=r"^\(403\)"):
        guest.fetchItem(1).editTitle("x")
    assert plex.item(1)["title"] == "First"


def test_guest_edit_status(start: Start, connect: Connect) -> None:
    plex = start(guest_token="guest", guest_edit_status=401)
    with pytest.raises(BadRequest, match=r"^\(401\)"):
        connect(plex, "guest").fetchItem(1).editTitle("x")


def content_changed_at(server: Any) -> int:
    return int(server.query("/library/sections")[0].attrib["contentChangedAt"])
