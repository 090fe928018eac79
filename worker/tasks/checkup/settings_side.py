"""Settings that are unknown, of no effect, or contradict each other, as pure functions."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from validation.config import PlexSyncConfig
from validation.names import name_key, name_keys
from validation.paths import is_inside, path_key
from validation.setting_faults import WHERE
from worker.tasks.checkup.lines import Line, hint, right, wrong

FIND_TOKEN = "https://support.plex.tv/articles/204059436-finding-an-authentication-token-x-plex-token/"  # noqa: S105


def nearest(wrong_name: str, names: Iterable[str]) -> str:
    """The name that is most like another, by their keys; empty when none is."""
    by_key = {name_key(name): name for name in names}
    found = difflib.get_close_matches(name_key(wrong_name), by_key, n=1, cutoff=0.6)
    return by_key[found[0]] if found else ""


def settings_lines(stored: Mapping[str, Any], config: PlexSyncConfig, problems: Sequence[str]) -> Iterator[Line]:
    """Everything about the settings alone. ``problems``: what could not be read of them."""
    lines = [
        *([hint(config.headline)] if config.only_look else []),
        *(_unusable(problem, config) for problem in problems),
        *(hint(text) for text in unknown_keys(stored)),
        *impossible(config),
        *(hint(text) for text in contradictions(config)),
        *(line for line in missing_lines(config) if not any(_named(line.text) == _named(one) for one in problems)),
    ]
    yield from lines or [right("The settings fit together.")]


def _unusable(problem: str, config: PlexSyncConfig) -> Line:
    """A value that was not understood; its default stands in where that may be."""
    name = _named(problem)
    return wrong(problem, f'Correct the setting "{name}" under {WHERE}.', blocks=f'"{name}"' in config.obstacle)


def _named(sentence: str) -> str:
    """The setting that a sentence is about: the first name in quotes."""
    return sentence.split('"')[1]


def missing_lines(config: PlexSyncConfig) -> Iterator[Line]:
    """What a fresh installation lacks."""
    if not config.plex_url:
        yield wrong(
            'The setting "Plex address" is empty.',
            f"Enter under {WHERE} where Stash reaches Plex, for example http://192.168.1.5:32400.",
        )
    if not config.plex_token:
        yield wrong(
            'The setting "Plex token" is empty.',
            f"Enter the X-Plex-Token of the account that owns the server under {WHERE}; how to find it: {FIND_TOKEN}",
        )


def unknown_keys(stored: Mapping[str, Any]) -> Iterator[str]:
    """One sentence for each stored key that is no setting, with the setting that may be meant."""
    fields = PlexSyncConfig.model_fields
    for key in stored:
        if key in fields:
            continue
        spelled = re.sub(r"(?<=[a-z])(?=[A-Z])|[-\s]+", "_", key).lower()
        meant = nearest(spelled, fields)
        near = f' Is "{fields[meant].title}" (`{meant}`) meant?' if meant else ""
        yield f"The stored setting `{key[:60]}` is not one of PlexSync's and is ignored.{near}"


def _title(key: str) -> str:
    return f'"{PlexSyncConfig.model_fields[key].title}"'


def impossible(config: PlexSyncConfig) -> Iterator[Line]:
    """Choices that leave no scene at all."""
    if config.only_tags and name_keys(config.only_tags) <= name_keys(config.never_tags):
        yield wrong(
            f"Every tag in {_title('only_tags')} stands in {_title('never_tags')}, too: no scene is left.",
            "Take the tags out of one of the two settings.",
        )
    shut = [root for root in config.only_paths if any(is_inside(root, never) for never in config.never_paths)]
    if shut and len(shut) == len(config.only_paths):
        yield wrong(
            f"Every folder in {_title('only_paths')} lies below one in {_title('never_paths')}: no scene is left.",
            "Take the folders out of one of the two settings.",
        )


def contradictions(config: PlexSyncConfig) -> Iterator[str]:
    """One sentence for each pair of settings of which one undoes the other, or has no effect."""
    yield from _about_scenes(config)
    yield from _about_fields(config)
    yield from _about_collections(config)
    yield from _about_the_map(config)
    if config.keep_plex_edits and config.mirror_exactly:
        yield (
            f"{_title('keep_plex_edits')} and {_title('mirror_exactly')} contradict each other: tags that you add by "
            "hand in Plex are removed all the same."
        )
    if config.plex_skip_tls_verify and config.plex_url.startswith("http://"):
        yield f"{_title('plex_skip_tls_verify')} has no effect, since the Plex address begins with http://."
    if config.plex_stash_url and config.plex_stash_url == config.plex_url:
        yield f"{_title('plex_stash_url')} holds the address of Plex; it is where Plex reaches Stash."


def _about_scenes(config: PlexSyncConfig) -> Iterator[str]:
    both = sorted(name_keys(config.only_tags) & name_keys(config.never_tags))
    if both and not name_keys(config.only_tags) <= name_keys(config.never_tags):
        yield f'The tag "{both[0]}" stands in {_title("only_tags")} and in {_title("never_tags")}; never wins.'


def _about_fields(config: PlexSyncConfig) -> Iterator[str]:
    idle = {
        "skip_title": ("title_template",),
        "skip_summary": ("summary_template",),
        "skip_tags": ("skip_tags_named", "only_tags_named", "tags_as_labels"),
        "skip_performers": ("skip_male_performers", "plex_stash_url"),
    }
    for switch, others in idle.items():
        for other in others:
            if getattr(config, switch) and getattr(config, other):
                yield f"{_title(other)} has no effect, since {_title(switch)} is on."
    both = sorted(name_keys(config.only_tags_named) & name_keys(config.skip_tags_named))
    if both and set(both) == name_keys(config.only_tags_named):
        yield f"Every tag in {_title('only_tags_named')} stands in {_title('skip_tags_named')}: no tag reaches Plex."
    elif both:
        yield f'The tag "{both[0]}" stands in {_title("only_tags_named")} and in {_title("skip_tags_named")}.'


def _about_collections(config: PlexSyncConfig) -> Iterator[str]:
    kinds = ("studio", "parent_studio", "groups", "performers", "favorites", "tags")
    if config.collection_prefix and not any(getattr(config, f"collection_{kind}") for kind in kinds):
        yield f"{_title('collection_prefix')} has no effect, since no kind of collection is switched on."
    if config.collection_performers and config.collection_favorites:
        yield f"{_title('collection_favorites')} has no effect beside {_title('collection_performers')}."


def _about_the_map(config: PlexSyncConfig) -> Iterator[str]:
    seen: dict[str, str] = {}
    targets: dict[str, str] = {}
    for rule in config.path_map.rules:
        stash, plex = path_key(rule.stash), path_key(rule.plex)
        if stash in seen:
            yield f"{_title('path_map')} names the folder {rule.stash} twice; {rule.plex} is not used."
            continue
        seen[stash] = rule.stash
        if stash == plex and len(config.path_map.rules) == 1:
            yield f"{_title('path_map')} leads the folder {rule.stash} to itself and has no effect."
        if plex in targets:
            yield (
                f"{_title('path_map')} leads two folders, {targets[plex]} and {rule.stash}, to the same one in Plex: "
                f"{rule.plex}."
            )
        targets.setdefault(plex, rule.stash)
