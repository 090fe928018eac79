"""A sample of Stash's scenes, spread evenly over all of them, in a bounded number of requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from stash.client import StashClient
from stash.light import LightScene, light_pages
from validation.config import PlexSyncConfig
from validation.errors import StashUnavailable
from worker.jobs.selection import left_out_by_folder

#: Scenes in a sample, read in so many places of a larger library.
SIZE, PLACES = 500, 20

ENDS = """
query Ends {
  findScenes(filter: {per_page: 1, sort: "id", direction: DESC}) { count scenes { id } }
}
"""


@dataclass(frozen=True)
class Sample:
    """Scenes that have files and are not left out by their folder, of ``total`` in Stash.

    ``whole``: every scene of Stash was looked at. ``shut_out``: how many were left out by their folder.
    """

    scenes: tuple[LightScene, ...]
    total: int
    whole: bool
    shut_out: int = 0


def take_sample(stash: StashClient, config: PlexSyncConfig, size: int = SIZE) -> Sample:
    """About ``size`` scenes, or all when there are no more. Raises StashUnavailable."""
    answer = stash.execute(ENDS)
    try:
        ends = answer["findScenes"]
        total = int(ends["count"])
        last = int(ends["scenes"][0]["id"]) if ends["scenes"] else 0
    except (LookupError, TypeError, ValueError) as error:
        raise StashUnavailable(f"Stash answers in an unknown way ({type(error).__name__}).") from None
    whole = total <= size
    steps = [(0, size)] if whole else [(last * place // PLACES, size // PLACES) for place in range(PLACES)]
    found: dict[int, LightScene] = {}
    for after, count in steps if total else []:
        found.update({scene.id: scene for scene in _behind(stash, after, count)})
    with_files = [scene for scene in found.values() if scene.files]
    # Tags and ratings are not read for a sample.
    chosen = tuple(one for one in with_files if not left_out_by_folder([file.path for file in one.files], config))
    return Sample(chosen, total, whole, len(with_files) - len(chosen))


def _behind(stash: StashClient, after: int, count: int) -> Iterator[LightScene]:
    """Up to ``count`` scenes with a number above ``after`` that Stash can describe."""
    described = (scene for page in light_pages(stash, after, count) for scene in page.scenes)
    return islice(described, count)
