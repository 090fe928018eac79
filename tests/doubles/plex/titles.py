"""The sort title that Plex makes of a title, as recorded from a real server: one list of articles for all sections."""

from __future__ import annotations

import unicodedata

# What a server has in its setting ArticleStrings unless somebody changed it.
ARTICLES = ("the", "das", "der", "a", "an", "el", "la")


def auto_sort(title: str, articles: tuple[str, ...]) -> str:
    """`Premiere` for `La Première`: without an article in front, accents folded, a leading symbol made a space."""
    if not title.isascii():
        title = "".join(c for c in unicodedata.normalize("NFKD", title) if not unicodedata.combining(c))
    first, space, rest = title.partition(" ")
    if space and rest and first.lower() in articles:
        return rest
    if title and not (title[0].isalnum() or title[0].isspace()):
        return " " + title[1:]
    return title
