"""PlexSync.yml: what Stash's strict parser takes, and the same settings as the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tools.docs import MORE, documents
from validation.config import PlexSyncConfig
from validation.jobs import HOOKS
from worker.hook import _KNOWN
from worker.metadata.labels import label
from worker.metadata.wanted import TAG_FIELDS, TEXT_FIELDS
from worker.tasks.running import load
from worker.tasks.table import BY_MODE

ROOT = Path(__file__).parent.parent.parent
MANIFEST = yaml.safe_load((ROOT / "PlexSync.yml").read_text(encoding="utf-8"))
SETTINGS = MANIFEST["settings"]


def test_only_keys_that_stash_knows() -> None:
    assert set(MANIFEST) <= {"name", "description", "url", "version", "exec", "interface", "errLog", "hooks",
                             "tasks", "settings", "ui"}  # fmt: skip
    for hook in MANIFEST["hooks"]:
        assert set(hook) <= {"name", "description", "triggeredBy", "defaultArgs", "execArgs"}
    for task in MANIFEST["tasks"]:
        assert set(task) <= {"name", "description", "defaultArgs", "execArgs"}
        assert all(isinstance(value, str) for value in task["defaultArgs"].values())
    for setting in SETTINGS.values():
        assert set(setting) == {"displayName", "description", "type"}
        assert setting["type"] in {"STRING", "NUMBER", "BOOLEAN"}


def test_there_is_no_other_yml_that_stash_would_take_for_a_plugin() -> None:
    tracked = [path for path in ROOT.glob("*") if path.is_dir() and not path.name.startswith(".")]
    inside = [path for folder in tracked if folder.name not in {"data", "dist"} for path in folder.rglob("*.yml")]
    assert [path for path in inside if "node_modules" not in path.parts] == []
    assert list(ROOT.glob("*.yml")) == [ROOT / "PlexSync.yml"]


def test_one_process_per_hook_and_no_arguments_before_hook_context() -> None:
    # Stash starts one process per matching entry, and sorts args: a key before "hookContext" would move it.
    assert len(MANIFEST["hooks"]) == 1
    assert "defaultArgs" not in MANIFEST["hooks"][0]


def test_every_hook_is_known_everywhere() -> None:
    assert set(MANIFEST["hooks"][0]["triggeredBy"]) == set(HOOKS) == set(_KNOWN)


def test_every_task_has_a_function() -> None:
    assert {task["defaultArgs"]["mode"] for task in MANIFEST["tasks"]} == set(BY_MODE)
    for task in BY_MODE.values():
        assert callable(load(task).run)
        assert callable(load(task).open_context)


def test_manifest_and_settings_class_agree() -> None:
    assert set(SETTINGS) == set(PlexSyncConfig.model_fields)
    for key, field in PlexSyncConfig.model_fields.items():
        assert SETTINGS[key]["displayName"] == field.title


#: Settings that are numbers of their own, and no times in seconds.
NUMBERS = ["reconcile_every_hours", "journal_days", "journal_megabytes"]


@pytest.mark.parametrize("key", ["plex_connect_timeout", "plex_read_timeout", *NUMBERS])
def test_defaults_are_said_in_words(key: str) -> None:
    default = f"{PlexSyncConfig.model_fields[key].default:g}"
    assert f"default of {default}" in SETTINGS[key]["description"]


def test_one_version_everywhere() -> None:
    assert f'version = "{MANIFEST["version"]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.match(r"^\d+\.\d+\.\d+$", MANIFEST["version"])
    assert f"## {MANIFEST['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_the_documents_say_what_the_manifest_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == documents()[path], "run: make docs"


def test_every_setting_and_task_stands_once_in_the_documents() -> None:
    settings, tasks = (text for _, text in sorted(documents().items()))
    assert sorted(re.findall(r"^- \*\*[^*]+\*\*\s+\(`(\w+)`", settings, re.MULTILINE)) == sorted(SETTINGS)
    assert re.findall(r"^## (.+)$", tasks, re.MULTILINE) == [task["name"] for task in MANIFEST["tasks"]]
    assert set(MORE) <= set(BY_MODE)


def test_the_table_of_fields_names_every_field_and_what_switches_it_off() -> None:
    text = (ROOT / "docs" / "fields.md").read_text(encoding="utf-8")
    table = text[: text.index("## Texts by template")]
    switches = [key for key in PlexSyncConfig.model_fields if key.startswith(("skip_", "collection_"))]
    switches += ["title_template", "sort_title_template", "summary_template", "tagline_template", "content_rating"]
    assert [key for key in switches if f"`{key}`" not in table] == []
    labels = {"date": "originally available", "rating": "rating of the token", "tags": "genres", "labels": "labels"}
    labels |= {"performers": "actors", "director": "directors"}
    for field in (*TEXT_FIELDS, *TAG_FIELDS):
        assert labels.get(label(field.name), label(field.name)) in table


def test_every_setting_says_its_default() -> None:
    for key, setting in SETTINGS.items():
        if setting["type"] == "BOOLEAN":
            assert "Off by default" in setting["description"], key
        elif key in ("plex_url", "plex_token"):
            assert "must be set" in setting["description"]
        else:
            assert re.search(r"Empty (means|by default)|means the default of|Plex's own", setting["description"]), key


def test_every_text_setting_has_an_example() -> None:
    without = [key for key, setting in SETTINGS.items() if setting["type"] == "STRING" and key != "plex_token"]
    assert [key for key in without if "for example: " not in SETTINGS[key]["description"]] == []
    assert "https://support.plex.tv/" in SETTINGS["plex_token"]["description"]


def test_the_limits_of_numbers_are_said() -> None:
    for key in ("plex_connect_timeout", "plex_read_timeout"):
        (limit,) = [one.le for one in PlexSyncConfig.model_fields[key].metadata if hasattr(one, "le")]
        assert f"up to {limit}" in SETTINGS[key]["description"]


def test_the_readme_is_short_and_in_the_order_that_a_newcomer_needs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.split()) <= 1100
    assert re.findall(r"^## (.+)$", readme, re.MULTILINE) == [
        "What it does",
        "What it needs",
        "Install",
        "The first five minutes",
        "When something does not arrive",
        "What it does not do",
        "Undo and uninstall",
        "See it work",
        "More",
    ]
    assert readme.index("](docs/pictures/") < readme.index("PlexSync is a plugin")


def test_what_every_page_of_stash_waits_for_is_small() -> None:
    loaded = [*MANIFEST["ui"]["javascript"], *MANIFEST["ui"]["css"]]
    assert sum((ROOT / name).stat().st_size for name in loaded) <= 60_000
    # The rest comes when the page is opened; what lies in a folder of assets is served to whoever is logged in.
    assert MANIFEST["ui"]["assets"] == {"/page": "page"}
    assert {path.suffix for path in (ROOT / "page").iterdir()} == {".js", ".css"}


def test_the_page_knows_its_version_and_every_script_of_it_is_used() -> None:
    main = (ROOT / "page" / "main.js").read_text(encoding="utf-8")
    assert f'const VERSION = "{MANIFEST["version"]}";' in main
    sections = re.search(r"const SECTIONS = \{(.*?)\};", main, re.DOTALL)
    assert sections is not None
    later = {f"page/{name}.js" for name in (*re.findall(r"(\w+):", sections[1]), "tab")}
    scripts = {path.relative_to(ROOT).as_posix() for path in (ROOT / "page").glob("*.js")}
    assert scripts == later | set(MANIFEST["ui"]["javascript"])


def test_every_sentence_of_the_page_stands_in_its_dictionary() -> None:
    scripts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "page").glob("*.js")}
    known = set(re.findall(r'^\t\t"?([\w.]+)"?:', scripts.pop("words.js"), re.MULTILINE))
    used = {key for text in scripts.values() for key in re.findall(r'\bt\("([\w.]+)"', text)}
    begun = {key for text in scripts.values() for key in re.findall(r"\bt\(`([\w.]+)\.\$", text)}
    assert used <= known
    assert all(any(one.startswith(f"{key}.") for one in known) for key in begun)
    chosen = {key for text in scripts.values() for key in re.findall(r'[?:] "([a-z]+\.[a-z.]+)"', text)}
    assert {key for key in known if key not in used | chosen and key.rpartition(".")[0] not in begun} == set()
