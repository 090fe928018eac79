"""What the tests put into Stash, and take out of it again: clips in a folder of their own, scenes, tags, studios."""

from __future__ import annotations

import os
import shutil
import struct
from pathlib import Path
from typing import Any

from tests.live.stash import LiveStash, StashSaysNo

#: In the name of everything the tests make.
MARK = "PlexSync live test"
FOLDER = "plexsync-live-test"
_ONE_CLIP = Path(__file__).parent / "clip.mp4"
_SCENES = "query($f:SceneFilterType!){findScenes(scene_filter:$f,filter:{per_page:-1}){scenes{id title files{path}}}}"
_KINDS = (("Tag", "tags"), ("Studio", "studios"), ("Performer", "performers"))


def library_folder(stash: LiveStash, wanted: str = "") -> Path:
    """A folder for our clips in one of Stash's libraries: below ``wanted``, or below the first that can be written to.

    Raises StashSaysNo.
    """
    stashes = stash.ask("{configuration{general{stashes{path excludeVideo}}}}")["configuration"]["general"]["stashes"]
    roots = [Path(entry["path"]) for entry in stashes if not entry["excludeVideo"]]
    if wanted:
        place = Path(wanted).resolve()
        if not any(place == root.resolve() or root.resolve() in place.parents for root in roots):
            raise StashSaysNo(f"STASH_CLIPS={wanted} is in none of Stash's libraries: {', '.join(map(str, roots))}.")
        return place / FOLDER
    for root in roots:
        if os.access(root, os.W_OK):
            return root / FOLDER
    raise StashSaysNo(
        "None of Stash's libraries can be written to from here; name a folder in one of them: STASH_CLIPS=…"
    )


def make_clips(folder: Path, count: int, first: int = 1) -> list[Path]:
    """Videos of one second, no two of the same content or size: Stash takes equal files for one scene. They are
    numbered from ``first``."""
    folder.mkdir(parents=True, exist_ok=first > 1)
    numbers = range(first, first + count)
    video, clips = _ONE_CLIP.read_bytes(), [folder / f"live clip {number:03d}.mp4" for number in numbers]
    for number, clip in zip(numbers, clips, strict=True):
        free = os.urandom(100 + number)
        clip.write_bytes(video + struct.pack(">I4s", 8 + len(free), b"free") + free)
    return clips


def scan(stash: LiveStash, folder: Path, covers: bool = False) -> None:
    """Let Stash find what is in our folder, and make covers of it if it shall."""
    query = "mutation($p:[String!],$c:Boolean){metadataScan(input:{paths:$p,scanGenerateCovers:$c})}"
    stash.wait_for(str(stash.ask(query, p=[str(folder)], c=covers)["metadataScan"]))


def scenes_in(stash: LiveStash, folder: Path) -> dict[str, int]:
    """The scenes of the clips in our folder, by path. Only those: each of their files lies there."""
    found = stash.ask(_SCENES, f={"path": {"value": f"{folder}{os.sep}", "modifier": "INCLUDES"}})
    return {
        scene["files"][0]["path"]: int(scene["id"])
        for scene in found["findScenes"]["scenes"]
        if scene["files"] and all(Path(file["path"]).parent == folder for file in scene["files"])
    }


def clear_away(stash: LiveStash, folder: Path) -> None:
    """Take everything of ours out of Stash: also what a run left behind that was killed."""
    scenes = list(scenes_in(stash, folder).values())
    titled = stash.ask(_SCENES, f={"title": {"value": MARK, "modifier": "INCLUDES"}})["findScenes"]["scenes"]
    scenes += [int(scene["id"]) for scene in titled if scene["title"].startswith(MARK) and not scene["files"]]
    if scenes:
        stash.ask(
            "mutation($i:[ID!]!){scenesDestroy(input:{ids:$i,delete_file:true,delete_generated:true})}",
            i=[str(scene) for scene in scenes],
        )
    for kind, listed in _KINDS:
        _destroy_marked(stash, kind, listed)
    if folder.exists():
        shutil.rmtree(folder)
        clean = "mutation($p:[String!]){metadataClean(input:{paths:$p,dryRun:false})}"
        stash.wait_for(str(stash.ask(clean, p=[str(folder)])["metadataClean"]))


def _destroy_marked(stash: LiveStash, kind: str, listed: str) -> None:
    query = f"query($q:String!){{find{kind}s(filter:{{q:$q,per_page:-1}}){{{listed}{{id name}}}}}}"
    found: list[dict[str, Any]] = stash.ask(query, q=f'"{MARK}"')[f"find{kind}s"][listed]
    for one in found:
        if one["name"].startswith(MARK):
            stash.ask(f"mutation($i:ID!){{{kind.lower()}Destroy(input:{{id:$i}})}}", i=one["id"])
