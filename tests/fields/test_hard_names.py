"""Names and texts that are hard to send, hard to compare or very long: right in Plex, and once is enough."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest

from tests.doubles.plex.tagging import nocase
from tests.support.pairs import Pair, listed
from tests.support.workbench import Workbench, running_workbench

#: nginx lets no longer request line through (large_client_header_buffers, 8 KiB).
NGINX = 8192

#: Scene's list -> kind of tag in Plex.
KINDS = {"tags": "genre", "performers": "actor", "groups": "collection"}

HARD = [
    "a, b",
    ",",
    "one,two,three",
    "R&B",
    "&amp;",
    "100%",
    "%2C",
    "%25",
    "C++",
    "a b+c d",
    "C#",
    'the "quoted"',
    "it's",
    "x=y&z=1",
    "?",
    "a/b\\c",
    "[0].tag.tag",
    "<b>bold</b>",
    "{title}",
    "semi;colon",
    "Ünïcödé",
    "Ελληνικά",
    "日本語",
    "العربية",
    "🎬🍿",
    "👩‍👩‍👧",
    "e\u0301 decomposed",
    "\u00a0no-break\u00a0",
    "ﬁ ligature",
    "-1",
    "0",
    "None",
    "x" * 255,
]


@pytest.fixture(scope="module", params=["append", "replace"])
def workbench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with running_workbench(tmp_path_factory.mktemp("hard"), tags=request.param, max_url=1_000_000) as made:
        yield made


@pytest.fixture(params=["append", "replace"])
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server that PlexSync meets for the first time: whether it appends or replaces is not known."""
    with running_workbench(tmp_path_factory.mktemp("fresh"), tags=request.param, max_url=1_000_000) as made:
        yield made


def one_form(names: list[str]) -> list[str]:
    """Names, comparable: composed, spaces are one, and outer ones go; in one order."""
    return sorted(unicodedata.normalize("NFC", " ".join(name.split())) for name in names)


def longest_line(pair: Pair) -> int:
    return max((len(request.line) + len(" HTTP/1.1") for request in pair.requests()), default=0)


@pytest.mark.parametrize("name", HARD)
def test_a_hard_name_is_right_in_every_list_and_leaves_again(workbench: Workbench, name: str) -> None:
    workbench.use(collection_groups=True)
    pair = workbench.pair(genres=["Theirs"], actors=["Theirs"], collections=["Theirs"])
    before = pair.shown()
    pair.in_stash(tags=[name, "Other"], performers=[name, "Other"], groups=[name, "Other"], director="Other")
    pair.sync()
    for kind in KINDS.values():
        assert one_form(pair.tags(kind)) == one_form([name, "Other", "Theirs"]), kind
    assert pair.sync() == []
    pair.in_stash(tags=["Other"], performers=["Other"], groups=["Other"])
    pair.sync()
    for kind in KINDS.values():
        assert one_form(pair.tags(kind)) == ["Other", "Theirs"], kind
    pair.in_stash(tags=[], performers=[], groups=[], director="")
    pair.sync()
    assert pair.shown() == before
    assert pair.sync() == []


@pytest.mark.parametrize("name", [*HARD, "one\ntwo", "one\r\ntwo", "tab\there", "  spaced   out  "])
def test_a_hard_text_is_right_in_every_field_and_gives_back(workbench: Workbench, name: str) -> None:
    workbench.use(tagline_template="{title}", sort_title_template="Z {title}")
    pair = workbench.pair()
    before = pair.shown()
    pair.in_stash(title=name, details=f"{name}\n\n{name}", studio=name)
    pair.sync()
    shown = pair.shown()
    text = name.strip().replace("\r\n", "\n")
    assert shown["title"].split() == shown["tagline"].split() == shown["studio"].split() == text.split()
    assert shown["summary"] == f"{name}\n\n{name}".strip().replace("\r\n", "\n")
    assert pair.sync() == []
    pair.in_stash(title="", details="", studio=None)
    workbench.use(tagline_template="[{studio}]", sort_title_template="[{studio}]")
    pair.sync()
    assert pair.shown() == before


@pytest.mark.parametrize("name", ["\u200b", "\u200b \u2060\ufeff", "\u00ad", "\u202e", "\u3000"])
def test_a_name_of_which_nothing_is_to_be_seen_blanks_nothing(workbench: Workbench, name: str) -> None:
    workbench.use(collection_groups=True, tagline_template="{code}")
    pair = workbench.pair(title="Theirs", summary="Theirs", studio="Theirs", tagline="Theirs", genres=["Theirs"])
    before = pair.shown()
    pair.in_stash(title=name, details=name, studio=name, code=name, tags=[name], performers=[name], groups=[name])
    assert pair.sync() == []
    pair.in_stash(title="Ours", tags=["Ours"])
    pair.sync()
    pair.in_stash(title=name, tags=[name])
    pair.sync()
    assert pair.shown() == before


