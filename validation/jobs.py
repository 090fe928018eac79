"""What travels from a hook to the worker: an event in the inbox, then a job in the queue.

A job says "scene 42 is dirty" and nothing else, so it can never push an old snapshot.
"""

from __future__ import annotations

import json
from enum import Enum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError


class UpdateType(str, Enum):
    """Why a scene is dirty."""

    CREATE = "create"
    UPDATE = "update"
    RELATED = "related"
    OVERWRITE = "overwrite"
    DESTROY = "destroy"
    RECONCILE = "reconcile"


#: Types that a waiting job keeps when another event joins it: reading the scene again would not tell of them.
LASTING = frozenset({UpdateType.DESTROY, UpdateType.OVERWRITE})

#: The hooks PlexSync listens to: what was changed, and what that means for the scenes concerned.
HOOKS = {
    "Scene.Create.Post": ("scene", UpdateType.CREATE),
    "Scene.Update.Post": ("scene", UpdateType.UPDATE),
    "Scene.Destroy.Post": ("scene", UpdateType.DESTROY),
    "Performer.Update.Post": ("performer", UpdateType.UPDATE),
    "Performer.Destroy.Post": ("performer", UpdateType.DESTROY),
    "Studio.Update.Post": ("studio", UpdateType.UPDATE),
    "Studio.Destroy.Post": ("studio", UpdateType.DESTROY),
    "Tag.Update.Post": ("tag", UpdateType.UPDATE),
    "Tag.Merge.Post": ("tag", UpdateType.UPDATE),
    "Tag.Destroy.Post": ("tag", UpdateType.DESTROY),
    "Group.Update.Post": ("group", UpdateType.UPDATE),
    "Group.Destroy.Post": ("group", UpdateType.DESTROY),
}


#: SQLite's largest integer: Stash has no id beyond it.
LARGEST_ID = 2**63 - 1

#: An id of Stash's.
Number = Annotated[int, Field(gt=0, le=LARGEST_ID)]


class Event(BaseModel):
    """One hook as it lies in the inbox: ``id`` is a scene's, or that of the ``kind`` of thing scenes show.

    ``connection`` is Stash's ``server_connection``, cookie included.
    """

    model_config = ConfigDict(frozen=True)

    kind: str = "scene"
    id: Number
    update_type: UpdateType
    connection: dict[str, Any] = Field(default_factory=dict, repr=False)


class Job(BaseModel):
    """One dirty scene in the queue. Times are seconds since 1970, so that they survive a restart.

    ``due``: when it may run. ``missing_since``: since when Plex lacks its file, and ``files`` the names it has in
    Stash. ``reason``: why it waits. ``lists_left``: its fields were dealt with, and the writes of its lists of tags are
    left, which take this Plex long; the scene is looked at as a whole all the same.
    """

    model_config = ConfigDict(frozen=True)

    scene_id: Number
    update_type: UpdateType = UpdateType.UPDATE
    attempts: int = 0
    due: FiniteFloat = 0.0
    missing_since: float | None = None
    files: tuple[str, ...] = ()
    reason: str = ""
    lists_left: bool = False

    def renewed(self, update_type: UpdateType, now: float) -> Job:
        """The same job after another event: due at once and whole, its failures forgotten."""
        kept = self.update_type if self.update_type in LASTING and update_type not in LASTING else update_type
        if (self.update_type, update_type) == (UpdateType.DESTROY, UpdateType.RECONCILE):
            kept = update_type  # who compares both libraries has looked whether it is gone
        return Job(
            scene_id=self.scene_id,
            update_type=kept,
            due=now,
            missing_since=self.missing_since,
        )


def parse_event(raw: bytes) -> Event:
    """Read one file of the inbox.

    Raises:
        ValueError: it is no event; the text says why and repeats nothing of the file.
    """
    try:
        content = json.loads(raw)
        hook = content["hook"]
        kind, update_type = HOOKS[hook["type"]]
        connection = content.get("server_connection")
        return Event(
            kind=kind,
            id=hook["id"],
            update_type=update_type,
            # Another way to Stash may be known: a scene must not be lost over this one.
            connection=connection if isinstance(connection, dict) else {},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ValidationError) as error:
        raise ValueError(f"not an event of PlexSync's ({type(error).__name__})") from None
