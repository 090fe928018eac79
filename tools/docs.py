"""``make docs``: docs/settings.md and docs/tasks.md out of PlexSync.yml, so that they say what Stash shows.

Groups of settings are those of the page (page/pure.js), their names too (page/words.js). What a task has to be told
beyond its description stands here.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from validation.config import PlexSyncConfig

ROOT = Path(__file__).parent.parent

MADE = "<!-- Made by `make docs` out of PlexSync.yml: change the text there. -->"

_TYPES = {"BOOLEAN": "switch", "STRING": "text", "NUMBER": "number"}

SETTINGS_INTRO = """
PlexSync's page in Stash has them under Settings, with a word to each, lists to choose from, and templates tried with a
scene of yours. Stash's own page has them under Settings > Plugins > PlexSync, in one long list sorted by key.

- Stash has no defaults: empty, off and 0 mean the default.
- Lists are separated by commas, or by semicolons if there is one.
- A setting that cannot be used is named in the log with what was given, what is accepted, and what stands in for it;
  all the others work on. But while one cannot be read that holds something back (which libraries, scenes or tags, and
  edits to keep), nothing is sent, and **Status** says why.
- **Check Setup** also names settings that contradict each other, tags that Stash does not have, and folders without a
  scene.
- How fields, templates and collections work together stands in [fields.md](fields.md).
"""

TASKS_INTRO = r"""
They stand in Stash under Settings > Tasks, in the box of PlexSync. The page starts the common ones, too.

All of them end in one line, and those that take long show progress. Stop works at any moment, and the background worker
does what remains; Stash's log then says "Plugin returned error: signal: killed", which is how Stash stops a plugin, and
harms nothing. Stash's log page, opened afterwards, has the last 30 lines only: leave it open while a task runs, or look
into the file `data/plexsync-tasks.log` in the plugin's folder.

Stash's buttons cannot pass arguments. Where a task has some, start it through Stash's API, for example:

```
curl -H 'Content-Type: application/json' -H 'ApiKey: YOUR_KEY' http://127.0.0.1:9999/graphql -d '{"query":
  "mutation { runPluginTask(plugin_id: \"PlexSync\", task_name: \"Preview\", args_map: {scene_ids: \"42,43\"}) }"}'
```