@pytest.mark.parametrize("name", [*HARD, "two  spaces", " outer ", "tab\tinside"])
def test_others_hard_names_survive_what_we_write_beside_them(workbench: Workbench, name: str) -> None:
    workbench.use()
    pair = workbench.pair(genres=[name], actors=[{"tag": name, "role": name}])
    theirs = pair.shown()
    pair.in_stash(tags=["Ours"], performers=["Ours"])
    pair.sync()
    assert sorted(pair.tags("genre")) == sorted([name, "Ours"])
    assert sorted(pair.tags("actor")) == sorted([name, "Ours"])
    assert pair.sync() == []
    pair.in_stash(tags=[], performers=[])
    pair.sync()
    assert pair.shown() == theirs


@pytest.mark.parametrize("one", ["two  spaces", " outer ", "tab\tinside"])
def test_mirror_exactly_takes_away_others_tags_with_odd_spaces(workbench: Workbench, one: str) -> None:
    workbench.use(mirror_exactly=True)
    pair = workbench.pair(genres=[one])
    pair.in_stash(tags=["Ours"])
    pair.sync()
    assert pair.tags("genre") == ["Ours"]
    assert pair.sync() == []


def test_control_characters_do_not_come_back_again_and_again(workbench: Workbench) -> None:
    workbench.use()
    pair = workbench.pair()
    pair.in_stash(title="bell\x07 form\x0c feed", details="a\x00b\x1fc", studio="S\x0b", tags=["t\x01ag"])
    pair.sync()
    assert pair.sync() == []
    pair.in_stash(title="", details="", studio=None, tags=[])
    pair.sync()
    assert pair.sync() == []
    assert pair.tags("genre") == []


@pytest.mark.parametrize("names", [("Maße", "Masse"), ("Straße", "STRASSE"), ("ﬁn", "fin"), ("ŉ", "ʼn")])
def test_names_that_differ_in_more_than_case_are_both_shown(workbench: Workbench, names: tuple[str, str]) -> None:
    """Python's casefold takes them for one; Plex does not, and neither does Stash."""
    workbench.use()
    pair = workbench.pair()
    pair.in_stash(tags=list(names))
    pair.sync()
    assert sorted(pair.tags("genre")) == sorted(names)
    assert pair.sync() == []
    pair.in_stash(tags=[names[0]])
    pair.sync()
    assert pair.tags("genre") == [names[0]]
    pair.in_stash(tags=[])
    pair.sync()
    assert pair.tags("genre") == []


@pytest.mark.parametrize("names", [("Élan", "élan"), ("ЖЖ", "жж"), ("Ada", "ADA")])
def test_names_that_differ_only_in_case_are_shown_once_or_both_and_leave_together(
    workbench: Workbench, names: tuple[str, str]
) -> None:
    """Plex ignores case in ASCII alone; Stash has both performers, told apart by disambiguation."""
    workbench.use()
    pair = workbench.pair()
    pair.in_stash(performers=list(names))
    pair.sync()
    assert {name.lower() for name in pair.tags("actor")} == {names[0].lower()}
    assert pair.sync() == []
    pair.in_stash(performers=[names[1]])
    pair.sync()
    assert {name.lower() for name in pair.tags("actor")} == {names[0].lower()}
    assert pair.sync() == []
    pair.in_stash(performers=[])
    pair.sync()
    assert pair.tags("actor") == []


@pytest.mark.parametrize("theirs", [("Maße", "Masse"), ("Élan", "élan")])
def test_others_names_that_are_two_for_plex_both_stay(workbench: Workbench, theirs: tuple[str, str]) -> None:
    workbench.use()
    pair = workbench.pair(genres=list(theirs))
    pair.in_stash(tags=["Ours"])
    pair.sync()
    assert sorted(pair.tags("genre")) == sorted([*theirs, "Ours"])


def test_names_that_differ_only_in_case_are_one_for_plex_and_written_once(workbench: Workbench) -> None:
    workbench.use()
    pair = workbench.pair(genres=["BEACH"], actors=["mia"])
    before = pair.shown()
    pair.in_stash(tags=["Beach", "City"], performers=["Mia", "MIA", "Zoe", "ZOE"])
    pair.sync()
    assert [nocase(tag) for tag in pair.tags("genre")] == ["beach", "city"]
    assert [nocase(tag) for tag in pair.tags("actor")] == ["mia", "zoe"]
    assert pair.sync() == []
    pair.in_stash(performers=["Mia", "ZOE"])  # one of each spelling goes, the name stays
    assert pair.sync() == []
    pair.in_stash(tags=[], performers=[])
    pair.sync()
    assert pair.shown() == before


