"""What travels from a hook to the worker: an event in the inbox, then a job in the queue.

A job says "scene 42 is dirty" and nothing else, so it can never push an old snapshot.
"""

from __future__ import annotations

import json
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError


class UpdateType(str, Enum):
    """Why a scene is dirty."""

    CREATE = "create"
    UPDATE = "update"
    DESTROY = "destroy"
    SYNC_ALL = "sync-all"


#: The hooks PlexSync listens to, and what each means for the scene it names.
HOOKS = {
    "Scene.Create.Post": UpdateType.CREATE,
    "Scene.Update.Post": UpdateType.UPDATE,
    "Scene.Destroy.Post": UpdateType.DESTROY,
}


class Event(BaseModel):
    """One hook as it lies in the inbox. ``connection`` is Stash's ``server_connection``, cookie included."""

    model_config = ConfigDict(frozen=True)

    scene_id: PositiveInt
    update_type: UpdateType
    connection: dict[str, Any] = Field(default_factory=dict, repr=False)


class Job(BaseModel):
    """One dirty scene in the queue. Times are seconds since 1970, so that they survive a restart."""

    model_config = ConfigDict(frozen=True)

    scene_id: PositiveInt
    update_type: UpdateType = UpdateType.UPDATE
    generation: int = 1
    attempts: int = 0
    due: float = 0.0
    missing_since: float | None = None
    reason: str = ""

    def renewed(self, update_type: UpdateType, now: float) -> Job:
        """The same job after another event: due at once, its failures forgotten."""
        kept = UpdateType.DESTROY if self.update_type is UpdateType.DESTROY else update_type
        return Job(
            scene_id=self.scene_id,
            update_type=kept,
            generation=self.generation + 1,
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
        return Event(
            scene_id=hook["id"],
            update_type=HOOKS[hook["type"]],
            connection=content.get("server_connection") or {},
        )
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        raise ValueError(f"not an event of PlexSync's ({type(error).__name__})") from None
