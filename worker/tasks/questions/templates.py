"""How a template would read, with a real scene."""

from __future__ import annotations

from pydantic import ValidationError

from stash.client import StashClient, understood
from stash.scenes import read_scenes
from validation.config import PlexSyncConfig
from validation.scenes import Scene
from worker.answering import Content
from worker.metadata.wanted import wanted_of

#: The scene changed last: most likely one that the person has in mind.
NEWEST = """query NewestScene {
  findScenes(filter: {per_page: 1, sort: "updated_at", direction: DESC}) { scenes { id } }
}"""


def example(template: str, stash: StashClient, config: PlexSyncConfig) -> Content:
    """``text``: the template for the scene that was changed last, named by ``scene``. Raises StashUnavailable."""
    try:
        shown = PlexSyncConfig.model_validate({"title_template": template})
    except ValidationError as error:
        return {"error": error.errors(include_input=False, include_url=False)[0]["msg"].removeprefix("Value error, ")}
    answer = stash.execute(NEWEST)
    with understood():
        ids = [int(one["id"]) for one in answer["findScenes"]["scenes"]]
    scene = read_scenes(stash, ids).get(ids[0]) if ids else None
    if not isinstance(scene, Scene):
        return {"error": "Stash has no scene to show it with."}
    update = {"title_template": shown.title_template, "skip_title": False}
    return {"scene": scene.name, "text": wanted_of(scene, config.model_copy(update=update)).texts["title"] or ""}