def test_a_tag_renamed_in_case_only_costs_no_write_where_plex_keeps_its_spelling(workbench: Workbench) -> None:
    workbench.use()
    pair = workbench.pair()
    pair.in_stash(tags=["Recased"])
    pair.sync()
    pair.in_stash(tags=["RECASED"])
    assert pair.sync() == []
    pair.in_stash(tags=[])
    pair.sync()
    assert pair.tags("genre") == []


def test_a_server_that_writes_labels_and_collections_its_own_way_is_not_corrected(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_workbench(tmp_path_factory.mktemp("capitals"), capitalise_labels=True) as workbench:
        workbench.use(tags_as_labels=True, collection_groups=True)
        for _ in range(3):  # more than the two tries after which a field counts as not kept
            pair = workbench.pair()
            pair.in_stash(tags=[".hidden", "éa"], groups=["my series"])
            pair.sync()
            assert pair.tags("label") == [".Hidden", "Éa"]
            assert pair.tags("collection") == ["My series"]
            assert pair.sync() == []
            pair.in_stash(tags=[], groups=[])
            pair.sync()
            assert pair.tags("label") == pair.tags("collection") == []


def many(count: int, form: str = "Tag number {0:03d}") -> list[str]:
    return [form.format(number) for number in range(count)]


LONG_FORMS = ["Tag number {0:03d}", "日本語のタグ {0:03d}", "a/b/c/d/e/f/g, & 100% {0:03d}"]


@pytest.mark.parametrize("form", LONG_FORMS)
def test_500_tags_and_100_performers_are_right_and_leave_again(fresh: Workbench, form: str) -> None:
    fresh.use()
    pair = fresh.pair(genres=["Theirs"], actors=[{"tag": "Theirs", "role": "Host"}], title="Old")
    before = pair.shown()
    pair.in_stash(title="T", tags=many(500, form), performers=many(100, form))
    pair.sync()
    assert sorted(pair.tags("genre")) == sorted(["Theirs", *many(500, form)])
    assert sorted(pair.tags("actor")) == sorted(["Theirs", *many(100, form)])
    assert pair.sync() == []
    pair.in_stash(tags=many(500, form)[:499])
    pair.sync()
    assert sorted(pair.tags("genre")) == sorted(["Theirs", *many(499, form)])
    pair.in_stash(title="", tags=[], performers=[])
    pair.sync()
    assert pair.shown() == before
    assert pair.sync() == []


@pytest.mark.parametrize("form", LONG_FORMS)
def test_no_request_line_is_too_long_for_nginx_where_tags_are_appended(
    tmp_path_factory: pytest.TempPathFactory, form: str
) -> None:
    with running_workbench(tmp_path_factory.mktemp("nginx"), tags="append", max_url=NGINX) as workbench:
        pair = workbench.pair(genres=["Theirs"])
        pair.in_stash(title="T" * 300, details="Text / text. " * 300, tags=many(500, form), performers=many(100, form))
        pair.sync()
        assert len(pair.tags("genre")) == 501
        assert longest_line(pair) <= NGINX
        pair.in_stash(tags=many(500, form)[250:], performers=[])
        pair.sync()
        assert len(pair.tags("genre")) == 251
        assert longest_line(pair) <= NGINX
        pair.in_stash(tags=[])
        pair.sync()
        assert pair.tags("genre") == ["Theirs"]
        assert longest_line(pair) <= NGINX


def test_what_fits_into_one_request_line_is_one_edit(workbench: Workbench) -> None:
    workbench.use()
    pair = workbench.pair()
    pair.in_stash(title="T", details="Text " * 400, tags=many(40), performers=many(10))
    assert len(pair.sync()) == 1


def test_a_server_that_replaces_is_recognised_once_and_written_in_whole_lists_from_then_on(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_workbench(tmp_path_factory.mktemp("replaces"), tags="replace", max_url=1_000_000) as workbench:
        first, second = workbench.pair(), workbench.pair()
        first.in_stash(tags=many(500))
        assert len(first.sync()) > 2
        second.in_stash(tags=many(500))
        assert len(second.sync()) == 1
        assert len(second.tags("genre")) == 500


def test_a_long_summary_is_no_reason_to_take_a_server_for_one_that_replaces(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_workbench(tmp_path_factory.mktemp("appends"), tags="append", max_url=1_000_000) as workbench:
        pair = workbench.pair()
        pair.in_stash(details="x" * 10_000, tags=["A"])
        pair.sync()
        other = workbench.pair()
        other.in_stash(tags=many(500))
        other.sync()
        assert longest_line(other) <= NGINX


SUMMARIES = {"plain": "Lorem ipsum. " * 4700, "Unicode": "日本語" * 6800, "lines": "A line.\n" * 7600}


@pytest.mark.parametrize("kind", SUMMARIES)
def test_a_summary_of_60_kilobytes_is_right_and_only_its_own_request_is_long(workbench: Workbench, kind: str) -> None:
    workbench.use()
    summary = SUMMARIES[kind].strip()
    assert len(summary.encode()) > 60_000
    pair = workbench.pair(summary="Old")
    before = pair.shown()
    pair.in_stash(title="T", details=summary, tags=["A"], studio="S", rating100=80)
    pair.sync()
    shown = pair.shown()
    assert (shown["summary"], shown["title"], shown["studio"], shown["tags"]) == (summary, "T", "S", {"genre": ["A"]})
    long = [request for request in pair.requests() if len(request.line) > NGINX]
    assert [set(request.params) - {"id", "type"} for request in long] == [{"summary.value", "summary.locked"}]
    assert pair.sync() == []
    pair.in_stash(title="", details="", tags=[], studio=None, rating100=None)
    pair.sync()
    assert pair.shown() == before


def test_a_summary_that_is_too_long_for_the_way_to_plex_is_named_and_the_rest_is_right(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_workbench(tmp_path_factory.mktemp("proxy"), max_url=NGINX) as workbench:
        pair = workbench.pair()
        pair.in_stash(title="T", details=SUMMARIES["plain"], tags=["A"], studio="S", rating100=80)
        workbench.sync(pair.scene)
        shown = pair.shown()
        assert (shown["title"], shown.get("studio"), shown["tags"]) == ("T", "S", {"genre": ["A"]})
        assert shown["userRating"] == 8.0
        assert "summary" in workbench.parked()[pair.scene]
        assert "414" in workbench.parked()[pair.scene]


def test_with_edits_kept_a_hard_name_is_never_taken_for_an_edit(workbench: Workbench) -> None:
    workbench.use(keep_plex_edits=True, collection_groups=True, sort_title_template="{code}")
    pair = workbench.pair()
    values: dict[str, Any] = {
        "title": "  a   b\t",
        "details": "\r\none\r\n\r\ntwo\u00a0\r\n",
        "studio": " S ",
        "code": " 7 ",
        "tags": [" x  y ", *HARD],
        "performers": [" x  y ", *HARD],
        "groups": [" x  y ", *HARD],
        "director": " A ,,B ,",
    }
    pair.in_stash(**values)
    pair.sync()
    assert pair.sync() == []
    assert workbench.record.kept() == []


@pytest.mark.parametrize(
    ("settings", "in_plex", "first", "second"),
    [
        # the same as the title, over another one that was there
        ({"sort_title_template": "{title}"}, {"titleSort": "Other"}, {"title": "T"}, {"title": "T"}),
        # it becomes the same as the title when a part disappears
        (
            {"sort_title_template": "[{studio} ]{title}"},
            {},
            {"title": "T", "studio": "S"},
            {"title": "T", "studio": None},
        ),
    ],
)
def test_a_sort_title_that_is_the_title_is_written_once(
    workbench: Workbench,
    settings: dict[str, str],
    in_plex: dict[str, str],
    first: dict[str, Any],
    second: dict[str, Any],
) -> None:
    """Plex shows no sort title then."""
    workbench.use(**settings)
    pair = workbench.pair(**in_plex)
    before = pair.shown()
    pair.in_stash(**first)
    pair.sync()
    pair.in_stash(**second)
    pair.sync()
    assert pair.sync() == []
    workbench.use(keep_plex_edits=True, **settings)
    assert pair.sync() == []
    assert all(scene != pair.scene for _, scene in workbench.record.kept())
    workbench.use(sort_title_template="[{code}]")
    pair.in_stash(title="", studio=None)
    pair.sync()
    assert pair.shown() == before


def test_others_lists_are_sent_back_whole_with_hard_names(workbench: Workbench) -> None:
    workbench.use()
    pair = workbench.pair()
    pair.by_hand(**listed("genre", HARD))
    theirs = pair.tags("genre")
    pair.in_stash(tags=["Ours"])
    pair.sync()
    assert sorted(pair.tags("genre")) == sorted([*theirs, "Ours"])
