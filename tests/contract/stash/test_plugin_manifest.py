"""Plugin files are read as strictly as Stash reads them."""

from pathlib import Path

import pytest

from tests.contract.stash.support import data, scenes, write_plugin
from tests.doubles.stash import StashDouble
from tests.doubles.stash.plugin_manifest import ManifestError, load, load_all

GOOD = """
name: Name
description: words
version: 0.10
url: https://example.org
exec: [python, "{pluginDir}/x.py"]
errLog: info
tasks:
  - {name: T, description: t, execArgs: [--x], defaultArgs: {n: 1}}
hooks:
  - {name: h, triggeredBy: [Scene.Update.Post]}
settings:
  b: {displayName: B}
  a: {displayName: A, type: NUMBER, description: about a}
ui:
  requires: [Other]
  javascript: [x.js]
  css: [x.css]
  assets: {/: public}
  csp: {script-src: [x], style-src: [y], connect-src: [z]}
"""


def _load(folder: Path, text: str) -> object:
    path = folder / "Some.yml"
    path.write_text(text)
    return load(str(path))


def test_everything_that_may_stand_in_it(tmp_path: Path) -> None:
    path = tmp_path / "Some.yml"
    path.write_text(GOOD)
    manifest = load(str(path))

    assert (manifest.id, manifest.name, manifest.version) == ("Some", "Name", "0.10")
    assert manifest.tasks[0].default_args == {"n": "1"}
    assert [(s.name, s.type) for s in manifest.settings] == [("a", "NUMBER"), ("b", "STRING")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: x\nauthor: y\n", "line 2: field author not found in type plugin.Config"),
        ("settings:\n  a:\n    default: 5\n", "line 3: field default not found"),
        ("hooks:\n  - name: h\n    triggers: [x]\n", "field triggers not found"),
        ("name: x\nname: y\n", "line 2: field name already set"),
        ("exec: python x.py\n", "cannot unmarshal !!str `python x.py` into a list"),
        ("- name: x\n", "cannot unmarshal !!seq into plugin.Config"),
        ("interface: soap\n", "invalid interface type soap"),
        ("settings: {a: {type: LIST}}\n", "invalid setting type LIST"),
        ("name: [\n", "yaml: "),
    ],
)
def test_what_stash_would_not_load(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ManifestError) as caught:
        _load(tmp_path, text)
    assert problem in str(caught.value)


def test_every_yml_below_the_folder_in_order_each_id_once(tmp_path: Path) -> None:
    for path in ("b/Two.yml", "a/deep/One.yml", "c/two.yml", "c/no.yaml", "c/broken.yml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("wrong: x\n" if "broken" in path else "name: x\n")
    reported: list[str] = []

    assert [manifest.id for manifest in load_all(str(tmp_path), reported.append)] == ["One", "Two"]
    assert [text.partition(": ")[0] for text in reported] == [
        f"Error loading plugin {tmp_path}/c/broken.yml",
        f"Error loading plugin {tmp_path}/c/two.yml",
    ]
    assert reported[1].endswith("plugin ID two already exists")


def test_reload(tmp_path: Path) -> None:
    with StashDouble(scenes(1), plugins=tmp_path) as stash:
        assert data(stash, "{plugins{id}}") == {"plugins": None}
        write_plugin(tmp_path)
        data(stash, "mutation{reloadPlugins}")

        asked = data(stash, "{plugins{id settings{name} tasks{name}}}")
    assert asked == {"plugins": [{"id": "Probe", "settings": None, "tasks": [{"name": "Task"}]}]}


def test_flags_and_other_programs_in_exec(tmp_path: Path) -> None:
    plugins = write_plugin(tmp_path, "answer([sys.flags.isolated, sys.argv[1:]])")
    manifest = plugins / "Probe" / "Probe.yml"
    text = manifest.read_text().replace("exec: [python,", "exec: [python3, -I,")
    manifest.write_text(text.replace("{mode: Task}", '{mode: Task}, execArgs: ["{pluginDir}", more]'))
    with StashDouble(scenes(1), plugins=plugins) as stash:
        stash.wait_for_job(stash.run_task("Probe", "Task"))
        assert stash.runs[0]["output"] == [1, [str(plugins / "Probe"), "more"]]

    script = plugins / "Probe" / "run.sh"
    script.write_text('#!/bin/sh\ncat >/dev/null\necho "{\\"output\\": \\"$PYTHONPATH\\"}"\n')
    script.chmod(0o755)
    manifest.write_text(text.replace('python3, -I, "{pluginDir}/run.py"', "run.sh"))
    with StashDouble(scenes(1), plugins=plugins, environment={"PYTHONPATH": "as it was"}) as stash:
        stash.save(1, title="x")
        assert stash.hook_runs[0]["output"] == "as it was"
