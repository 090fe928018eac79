"""Paths are compared by their own style, and mapped at folder borders."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.paths import (
    PathMap,
    PathRule,
    basename,
    common_tail,
    file_name_key,
    folder,
    inside_pattern,
    is_inside,
    parse_path_map,
    path_key,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/media/a.mp4", "/media/a.mp4"),
        ("D:\\Media\\A.mp4", "d:/media/a.mp4"),
        ("\\\\NAS\\share\\a.mp4", "//nas/Share/a.mp4"),
        ("/media/caf\u00e9.mp4", "/media/cafe\u0301.mp4"),
        ("/media/folder/", "/media/folder"),
        ("\\\\?\\P:\\long\\a.mp4", "p:/long/a.mp4"),
        ("\\\\?\\UNC\\nas\\share\\a.mp4", "\\\\NAS\\share\\a.mp4"),
        # Samba's letters for what Windows forbids in names.
        ("/media/What\uf025/a\uf022 \uf020b\uf020 \uf026 c.mp4", '/media/What?/a: "b" \\ c.mp4'),
        ("/media/a\uf029/b\uf028/c\uf001.mp4", "/media/a./b /c\x01.mp4"),
        ("\\\\nas\\v\\a\uf022b.mp4", "//NAS/v/a:b.mp4"),
    ],
)
def test_two_spellings_of_one_path_have_one_key(one: str, other: str) -> None:
    assert path_key(one) == path_key(other)


def test_posix_paths_keep_their_case() -> None:
    assert path_key("/media/A.mp4") != path_key("/media/a.mp4")


@pytest.mark.parametrize(
    ("rules", "path", "mapped"),
    [
        ("/data => /media", "/data/x/a.mp4", "/media/x/a.mp4"),
        ("/data/ => /media/", "/data/x/a.mp4", "/media/x/a.mp4"),
        ("/data => /media", "/database/a.mp4", "/database/a.mp4"),
        ("/data => /one; /data/x => /two", "/data/x/a.mp4", "/two/a.mp4"),
        ("/data/x => /two\n/data => /one", "/data/y/a.mp4", "/one/y/a.mp4"),
        ("/ => /mnt", "/data/a.mp4", "/mnt/data/a.mp4"),
        ("/data => D:\\Media", "/data/x/a.mp4", "D:\\Media\\x\\a.mp4"),
        ("/data => D:/Media", "/data/x/a.mp4", "D:/Media/x/a.mp4"),
        ("d:\\media => /srv", "D:\\Media\\x\\a.mp4", "/srv/x/a.mp4"),
        ("\\\\nas\\v => /srv", "\\\\NAS\\v\\a.mp4", "/srv/a.mp4"),
        ("/data => \\\\nas\\v", "/data/a b.mp4", "\\\\nas\\v\\a b.mp4"),
        ("/caf\u00e9 => /coffee", "/cafe\u0301/a.mp4", "/coffee/a.mp4"),
        ("/cafe\u0301 => /coffee", "/caf\u00e9/a.mp4", "/coffee/a.mp4"),
        ("/cafe\u0301 => /coffee", "/caf\u00e9e/a.mp4", "/caf\u00e9e/a.mp4"),
        ("", "/data/a.mp4", "/data/a.mp4"),
        ("D:\\ => /media", "D:\\x\\a.mp4", "/media/x/a.mp4"),
        ("D: => /media", "d:/a.mp4", "/media/a.mp4"),
        ("/data => D:\\", "/data/a.mp4", "D:\\a.mp4"),
        ("/data => D:", "/data/a.mp4", "D:\\a.mp4"),
        # The prefix of long paths makes no other folder, on either side.
        ("D:\\media => /srv", "\\\\?\\D:\\Media\\x\\a.mp4", "/srv/x/a.mp4"),
        ("\\\\?\\D:\\media => /srv", "D:\\Media\\x\\a.mp4", "/srv/x/a.mp4"),
        ("\\\\nas\\v => /srv", "\\\\?\\UNC\\NAS\\v\\a.mp4", "/srv/a.mp4"),
        ("/data/a? => /srv", "/data/a\uf025/b.mp4", "/srv/b.mp4"),
        ("/data => /", "/data/a.mp4", "/a.mp4"),
        # In POSIX' style a backslash is a part of a name.
        ("/data/a => /media", "/data/a\\b.mp4", "/data/a\\b.mp4"),
        ("/data/a\\ => /media", "/data/a\\/b.mp4", "/media/b.mp4"),
        ("/data => /media", "/data/a\\b/c\\d.mp4", "/media/a\\b/c\\d.mp4"),
        ("/data => /media\\clips", "/data/a.mp4", "/media\\clips/a.mp4"),
        ("/data => /media\\", "/data/a.mp4", "/media\\/a.mp4"),
        ("D:\\data => /media\\clips", "D:\\data\\x\\a.mp4", "/media\\clips/x/a.mp4"),
        # What systems read over is no part of a folder that a person wrote.
        ("/data//x => /media", "/data/x/a.mp4", "/media/a.mp4"),
        ("/./data/y/../x/. => /media", "/data/x/a.mp4", "/media/a.mp4"),
        ("/data => /media/./clips//", "/data/a.mp4", "/media/clips/a.mp4"),
        ("D:\\\\data\\.\\y\\..\\x => /srv", "D:\\data\\x\\a.mp4", "/srv/a.mp4"),
        ("//nas//v => /srv", "\\\\nas\\v\\a.mp4", "/srv/a.mp4"),
        ("/data/... => /srv", "/data/.../a.mp4", "/srv/a.mp4"),
        ("/data/.. => /srv", "/x/a.mp4", "/srv/x/a.mp4"),
    ],
)
def test_the_path_map(rules: str, path: str, mapped: str) -> None:
    assert parse_path_map(rules).to_plex(path) == mapped


@pytest.mark.parametrize(
    "text",
    [
        *("/data", "/data =>", "=> /media", "/a => /b; nonsense", "/data -> /media", "# a remark; /a => /b"),
        *("data => /media", "/data => media", "/data => ~/media", "'/data' => '/media'", "/data =>> /media"),
        "file:///data => /media",
    ],
)
def test_a_faulty_rule_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rule; write: folder in Stash => folder in Plex"):
        parse_path_map(text)


@pytest.mark.parametrize("text", ["/data => /media, /b => /c", "/data => /mnt => /media"])
def test_two_rules_that_nothing_separates_are_named(text: str) -> None:
    with pytest.raises(ValueError, match="has more than one arrow; several rules are separated by semicolons"):
        parse_path_map(text)


def test_names_folders_and_tails() -> None:
    assert basename("D:\\Media\\x\\a.mp4") == basename("/media/x/a.mp4") == "a.mp4"
    assert folder("/media/x/a.mp4") == "/media/x"
    assert folder("D:\\Media\\a.mp4") == "D:\\Media"
    assert folder("/media/a\\b.mp4") == "/media"
    assert folder("\\\\nas\\share\\a.mp4") == "\\\\nas\\share"
    assert common_tail("/data/Studio/a.mp4", "/media/studio/a.mp4") == 2
    assert is_inside("/media/x/a.mp4", "/media")
    assert not is_inside("/media2/a.mp4", "/media")
    assert folder("\\\\?\\D:\\Media\\a.mp4") == "D:\\Media"
    assert folder("\\\\?\\UNC\\nas\\v\\a.mp4") == "\\\\nas\\v"
    assert common_tail("\\\\?\\D:\\Studio\\a\uf022b.mp4", "/media/studio/a:b.mp4") == 2
    assert file_name_key("/media/a\uf026b.mp4") == file_name_key("/media/a\\b.mp4")


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("\\\\?\\D:\\Media\\a.mp4", "D:\\Media"),
        ("D:\\Media\\a.mp4", "\\\\?\\D:\\Media\\"),
        ("\\\\?\\UNC\\nas\\v\\a.mp4", "//NAS/v"),
        ("//nas/v/a.mp4", "\\\\?\\UNC\\nas\\v"),
        ("/media/a\uf022b/c.mp4", "/media/a:b"),
        ("/media/a:b/c.mp4", "/media/a\uf022b"),
        ("D:\\a\uf029\\c.mp4", "D:\\a."),
        ("D:\\a.\\c.mp4", "D:\\a\uf029"),
    ],
)
def test_a_folder_is_found_however_it_is_spelled_also_by_stash(path: str, root: str) -> None:
    assert is_inside(path, root)
    assert re.search(inside_pattern(root), path)
    assert not re.search(inside_pattern(root + "x"), path)


@pytest.mark.parametrize("root", ["/", "D:\\", "d:/"])
def test_the_folder_of_a_file_at_the_root_is_the_root(root: str) -> None:
    """Plex, asked to scan D:, would take it for some folder on that drive."""
    assert folder(f"{root}a.mp4") == folder(root) == root
    assert is_inside(f"{root}x{root[-1]}a.mp4", root)


def test_a_backslash_in_a_posix_name_is_no_border_of_folders() -> None:
    assert not is_inside("/media/a\\b.mp4", "/media/a")
    assert is_inside("/media/a\\/b.mp4", "/media/a\\")
    assert basename("/media/a\\b.mp4") == "a\\b.mp4"


names = st.text(st.characters(exclude_characters="/\\;=>\n:", exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)


@given(st.lists(names, min_size=1, max_size=4), st.lists(names, min_size=1, max_size=4))
def test_a_mapped_path_ends_in_what_followed_the_prefix(prefix: list[str], rest: list[str]) -> None:
    path = "/" + "/".join(prefix + rest)
    mapped = PathMap.of([PathRule("/" + "/".join(prefix), "/plex")]).to_plex(path)
    assert path_key(mapped) == path_key("/plex/" + "/".join(rest))


@given(st.text(max_size=60))
def test_any_text_is_a_path_that_keys_once(text: str) -> None:
    assert path_key(path_key(text)) == path_key(text)
    assert basename(text) == unicodedata.normalize("NFC", basename(text))
