"""Servers that change the values they are given."""

from __future__ import annotations

from typing import Any

#: How a server changes values, what Stash has first, what it has later, and what Plex shows of that.
CHANGED: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "dates a day early": (
        {"dates_a_day_early": True},
        {"date": "2024-07-05"},
        {"date": "2024-08-20"},
        {"originallyAvailableAt": "2024-08-19"},
    ),
    "lines folded": (
        {"fold_texts": True},
        {"details": "One.\n\nTwo."},
        {"details": "One.\n\nThree."},
        {"summary": "One. Three."},
    ),
    "texts cut": ({"cut_texts": 60}, {"details": "x" * 90}, {"details": "y" * 90}, {"summary": "y" * 60}),
    "signs lost": ({"drop_characters": "!?"}, {"title": "What?!"}, {"title": "That!"}, {"title": "That"}),
    "a tag renamed": (
        {"rename_tag": "Beach=Strand"},
        {"tags": ["Beach", "Night"]},
        {"tags": ["Beach", "Day"]},
        {"tags": {"genre": ["Strand", "Day"]}},
    ),
    "an only tag renamed": ({"rename_tag": "Beach=Strand"}, {"tags": ["Beach"]}, {"tags": []}, {"tags": {}}),
}
