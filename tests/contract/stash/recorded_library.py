"""The library of the Stash that was recorded, as far as its answers show it."""

from __future__ import annotations

from typing import Any

LATER = "2026-11-21T03:19:32Z"
EARLIER = "2026-11-21T03:19:31Z"
FIRST = "2026-11-21T03:06:30Z"

LIBRARY: dict[str, Any] = {
    "tags": [
        {"id": 1, "name": "Tg", "updated_at": FIRST},
        {"id": 4, "name": "Tag A2", "updated_at": LATER},
    ],
    "performers": [
        {"id": 1, "name": "Jane 2", "updated_at": FIRST},
        {"id": 3, "name": "Performer A2", "updated_at": LATER},
    ],
    "studios": [
        {"id": 1, "name": "St 2", "updated_at": FIRST},
        {"id": 3, "name": "Studio A2", "parent": "Parent Studio", "updated_at": LATER},
        {"id": 4, "name": "Parent Studio", "updated_at": EARLIER},
    ],
    "groups": [
        {"id": 1, "name": "Gr", "updated_at": FIRST},
        {"id": 2, "name": "Group A2", "updated_at": LATER},
    ],
    "scenes": [
        {
            "id": 1,
            "updated_at": EARLIER,
            "files": [
                {"id": 1, "path": "/media/stash/Studio.1.Scene.2024-01-15.mp4", "size": 42683},
                {"id": 2, "path": "/media/stash/renamed.mp4", "size": 54607},
            ],
        },
        {
            "id": 3,
            "title": "A scene",
            "code": "ABC-001",
            "details": "What happens.",
            "director": "A Director",
            "urls": ["https://example.org/scene/3"],
            "date": "2024-03-15",
            "rating100": 80,
            "organized": True,
            "studio": 3,
            "performers": [3],
            "tags": [4],
            "groups": [{"group": 2, "scene_index": 2}],
            "stash_ids": [
                {
                    "endpoint": "https://example.org/graphql",
                    "stash_id": "00000000-0000-0000-0000-000000000001",
                }
            ],
            "created_at": "2026-11-21T03:04:10Z",
            "updated_at": EARLIER,
            "files": [
                {
                    "id": 3,
                    "path": "/media/stash/sub/Studio.3.Scene.2024-03-15.mp4",
                    "size": 66770,
                    "duration": 5,
                    "mod_time": "2026-11-21T03:03:27Z",
                    "oshash": "48b8cd114bf7a4e6",
                }
            ],
        },
        {
            "id": 6,
            "updated_at": EARLIER,
            "files": [
                {
                    "id": 6,
                    "path": "/media/stash/Studio.6.Scene.2024-06-15.mp4",
                    "size": 103854,
                    "oshash": "8624c80773ea1c38",
                },
                {"id": 5, "path": "/media/stash/Studio.5.Scene.2024-05-15.mp4", "size": 91533},
            ],
        },
        {"id": 7, "files": ["/media/stash/7.mp4"]},
        {"id": 8, "files": ["/media/stash/8.mp4"]},
        {"id": 9, "title": "Made by hand", "created_at": EARLIER, "updated_at": EARLIER},
    ],
    "plugin_settings": {"Probe": {"a_string": "only"}},
}
