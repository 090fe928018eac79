"""The edits of a plan fit into a request line, and leave nothing behind in memory."""

from __future__ import annotations

import sys
from urllib.parse import quote, urlencode

from hypothesis import given
from hypothesis import strategies as st

from worker.metadata.decisions import TagsDecision, TextDecision
from worker.metadata.edits import LONGEST, edit_arguments
from worker.metadata.memory import ItemMemory
from worker.metadata.plan import Plan
from worker.metadata.shown import Shown

EMPTY = ItemMemory()


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20), min_size=20, max_size=60))
def test_every_edit_of_a_long_list_of_tags_fits_into_a_request_line(names: list[str]) -> None:
    umlauts = "\u00fc" * 50
    tags = [f"{number} {umlauts} {name}" for number, name in enumerate(names)]
    edits = edit_arguments(Plan(EMPTY, tags={"genre": TagsDecision(None, full=tuple(tags))}), Shown())
    assert all(len(urlencode(edit, quote_via=quote, safe="")) <= LONGEST for edit in edits)
    assert len(edits) > 1
    assert [value for edit in edits for key, value in edit.items() if key.endswith(".tag.tag")] == tags


def test_as_many_fields_as_fit_go_into_one_edit() -> None:
    texts = {name: TextDecision(None, write="x" * 900) for name in ("title", "studio", "summary", "tagline")}
    plan = Plan(EMPTY, texts=texts, tags={"genre": TagsDecision(None, full=("y" * 900,), remove=("z" * 900,))})
    assert len(edit_arguments(plan, Shown())) == 1


def test_a_photo_is_written_to_its_actor_and_to_no_other_list() -> None:
    lists = {"actor": TagsDecision(None, full=("Ada",)), "director": TagsDecision(None, full=("Ada",))}
    (edit,) = edit_arguments(Plan(EMPTY, tags=lists, photos={"Ada": "http://127.0.0.1/ada"}), Shown())
    assert edit["actor[0].tagging.thumb"] == "http://127.0.0.1/ada"
    assert [key for key in edit if key.startswith("director")] == ["director.locked", "director[0].tag.tag"]


def test_no_summary_is_kept_in_memory_once_its_edit_is_made() -> None:
    summary = "Long. " * 200
    held = sys.getrefcount(summary)
    plan = Plan(EMPTY, texts={"summary": TextDecision(None, write=summary)})
    assert edit_arguments(plan, Shown()) == [{"summary.value": summary, "summary.locked": 1}]
    del plan
    assert sys.getrefcount(summary) == held
