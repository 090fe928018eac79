"""Names are compared by one key; Plex's own rule for tags and the rule for paths are others, and stay."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plex.exceptions import PlexConfigurationError
from plex.listing import SectionState
from plex.sections import choose_sections
from validation.config import read_settings
from validation.names import name_key, tag_key
from validation.paths import common_tail, file_name_key, path_key
from validation.scenes import Scene
from worker.jobs.selection import left_out
from worker.metadata.wanted import wanted_of

PLAIN = "Tr\u00e8s Priv\u00e9"

#: Spellings that a person takes for the same name.
SPELLINGS = {
    "the same": PLAIN,
    "another case": PLAIN.upper(),
    "outer spaces": f" {PLAIN}\t",
    "a double space": PLAIN.replace(" ", "  "),
    "a no-break space": PLAIN.replace(" ", "\u00a0"),
    "an ideographic space": PLAIN.replace(" ", "\u3000"),
    "decomposed": unicodedata.normalize("NFD", PLAIN),
    "all at once": unicodedata.normalize("NFD", f"\u00a0{PLAIN.upper()} ").replace(" ", " \u00a0"),
}

each_spelling = pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)


@each_spelling
def test_spellings_of_one_name_have_one_key(spelling: str) -> None:
    assert name_key(spelling) == name_key(PLAIN)
    assert file_name_key(f"/some/where/{spelling}") == file_name_key(f"D:\\else\\{PLAIN}")
    assert common_tail(f"/x/{spelling}/a.mp4", f"/y/{PLAIN}/A.mp4") == 2


@pytest.mark.parametrize(("one", "other"), [("Beach", "Beaches"), ("a b", "ab"), ("e", "\u00e9"), ("a-b", "a b")])
def test_other_names_have_another_key(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@given(st.text())
def test_a_key_is_its_own_key(text: str) -> None:
    assert name_key(name_key(text)) == name_key(text)


def test_what_plex_keeps_apart_has_two_keys_as_a_tag() -> None:
    assert tag_key("Priv\u00e9") != tag_key("PRIV\u00c9")
    assert tag_key("Beach") == tag_key(" BEACH")


def test_folders_of_other_than_windows_are_told_apart_by_white_space_and_case() -> None:
    assert len({path_key(f"/data/{name}") for name in ("a b", "a  b", "A b", "a\u00a0b")}) == 4


def scene(tag: str) -> Scene:
    return Scene.of({"id": 1, "tags": [{"id": 1, "name": tag}, {"id": 2, "name": "Other"}]})


@each_spelling
@pytest.mark.parametrize("swapped", [False, True], ids=["in Stash", "in the setting"])
def test_a_tag_in_a_setting_is_meant_however_it_is_spelled(spelling: str, swapped: bool) -> None:
    in_stash, in_setting = (PLAIN, spelling) if swapped else (spelling, PLAIN)
    tagged = scene(in_stash)

    def genres(**stored: str) -> tuple[str, ...] | None:
        return wanted_of(tagged, read_settings(stored)[0]).tags["genre"]

    assert left_out(tagged, read_settings({"never_tags": in_setting})[0])
    assert not left_out(tagged, read_settings({"only_tags": in_setting})[0])
    assert genres(skip_tags_named=in_setting) == ("Other",)
    assert genres(only_tags_named=in_setting) == (in_stash,)
    collections = wanted_of(tagged, read_settings({"collection_tags": in_setting})[0]).tags["collection"]
    assert collections == (in_stash,)


@each_spelling
@pytest.mark.parametrize("swapped", [False, True], ids=["in Plex", "in the setting"])
def test_a_library_in_the_setting_is_meant_however_it_is_spelled(spelling: str, swapped: bool) -> None:
    in_plex, in_setting = (PLAIN, spelling) if swapped else (spelling, PLAIN)
    sections = [SectionState(str(key), "", title, "movie", "", "", ()) for key, title in enumerate((in_plex, "Other"))]
    wanted = read_settings({"plex_libraries": in_setting})[0].plex_libraries
    assert choose_sections(sections, wanted) == tuple(sections[:1])
    with pytest.raises(PlexConfigurationError, match="no movie library"):
        choose_sections(sections[1:], wanted)