Numbers of scenes are written as in `"42,43"`; an empty text names none. Without a password in Stash, leave the header
`ApiKey` out.
"""

#: By mode, what else is good to know of a task.
MORE: Mapping[str, str] = {
    "check-setup": """
        One line each: Python and packages, the data folder, Stash, the settings, the Plex address, the token
        and its rights, the libraries, the paths of your files, the worker. Each line begins with a tick, a
        cross, an exclamation mark or an arrow. It prints the path map that would make your files match, ready
        to paste. At the end it names what blocks most, or what to do now and how many scenes that would send.""",
    "reconcile": """
        It finds edits made while the plugin was off, merged scenes, Auto Tag, moved files, generated covers,
        changes made in Plex, and reads in full only what changed. The background worker does the same once a
        day (`reconcile_every_hours`), for the first time one interval after the plugin was first used; soon
        after an update of the plugin, a changed setting that changes what is written, or a long outage of
        Plex; and at once when a worker starts that was away. While a task of Stash's runs, it waits, for an
        hour at most. A scheduled comparison that would change more than half of at least 25 scenes that were
        right stops, says so in the log and in Status, and waits for this button; Preview shows what it
        stopped.""",
    "preview": """
        How many scenes and fields would be written, for what reasons others would not, ten examples of each
        with before and after, and apart from them what somebody edited in Plex since. It works on copies of
        PlexSync's own data, and the background worker goes on meanwhile. Covers are not compared unless the
        argument `covers` is `"true"`; `scene_ids` looks at some scenes only. The whole report, one scene a
        line, lies in `data/preview.jsonl`.""",
    "status": "Also what is parked and why, what your selection leaves out, and what was written last.",
    "history": """
        Newest first. Arguments: `scene_ids`, `run` (the number of a run), `limit`. The journal goes back
        `journal_days`, as far as `journal_megabytes` reach; what Plex held before the first write is kept for
        ever.""",
    "undo": """
        Fields, tags, posters and collections, but for what somebody changed in Plex since. Arguments:
        `confirm`, which is `"yes"`, does it; `run`, `scene_ids` and `since` choose other writes; `scene_ids`
        alone gives these scenes everything back. What was taken back is held: it is not written again until
        Release Holds. An undo can be undone: its last line says how.""",
    "give-back": """
        Back to what stood in Plex before the first write, also for scenes that are gone from Stash. The
        argument `confirm` does it, with the value `"yes"`. What changes in Stash meanwhile is noted. Run it
        before you uninstall, if Plex shall look as before.""",
    "bug-report": """
        The file is `data/bug-report.txt`. On the page, under Setup, the button "Save a bug report" gives the
        same to your browser. A title becomes a sign such as x7, the same one all through the report, so that
        equal paths can be told from different ones; addresses become host1, host2. Read it before you attach
        it to an issue.""",
    "import-plays": """
        It reads Plex's whole history. Left out, and counted with the reason: what another account played, items
        that PlexSync never matched or that hold files of several scenes, and times at which Stash has a play
        already. With `resume_from_plex`, where items were left comes too, where Stash has no position of its own.
        The argument `confirm` does it, with the value `"yes"`; Undo Last Run takes it back.""",
    "overwrite-edits": "The argument `scene_ids` names single scenes.",
}


def settings_document(manifest: Mapping[str, Any]) -> str:
    """docs/settings.md."""
    parts = [f"# Settings\n\n{MADE}\n{SETTINGS_INTRO}"]
    for title, keys in groups(manifest["settings"]):
        parts.append(f"\n## {title}\n\n" + "\n".join(_setting(key, manifest["settings"][key]) for key in keys) + "\n")
    return "".join(parts)


def tasks_document(manifest: Mapping[str, Any]) -> str:
    """docs/tasks.md."""
    parts = [f"# Tasks\n\n{MADE}\n{TASKS_INTRO}"]
    for task in manifest["tasks"]:
        more = " ".join(MORE.get(task["defaultArgs"]["mode"], "").split())
        text = "\n\n".join(_filled(one) for one in (task["description"], more) if one)
        parts.append(f"\n## {task['name']}\n\n{text}\n")
    return "".join(parts)


def groups(settings: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Names of the page's groups with the keys in each, in the order of PlexSyncConfig: the longest entry wins."""
    script = (ROOT / "page" / "pure.js").read_text(encoding="utf-8")
    entries = ast.literal_eval(_between(script, "const GROUPS = ", ";"))
    words = (ROOT / "page" / "words.js").read_text(encoding="utf-8")
    titles = dict(re.findall(r'"settings\.group\.(\w+)": "([^"]+)"', words))
    found: dict[str, list[str]] = {name: [] for name in [*(name for name, _ in entries), "others"]}
    for key in sorted(settings, key=list(PlexSyncConfig.model_fields).index):
        best = max(entries, key=lambda group: _fit(key, group[1]))
        found[best[0] if _fit(key, best[1]) else "others"].append(key)
    return [(titles[name], keys) for name, keys in found.items() if keys]


def _fit(key: str, entries: Sequence[str]) -> int:
    """How many letters of a key an entry names: a whole key, or the beginning of one, which ends with "_"."""
    return max((len(one) for one in entries if key == one or (one.endswith("_") and key.startswith(one))), default=0)


def _setting(key: str, setting: Mapping[str, str]) -> str:
    text = f"**{setting['displayName']}** (`{key}`, {_TYPES[setting['type']]}): {setting['description']}"
    return _filled(text, "- ")


def _filled(text: str, bullet: str = "") -> str:
    return textwrap.fill(
        text,
        120,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _between(text: str, first: str, last: str) -> str:
    return text.partition(first)[2].partition(last)[0]


def documents() -> dict[Path, str]:
    """Each document by its path."""
    manifest = yaml.safe_load((ROOT / "PlexSync.yml").read_text(encoding="utf-8"))
    return {
        ROOT / "docs" / "settings.md": settings_document(manifest),
        ROOT / "docs" / "tasks.md": tasks_document(manifest),
    }


def main() -> int:
    """Write both documents."""
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{path.relative_to(ROOT)}: {len(text.split()):,} words")
    return 0


if __name__ == "__main__":
    sys.exit(main())
