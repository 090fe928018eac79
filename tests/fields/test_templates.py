"""Templates for titles and other texts: what they mean, and what a faulty one does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.config import PlexSyncConfig, read_settings
from validation.scenes import Performer, Scene, SceneFile, Studio
from validation.templates import PLACEHOLDERS, parse_template, render
from worker.metadata.wanted import wanted_of

ALL = {name: name.upper() for name in PLACEHOLDERS}
TITLED = "[{studio} - ]{title}[ ({year})]"


@pytest.mark.parametrize(
    ("template", "values", "text"),
    [
        (TITLED, {"studio": "S", "title": "T", "year": "2024"}, "S - T (2024)"),
        (TITLED, {"title": "T", "year": "2024"}, "T (2024)"),
        (TITLED, {"studio": "S", "title": "T"}, "S - T"),
        (TITLED, {"title": "T"}, "T"),
        # a part goes when any placeholder directly in it is empty
        ("{title}[ by {director} for {studio}]", {"title": "T", "director": "D"}, "T"),
        # a part in a part goes alone, and with its own
        ("{title}[ - {studio}[ of {parent_studio}]]", {"title": "T", "studio": "S"}, "T - S"),
        ("{title}[ - {studio}[ of {parent_studio}]]", {"title": "T", "parent_studio": "P"}, "T"),
        (
            "{title}[ - {studio}[ of {parent_studio}]]",
            {"title": "T", "studio": "S", "parent_studio": "P"},
            "T - S of P",
        ),
        ("[[[{code}]]]", {"code": "C"}, "C"),
        ("[[[{code}]]]", {}, ""),
        # a part without placeholders is only text
        ("{title}[!]", {"title": "T"}, "T!"),
        # outside of brackets an empty placeholder leaves its surroundings, but no double spaces
        ("{studio}: {title}", {"title": "T"}, ": T"),
        ("{code} {title} {year}", {"code": "C", "year": "2024"}, "C 2024"),
        ("{title} {year}", {"title": "T"}, "T"),
        ("{title}{title}", {"title": "T"}, "TT"),
        # what stands in a value is never read as a template
        ("{title}", {"title": "[{studio}] {x}"}, "[{studio}] {x}"),
        ("[{title}]", {"title": "]["}, "]["),
        ("{details}", {"details": "one\ntwo"}, "one\ntwo"),
        # what stands in a value keeps its spaces; those around an empty one are the template's
        ("{details}", {"details": "- one\n    - two  (2)\n\t\tthree"}, "- one\n    - two  (2)\n\t\tthree"),
        ("{code}  {details}  {year}", {"details": "a  b"}, "a  b"),
        ("{title} [{code} ]- {year}", {"title": "T  ", "year": "2024"}, "T  - 2024"),
    ],
)
def test_a_part_in_brackets_disappears_when_a_placeholder_in_it_is_empty(
    template: str, values: dict[str, str], text: str
) -> None:
    assert render(template, values) == text


@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_every_placeholder_can_be_used(name: str) -> None:
    assert render(f"<{{{name}}}>", ALL) == f"<{name.upper()}>"


SCENE = Scene(
    id=1,
    title="T",
    code="C-1",
    summary="Text",
    director="Ada, Bea",
    date="2024-03",
    rating100=85,
    studio=Studio(name="S", parent=Studio(name="P")),
    performers=(Performer(name="Zoe"), Performer(name="Max", gender="MALE"), Performer(name="amy")),
    files=(SceneFile(path="/x/the.file.name.mp4"),),
)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{title}", "T"),
        ("{studio}", "S"),
        ("{parent_studio}", "P"),
        ("{date}", "2024-03"),
        ("{year}", "2024"),
        ("{code}", "C-1"),
        ("{director}", "Ada, Bea"),
        ("{performers}", "amy, Max, Zoe"),
        ("{rating}", "85"),
        ("{details}", "Text"),
    ],
)
def test_placeholders_stand_for_what_stash_says(template: str, text: str) -> None:
    keys = ("title_template", "sort_title_template", "summary_template", "tagline_template")
    settings: dict[str, Any] = dict.fromkeys(keys, template)
    wanted = wanted_of(SCENE, PlexSyncConfig(**settings)).texts
    assert [wanted[name] for name in ("title", "titleSort", "summary", "tagline")] == [text] * 4


@pytest.mark.parametrize("template", ["{details}", "{studio}  {details}", "[{code} ]{details}"])
def test_the_lines_of_a_text_keep_their_indentation(template: str) -> None:
    text = "Cast:\n    Ada  (lead)\n\tBea\n\nEnd."
    assert render(template, {"details": text}) == text


def test_performers_who_are_left_out_are_left_out_of_titles_too() -> None:
    config = PlexSyncConfig(title_template="{performers}", skip_male_performers=True)
    assert wanted_of(SCENE, config).texts["title"] == "amy, Zoe"


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/media/Some.Film.2024.mp4", "Some.Film.2024"),
        ("/media/no extension", "no extension"),
        ("/media/.hidden", ".hidden"),
        ("C:\\media\\Windows file.mkv", "Windows file"),
        ("\\\\nas\\share\\Ünï.mp4", "Ünï"),
    ],
)
def test_without_a_title_the_template_gets_the_files_name(path: str, title: str) -> None:
    scene = Scene(id=1, date="2024-03-01", files=(SceneFile(path=path),))
    assert wanted_of(scene, PlexSyncConfig(title_template=TITLED)).texts["title"] == f"{title} (2024)"


def test_without_a_title_and_without_a_template_plexs_title_is_not_wanted_otherwise() -> None:
    scene = Scene(id=1, files=(SceneFile(path="/media/file.mp4"),))
    assert wanted_of(scene, PlexSyncConfig()).texts["title"] == ""


def test_by_default_there_is_no_tagline_no_sort_title_and_the_details_are_the_summary() -> None:
    wanted = wanted_of(SCENE, PlexSyncConfig()).texts
    assert (wanted["tagline"], wanted["titleSort"], wanted["summary"]) == ("", "", "Text")


FAULTY = [
    ("{tittle}", "{tittle} is unknown; known are {title}, {studio}"),
    ("{}", "{} is unknown"),
    ("{ title }", "{ title } is unknown"),
    ("{TITLE}", "{TITLE} is unknown"),
    ("[{title}", 'the "[" has no partner'),
    ("{title}]", 'the "]" has no partner'),
    ("{title", 'the "{" has no partner'),
    ("title}", 'the "}" has no partner'),
    ("{{title}}", 'the "{" has no partner'),
    ("][", 'the "]" has no partner'),
    ("just a text", "a template needs at least one of {title}"),
    ("[]", "a template needs at least one of {title}"),
]


@pytest.mark.parametrize(("template", "said"), FAULTY)
@pytest.mark.parametrize("key", ["title_template", "sort_title_template", "summary_template", "tagline_template"])
def test_a_faulty_template_is_a_clear_error_and_the_default_stays_in_force(key: str, template: str, said: str) -> None:
    config, problems = read_settings({key: template, "content_rating": "XXX"})
    (problem,) = problems
    name = PlexSyncConfig.model_fields[key].title
    assert problem.startswith(f'The setting "{name}" cannot be used (')
    assert said in problem
    assert problem.endswith("; it counts as empty.")
    assert "\n" not in problem
    assert getattr(config, key) == ""
    assert config.content_rating == "XXX"  # what is not faulty is in force


def test_spaces_around_a_template_are_not_part_of_it() -> None:
    config, problems = read_settings({"title_template": "  {title}  "})
    assert (config.title_template, problems) == ("{title}", ())


@pytest.mark.parametrize("unset", ["", "   ", None, 0, False])
def test_an_empty_template_is_none(unset: object) -> None:
    assert read_settings({"title_template": unset}) == (PlexSyncConfig(), ())


@pytest.mark.parametrize("value", [5, ["{title}"], {"a": "{title}"}, True])
def test_what_is_no_text_is_no_template(value: object) -> None:
    config, problems = read_settings({"title_template": value})
    assert config.title_template == ""
    assert len(problems) == 1


pieces = st.sampled_from([*(f"{{{name}}}" for name in PLACEHOLDERS), "{x}", "{", "}", "[", "]", " ", " - ", "é", "\n"])


@given(st.one_of(st.text(), st.lists(pieces, max_size=12).map("".join)))
def test_any_text_is_a_template_or_an_error_in_one_sentence(text: str) -> None:
    fault = ""
    try:
        parse_template(text)
    except ValueError as error:
        fault = str(error)
    config, problems = read_settings({"title_template": text})
    if not text.strip():
        assert (config.title_template, problems) == ("", ())
    elif fault:
        assert config.title_template == ""
        assert " " in fault
        assert len(problems) == 1
    else:
        assert problems == ()
        assert render(config.title_template, ALL)


good = st.sampled_from([*(f"{{{name}}}" for name in PLACEHOLDERS), "[{studio}]", "[{code} [{year}]]", " ", " - ", "é"])


@given(st.lists(good, max_size=12).map("".join), st.sets(st.sampled_from(PLACEHOLDERS)))
def test_whatever_is_empty_a_rendered_text_is_clean(text: str, empty: set[str]) -> None:
    try:
        parse_template(text)
    except ValueError:
        return
    rendered = render(text, {name: value for name, value in ALL.items() if name not in empty})
    assert rendered == rendered.strip()
    assert "  " not in rendered
    assert not any(name.upper() in rendered for name in empty - {"studio"})


def test_a_template_of_a_thousand_brackets_is_no_reason_to_stop() -> None:
    config, problems = read_settings({"title_template": "[" * 2000 + "{title}" + "]" * 2000})
    assert config.title_template == "" or problems == ()
    assert len(problems) <= 1
