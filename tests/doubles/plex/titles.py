"""How Plex sorts a title: without a leading article in a language that has them."""

from __future__ import annotations

_ARTICLES = ("the ", "a ", "an ")


def auto_sort(title: str, language: str) -> str:
    """`Dark Knight` for `The Dark Knight` in an English section; the title itself without a language (xn)."""
    if language[:2] == "en":
        lowered = title.lower()
        for article in _ARTICLES:
            if lowered.startswith(article) and len(title) > len(article):
                return title[len(article) :]
    return title
