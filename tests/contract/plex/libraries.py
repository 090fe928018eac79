"""The libraries these tests start from."""

from __future__ import annotations

from typing import Any

MOVIES: dict[str, Any] = {
    "server": {"name": "Test server", "machineIdentifier": "abc"},
    "sections": [
        {
            "key": 1,
            "title": "Movies",
            "type": "movie",
            "agent": "tv.plex.agents.none",
            "locations": ["/data/movies", "/data/more"],
            "items": [
                {
                    "title": "First",
                    "file": "/data/movies/Studio A/first.mp4",
                    "size": 1001,
                    "studio": "Studio A",
                    "summary": "The first one.",
                    "originallyAvailableAt": "2020-01-02",
                    "year": 2020,
                    "genres": ["Genre 0", "Genre 1", "Genre 2", "Genre 3"],
                    "actors": [f"Actor {i}" for i in range(10)],
                    "directors": ["Director 0"],
                    "labels": ["L1"],
                    "collections": ["My Coll"],
                },
                {"file": "/data/movies/Studio B/second.mp4", "size": 1002, "studio": "Studio B"},
                {
                    "title": "Third",
                    "media": [
                        [{"file": "/data/movies/third.720.mp4", "size": 1003}],
                        [
                            {"file": "/data/movies/third.cd1.mkv", "size": 1004},
                            {"file": "/data/more/third.cd2.mkv", "size": 1005},
                        ],
                    ],
                },
            ],
        },
        {"key": 2, "title": "Other", "type": "movie", "agent": "tv.plex.agents.movie", "language": "en-US",
         "locations": ["/data/other"],
         "items": [{"title": "The Elsewhere", "file": "/data/other/elsewhere.mp4", "size": 7, "ratingKey": 50}]},
    ],
}  # fmt: skip


def numbered(count: int, **fields: Any) -> dict[str, Any]:
    """One section with `count` items, titled so that their order is the order of their rating keys."""
    items = [
        {"title": f"Item {n:05d}", "file": f"/data/movies/item.{n:05d}.mp4", "size": 5000 + n, **fields}
        for n in range(1, count + 1)
    ]
    return {"sections": [{"key": 1, "title": "Movies", "locations": ["/data/movies"], "items": items}]}
