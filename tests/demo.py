"""``make demo``: the plugin's main job, shown on a stand-in Stash and a stand-in Plex.

Everything between the two is real: the plugin's own processes, started as Stash starts them, real HTTP and
files. Waiting times are twenty times shorter than in real life.
"""

from __future__ import annotations

import tempfile
import textwrap
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.harness import Setup, eventually, installed

STASH_FOLDER, PLEX_FOLDER = "/media/stash", "/plex/clips"
MAP = f"{STASH_FOLDER} => {PLEX_FOLDER}"
FILES = {
    1: "Harbour/harbour.lights.mp4",
    2: "Harbour/low.tide.mp4",
    3: "North/first.snow.mp4",
    4: "North/late.arrival.mp4",
}
SHOWN = {"title": "title", "studio": "studio", "originallyAvailableAt": "date", "summary": "summary"}

STASH_LIBRARY = {
    "studios": [{"id": 1, "name": "Harbour Films"}, {"id": 2, "name": "North Light"}],
    "scenes": [
        {"id": n, "title": "", "files": [{"path": f"{STASH_FOLDER}/{name}", "size": 1_000_000 + n}]}
        for n, name in FILES.items()
    ],
}
PLEX_LIBRARY = {
    "sections": [
        {
            "key": 1,
            "title": "Clips",
            "type": "movie",
            "agent": "tv.plex.agents.none",
            "locations": [PLEX_FOLDER],
            "items": [
                {"title": Path(name).stem, "file": f"{PLEX_FOLDER}/{name}", "size": 1_000_000 + n}
                for n, name in FILES.items()
                if n != 4  # Plex has not scanned this one yet
            ],
        }
    ]
}


def say(text: str = "", indent: str = "") -> None:
    """Print a paragraph."""
    print(textwrap.fill(text, 96, initial_indent=indent, subsequent_indent=indent + "  " * bool(indent)), flush=True)


def heading(number: int, text: str) -> None:
    """Print the title of a step."""
    print(f"\n{number}. {text}\n", flush=True)


class Demo:
    """The steps, on one installation."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def shown(self, scene: int) -> Mapping[str, Any]:
        """What Plex shows of a scene's file; nothing when it does not have it."""
        try:
            item = self._setup.plex.find(f"{PLEX_FOLDER}/{FILES[scene]}")
        except KeyError:
            return {}
        return {label: item.get(name) or "-" for name, label in SHOWN.items()}

    def watch(self, scenes: list[int], act: Callable[[], object], true: Callable[[], bool]) -> None:
        """Do something in Stash and print how each Plex item changes."""
        before = {scene: self.shown(scene) for scene in scenes}
        started = time.monotonic()
        act()
        eventually(true)
        print(f"   Plex showed it after {(time.monotonic() - started) * 1000:.0f} ms:")
        for scene in scenes:
            print(f"   Plex item {PLEX_FOLDER}/{FILES[scene]}")
            for label, new in self.shown(scene).items():
                old = before[scene].get(label, "(not in Plex)")
                if new != "-":
                    mark = f"{old}  ->  {new}" if old != new else f"{new}  (as before)"
                    print(f"     {label + ':':9}{mark}")

    def save(self, scene: int, **fields: object) -> None:
        """Save a scene in Stash, as its edit page does, and say how long Save took."""
        seconds = self._setup.stash.save(scene, **fields)
        print(f"   Saved in Stash: the scene of {FILES[scene]}; Save took {seconds * 1000:.0f} ms")

    def shows(self, scene: int, **wanted: str) -> bool:
        """Whether Plex shows these values."""
        shown = self.shown(scene)
        return all(shown.get(label) == value for label, value in wanted.items())

    def task(self, name: str, **arguments: str) -> None:
        """Press a task's button in Stash, or start it with arguments, and print what its log shows."""
        stash = self._setup.stash
        seen = len(stash.log)
        given = ", ".join(f"{key}: {value}" for key, value in arguments.items())
        print(f"   Task {name}{f' ({given})' if given else ''}. Stash's log:")
        stash.wait_for_job(stash.run_task("PlexSync", name, arguments or None))
        for entry in stash.log[seen:]:
            if entry["plugin"] == "PlexSync" and entry["level"] in ("Info", "Warning", "Error"):
                say(entry["message"].replace(self._setup.data.root, "data"), "     ")

    def page(self) -> None:
        """Ask what the page in Stash asks, and print what its overview shows."""
        operation = 'mutation Look($args: Map) { runPluginOperation(plugin_id: "PlexSync", args: $args) }'
        asked = {"operation": "look", "at": {"overview": {}}}
        seen = self._setup.stash.graphql(operation, {"args": asked})["data"]["runPluginOperation"]["overview"]
        counts = [f"{count} {state.replace('_', ' ')}" for state, count in seen["counts"].items() if count]
        running = "✓ The background worker is running." if seen["worker"]["running"] else "The worker is not running."
        lines = [
            *("[Overview]  Scenes   History   From Plex   Preview   Settings   Setup", "", running, ""),
            *("   ".join(f"| {one} |" for one in counts), ""),
            *("Written last", *(f"  - Scene {one['scene']}: {one['what']}" for one in seen["written"][:3]), ""),
            *(
                "Finished tasks",
                *(
                    "  " + textwrap.shorten(f"- {one['name']}: {one['summary']}", 80, placeholder=" …")
                    for one in seen["runs"][:3]
                ),
            ),
        ]
        print("   +" + "-" * 86 + "+")
        for line in ("PlexSync", "", *lines):
            print(f"   | {line:84} |")
        print("   +" + "-" * 86 + "+", flush=True)


