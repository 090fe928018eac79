"""Each field: what Stash says, what Plex held before, and the exact requests that follow, as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Values = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One field. Stash's values as of Scene, Plex's as of its library file; requests as workbench.Pair spells them.

    ``by_hand``: what a person changes in Plex after the first sync; ``hand_edited``: how Stash wins it back.
    ``locked``: the field's name as a lock; empty for the rating, which belongs to the account and has none.
    """

    name: str
    first: Values
    changed: Values
    emptied: Values
    in_plex: Values
    same_in_plex: Values
    by_hand: Values
    locked: str
    request_first: str
    request_changed: str
    request_emptied: str
    request_hand_edited: str
    request_given_back_locked: str
    on: Values = field(default_factory=dict)
    off: Values = field(default_factory=dict)

    @property
    def is_switched_off(self) -> bool:
        """By a setting of its own; others are only shown when somebody asked for them."""
        return any(self.off.values())


CASES = [
    Case(
        "title",
        off={"skip_title": True},
        in_plex={"title": "Old"},
        first={"title": "One"},
        request_first="PUT title.locked=1; title.value=One",
        changed={"title": "Two"},
        request_changed="PUT title.locked=1; title.value=Two",
        emptied={"title": ""},
        request_emptied="PUT title.locked=0; title.value=Old",
        by_hand={"title.value": "Mine"},
        request_hand_edited="PUT title.locked=1; title.value=One",
        same_in_plex={"title": "One"},
        locked="title",
        request_given_back_locked="PUT title.locked=1; title.value=Old",
    ),
    Case(
        "sort title",
        on={"sort_title_template": "{code}"},
        in_plex={"titleSort": "Old"},
        first={"code": "B-1"},
        request_first="PUT titleSort.locked=1; titleSort.value=B-1",
        changed={"code": "C-2"},
        request_changed="PUT titleSort.locked=1; titleSort.value=C-2",
        emptied={"code": ""},
        request_emptied="PUT titleSort.locked=0; titleSort.value=Old",
        by_hand={"titleSort.value": "Mine"},
        request_hand_edited="PUT titleSort.locked=1; titleSort.value=B-1",
        same_in_plex={"titleSort": "B-1"},
        locked="titleSort",
        request_given_back_locked="PUT titleSort.locked=1; titleSort.value=Old",
    ),
    Case(
        "studio",
        off={"skip_studio": True},
        in_plex={"studio": "Old"},
        first={"studio": "Studio A"},
        request_first="PUT studio.locked=1; studio.value=Studio A",
        changed={"studio": "Studio B"},
        request_changed="PUT studio.locked=1; studio.value=Studio B",
        emptied={"studio": None},
        request_emptied="PUT studio.locked=0; studio.value=Old",
        by_hand={"studio.value": "Mine"},
        request_hand_edited="PUT studio.locked=1; studio.value=Studio A",
        same_in_plex={"studio": "Studio A"},
        locked="studio",
        request_given_back_locked="PUT studio.locked=1; studio.value=Old",
    ),
    Case(
        "summary",
        off={"skip_summary": True},
        in_plex={"summary": "Old"},
        first={"details": "A text,\nof two lines."},
        request_first="PUT summary.locked=1; summary.value=A text,\nof two lines.",
        changed={"details": "Another."},
        request_changed="PUT summary.locked=1; summary.value=Another.",
        emptied={"details": ""},
        request_emptied="PUT summary.locked=0; summary.value=Old",
        by_hand={"summary.value": "Mine"},
        request_hand_edited="PUT summary.locked=1; summary.value=A text,\nof two lines.",
        same_in_plex={"summary": "A text,\nof two lines."},
        locked="summary",
        request_given_back_locked="PUT summary.locked=1; summary.value=Old",
    ),
    Case(
        "tagline",
        on={"tagline_template": "Number {code}"},
        off={"tagline_template": ""},
        in_plex={"tagline": "Old"},
        first={"code": "1"},
        request_first="PUT tagline.locked=1; tagline.value=Number 1",
        changed={"code": "2"},
        request_changed="PUT tagline.locked=1; tagline.value=Number 2",
        emptied={},  # a text outside of brackets is never empty; see test_templates for brackets
        request_emptied="",
        by_hand={"tagline.value": "Mine"},
        request_hand_edited="PUT tagline.locked=1; tagline.value=Number 1",
        same_in_plex={"tagline": "Number 1"},
        locked="tagline",
        request_given_back_locked="",
    ),
    Case(
        "tagline in brackets",
        on={"tagline_template": "[Number {code}]"},
        off={"tagline_template": ""},
        in_plex={},
        first={"code": "1"},
        request_first="PUT tagline.locked=1; tagline.value=Number 1",
        changed={"code": "2"},
        request_changed="PUT tagline.locked=1; tagline.value=Number 2",
        emptied={"code": ""},
        request_emptied="PUT tagline.locked=0; tagline.value=",
        by_hand={"tagline.value": "Mine"},
        request_hand_edited="PUT tagline.locked=1; tagline.value=Number 1",
        same_in_plex={"tagline": "Number 1"},
        locked="tagline",
        request_given_back_locked="PUT tagline.locked=1; tagline.value=",
    ),
    Case(
        "date",
        off={"skip_date": True},
        in_plex={"originallyAvailableAt": "2001-02-03", "year": 2001},
        first={"date": "2024-03"},
        request_first="PUT originallyAvailableAt.locked=1; originallyAvailableAt.value=2024-03-01",
        changed={"date": "2023"},
        request_changed="PUT originallyAvailableAt.locked=1; originallyAvailableAt.value=2023-01-01",
        emptied={"date": None},
        request_emptied="PUT originallyAvailableAt.locked=0; originallyAvailableAt.value=2001-02-03",
        by_hand={"originallyAvailableAt.value": "1999-09-09"},
        request_hand_edited="PUT originallyAvailableAt.locked=1; originallyAvailableAt.value=2024-03-01",
        same_in_plex={"originallyAvailableAt": "2024-03-01", "year": 2024},
        locked="originallyAvailableAt",
        request_given_back_locked="PUT originallyAvailableAt.locked=1; originallyAvailableAt.value=2001-02-03",
    ),
    Case(
        "content rating",
        on={"content_rating": "XXX"},
        in_plex={"contentRating": "R"},
        first={},
        request_first="PUT contentRating.locked=1; contentRating.value=XXX",
        changed={},
        request_changed="",
        emptied={},  # it is the setting's, the same for every scene
        request_emptied="",
        by_hand={"contentRating.value": "G"},
        request_hand_edited="PUT contentRating.locked=1; contentRating.value=XXX",
        same_in_plex={"contentRating": "XXX"},
        locked="contentRating",
        request_given_back_locked="",
    ),
    Case(
        "rating",
        off={"skip_rating": True},
        in_plex={"userRating": 7.3},
        first={"rating100": 85},
        request_first="RATE 8.5",
        changed={"rating100": 41},
        request_changed="RATE 4.0",
        emptied={"rating100": None},
        request_emptied="RATE 7.3",
        by_hand={"userRating": 2.0},
        request_hand_edited="RATE 8.5",
        same_in_plex={"userRating": 8.5},
        locked="",
        request_given_back_locked="",
    ),
    Case(
        "rating where there was none",
        off={"skip_rating": True},
        in_plex={},
        first={"rating100": 1},
        request_first="RATE 0.5",
        changed={"rating100": 100},
        request_changed="RATE 10.0",
        emptied={"rating100": None},
        request_emptied="RATE -1",
        by_hand={"userRating": 2.0},
        request_hand_edited="RATE 0.5",
        same_in_plex={"userRating": 0.5},
        locked="",
        request_given_back_locked="",
    ),
    Case(
        "director",
        off={"skip_director": True},
        in_plex={"directors": ["Old"]},
        first={"director": "Ada, Bea"},
        request_first=(
            "PUT director.locked=1; director[0].tag.tag=Ada; director[1].tag.tag=Bea; director[2].tag.tag=Old"
        ),
        changed={"director": "Bea, Cleo"},
        request_changed=(
            "PUT director.locked=1; director[0].tag.tag=Bea; director[1].tag.tag=Cleo; director[2].tag.tag=Old; "
            "director[].tag.tag-=Ada"
        ),
        emptied={"director": ""},
        request_emptied="PUT director.locked=0; director[0].tag.tag=Old; director[].tag.tag-=Bea,Cleo",
        by_hand={"director[0].tag.tag": "Bea", "director[1].tag.tag": "Old", "director[].tag.tag-": "Ada"},
        request_hand_edited=(
            "PUT director.locked=1; director[0].tag.tag=Ada; director[1].tag.tag=Bea; director[2].tag.tag=Old"
        ),
        same_in_plex={"directors": ["ada", "Bea"]},
        locked="director",
        request_given_back_locked="PUT director.locked=1; director[0].tag.tag=Old; director[].tag.tag-=Ada,Bea",
    ),
    Case(
        "performers",
        off={"skip_performers": True},
        in_plex={"actors": [{"tag": "Old", "role": "Host", "thumb": "http://photos/old.jpg"}]},
        first={"performers": ["Gwen", "Faye"]},
        request_first=(
            "PUT actor.locked=1; actor[0].tag.tag=Faye; actor[1].tag.tag=Gwen; actor[2].tag.tag=Old; "
            "actor[2].tag.thumb=http://photos/old.jpg; actor[2].tagging.text=Host; "
            "actor[2].tagging.thumb=http://photos/old.jpg"
        ),
        changed={"performers": ["Hana", "Gwen"]},
        request_changed=(
            "PUT actor.locked=1; actor[0].tag.tag=Gwen; actor[1].tag.tag=Hana; actor[2].tag.tag=Old; "
            "actor[2].tag.thumb=http://photos/old.jpg; actor[2].tagging.text=Host; "
            "actor[2].tagging.thumb=http://photos/old.jpg; actor[].tag.tag-=Faye"
        ),
        emptied={"performers": []},
        request_emptied=(
            "PUT actor.locked=0; actor[0].tag.tag=Old; actor[0].tag.thumb=http://photos/old.jpg; "
            "actor[0].tagging.text=Host; actor[0].tagging.thumb=http://photos/old.jpg; "
            "actor[].tag.tag-=Gwen,Hana"
        ),
        by_hand={
            "actor[0].tag.tag": "Gwen",
            "actor[1].tag.tag": "Old",
            "actor[1].tagging.text": "Guest",
            "actor[].tag.tag-": "Faye",
        },
        request_hand_edited=(
            "PUT actor.locked=1; actor[0].tag.tag=Faye; actor[1].tag.tag=Gwen; actor[2].tag.tag=Old; "
            "actor[2].tag.thumb=http://photos/old.jpg; actor[2].tagging.text=Guest; "
            "actor[2].tagging.thumb=http://photos/old.jpg"
        ),
        same_in_plex={"actors": ["Gwen", "Faye"]},
        locked="actor",
        request_given_back_locked=(
            "PUT actor.locked=1; actor[0].tag.tag=Old; actor[0].tag.thumb=http://photos/old.jpg; "
            "actor[0].tagging.text=Host; actor[0].tagging.thumb=http://photos/old.jpg; "
            "actor[].tag.tag-=Faye,Gwen"
        ),
    ),
    Case(
        "tags",
        off={"skip_tags": True},
        in_plex={"genres": ["Old"]},
        first={"tags": ["City", "Beach"]},
        request_first="PUT genre.locked=1; genre[0].tag.tag=Beach; genre[1].tag.tag=City; genre[2].tag.tag=Old",
        changed={"tags": ["Dune", "City"]},
        request_changed=(
            "PUT genre.locked=1; genre[0].tag.tag=City; genre[1].tag.tag=Dune; genre[2].tag.tag=Old; "
            "genre[].tag.tag-=Beach"
        ),
        emptied={"tags": []},
        request_emptied="PUT genre.locked=0; genre[0].tag.tag=Old; genre[].tag.tag-=City,Dune",
        by_hand={
            "genre[0].tag.tag": "City",
            "genre[1].tag.tag": "Old",
            "genre[2].tag.tag": "Mine",
            "genre[].tag.tag-": "Beach",
        },
        request_hand_edited=(
            "PUT genre.locked=1; genre[0].tag.tag=Beach; genre[1].tag.tag=City; genre[2].tag.tag=Old; "
            "genre[3].tag.tag=Mine"
        ),
        same_in_plex={"genres": ["city", "beach"]},
        locked="genre",
        request_given_back_locked="PUT genre.locked=1; genre[0].tag.tag=Old; genre[].tag.tag-=Beach,City",
    ),
    Case(
        "tags as labels",
        on={"tags_as_labels": True},
        off={"skip_tags": True},
        in_plex={"labels": ["Old"], "genres": ["Theirs"]},
        first={"tags": ["Lake", "Park"]},
        request_first="PUT label.locked=1; label[0].tag.tag=Lake; label[1].tag.tag=Park; label[2].tag.tag=Old",
        changed={"tags": ["Park"]},
        request_changed="PUT label.locked=1; label[0].tag.tag=Park; label[1].tag.tag=Old; label[].tag.tag-=Lake",
        emptied={"tags": []},
        request_emptied="PUT label.locked=0; label[0].tag.tag=Old; label[].tag.tag-=Park",
        by_hand={"label[0].tag.tag": "Park", "label[1].tag.tag": "Old", "label[].tag.tag-": "Lake"},
        request_hand_edited="PUT label.locked=1; label[0].tag.tag=Lake; label[1].tag.tag=Park; label[2].tag.tag=Old",
        same_in_plex={"labels": ["Park", "Lake"]},
        locked="label",
        request_given_back_locked="PUT label.locked=1; label[0].tag.tag=Old; label[].tag.tag-=Lake,Park",
    ),
    Case(
        "collections",
        on={"collection_groups": True, "collection_prefix": "Stash: "},
        in_plex={"collections": ["Old"]},
        first={"groups": ["Series", "Box"]},
        request_first=(
            "PUT collection.locked=1; collection[0].tag.tag=Stash: Series; collection[1].tag.tag=Stash: Box; "
            "collection[2].tag.tag=Old"
        ),
        changed={"groups": ["Box"]},
        request_changed=(
            "PUT collection.locked=1; collection[0].tag.tag=Stash: Box; collection[1].tag.tag=Old; "
            "collection[].tag.tag-=Stash%3A%20Series"
        ),
        emptied={"groups": []},
        request_emptied=("PUT collection.locked=0; collection[0].tag.tag=Old; collection[].tag.tag-=Stash%3A%20Box"),
        by_hand={
            "collection[0].tag.tag": "Old",
            "collection[1].tag.tag": "Stash: Box",
            "collection[].tag.tag-": "Stash%3A%20Series",
        },
        request_hand_edited=(
            "PUT collection.locked=1; collection[0].tag.tag=Stash: Series; collection[1].tag.tag=Stash: Box; "
            "collection[2].tag.tag=Old"
        ),
        same_in_plex={"collections": ["Stash: Series", "Stash: Box"]},
        locked="collection",
        request_given_back_locked=(
            "PUT collection.locked=1; collection[0].tag.tag=Old; collection[].tag.tag-=Stash%3A%20Series,Stash%3A%20Box"
        ),
    ),
]