def switch_on(setup: Setup) -> None:
    """Plex comes back."""
    setup.plex.start()
    print("   Plex is on again.")


def run(demo: Demo, setup: Setup) -> None:
    """All steps."""
    say("Stash is where somebody keeps order among video files: titles, studios, dates. Plex is what plays the same "
        "files on the television, and it knows none of that. PlexSync is a plugin of Stash's that tells Plex. Here "
        "it works between a stand-in Stash and a stand-in Plex, both started for this demonstration.")  # fmt: skip
    say()
    say("What would take minutes in real life, such as looking again for a file that Plex lacks, goes twenty times "
        "faster here.")  # fmt: skip
    print(f"\n   Stash sees the files under  {STASH_FOLDER}\n   Plex sees the same files in {PLEX_FOLDER}")
    print(f'   The setting "Path map" says   {STASH_FOLDER} => {PLEX_FOLDER}')

    heading(1, "A scene is saved in Stash")
    demo.watch(
        [1],
        lambda: demo.save(1, title="Harbour Lights", studio_id="1", date="2024-03", details="Boats come home at dusk."),
        lambda: demo.shows(1, title="Harbour Lights"),
    )
    say()
    say("Save did not wait for Plex: it left a note in a folder, and a worker in the background did the rest. Stash "
        "knew only the month, Plex wants a day: the first.")  # fmt: skip

    heading(2, "One word is corrected; only that is written")
    setup.plex.reset_counts()
    demo.watch([1], lambda: demo.save(1, title="Harbor Lights"), lambda: demo.shows(1, title="Harbor Lights"))
    print(f"   Requests that changed something in Plex: {setup.plex.counts()['writes']}.")

    heading(3, "Two scenes are edited at once")
    demo.watch(
        [2, 3],
        lambda: print(f"   Bulk edit of two scenes took {setup.stash.bulk_save([2, 3], studio_id='2') * 1000:.0f} ms"),
        lambda: demo.shows(2, studio="North Light") and demo.shows(3, studio="North Light"),
    )

    heading(4, "A scene is saved before Plex has found its file")
    demo.save(4, title="Late Arrival", details="Plex scans the file later.")
    eventually(lambda: setup.waiting() == [4])
    print("   Plex does not have the file yet: the scene waits, and nothing else is held up.")
    demo.watch(
        [4],
        lambda: (
            setup.plex.add_item(1, f"{PLEX_FOLDER}/{FILES[4]}", 1_000_004, title="late.arrival"),
            print("   Now Plex finds the file by itself."),
        ),
        lambda: demo.shows(4, title="Late Arrival"),
    )

    heading(5, "Plex is switched off for a moment")
    setup.plex.stop()
    print("   Plex is off.")
    demo.save(3, title="First Snow", details="Saved while Plex was off.")
    eventually(lambda: "Changed scenes wait until it is back" in setup.log() and setup.waiting() == [3])
    print("   The worker noticed: the scene waits. Nothing is lost.")
    demo.watch(
        [3],
        lambda: switch_on(setup),
        lambda: demo.shows(3, title="First Snow"),
    )

    heading(6, "Everything is compared, and nothing is left to write")
    setup.plex.reset_counts()
    demo.task("Sync All Scenes")
    print(f"   Requests that changed something in Plex: {setup.plex.counts()['writes']}.")

    heading(7, "A preview: what would change, with the studio before each title")
    template = "[{studio}: ]{title}"
    say(f'The setting "Template for the title" becomes {template}, and "Only look, write nothing" keeps Plex as it is.')
    setup.settings(path_map=MAP, title_template=template, only_look=True)
    demo.task("Preview")

    heading(8, "It is written, and taken back")
    setup.settings(path_map=MAP, title_template=template)
    demo.watch([1], lambda: demo.task("Sync All Scenes"), lambda: demo.shows(1, title="Harbour Films: Harbor Lights"))
    demo.watch([1], lambda: demo.task("Undo Last Run", confirm="yes"), lambda: demo.shows(1, title="Harbor Lights"))
    say("What was taken back is held: PlexSync leaves it alone until somebody lets go of it. Here the template goes, "
        "and then the holds.")  # fmt: skip
    setup.settings(path_map=MAP)
    demo.task("Release Holds")
    eventually(setup.idle)

    heading(9, "What PlexSync's page in Stash shows now, as text")
    demo.page()


def main() -> None:
    """Run the demonstration; everything ends with it."""
    print("Starting a stand-in for Stash, with PlexSync in it, and one for Plex ...\n", flush=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        installed(Path(folder), STASH_LIBRARY, PLEX_LIBRARY, configured=False) as setup,
    ):
        setup.settings(path_map=MAP)
        run(Demo(setup), setup)
    say()
    say("Done: both stand-ins and the worker have ended. README.md says how to install PlexSync into a real Stash.")


if __name__ == "__main__":
    main()
