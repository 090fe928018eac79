"""What the user's selection leaves out, and which names in the settings are nobody's: for Check Setup and Status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stash.client import StashClient
from stash.light import count_scenes, read_tag_names
from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError
from validation.names import name_keys, readings, readings_with, without_namesake
from worker.jobs.selection_filter import below, selecting, wanted_filter
from worker.tasks.checkup.lines import Line, hint, note, scenes, wrong
from worker.tasks.checkup.settings_side import nearest

#: The settings that name tags, and those that name folders of Stash's.
_TAGS = ("only_tags", "never_tags", "skip_tags_named", "only_tags_named", "collection_tags")
_FOLDERS = ("only_paths", "never_paths")

#: What stands in patterns, and hardly in names.
_PATTERN = frozenset("*?[]^$|")


def selection_lines(stash: StashClient, config: PlexSyncConfig, folders: Sequence[str] = ()) -> Iterator[Line]:
    """One line for each name that matches nothing, and how many scenes are left out; none where all are chosen.

    ``folders``: Stash's own. Costs some requests of Stash, of which none reads a scene.
    """
    try:
        tags = read_tag_names(stash) if any(getattr(config, key) for key in _TAGS) else {}
        yield from _unknown_tags(config, tags)
        yield from _empty_folders(stash, config, folders)
        if selecting(config):
            yield _left_out(stash, config, tags)
    except PlexSyncError as error:
        yield hint(f"What your selection leaves out could not be counted: {error}")


def count_chosen(stash: StashClient, config: PlexSyncConfig) -> int:
    """How many scenes the selection leaves. Raises StashUnavailable."""
    tags = read_tag_names(stash) if any(getattr(config, key) for key in _TAGS) else {}
    return _chosen(stash, config, tags)


def _chosen(stash: StashClient, config: PlexSyncConfig, tags: Mapping[int, str]) -> int:
    wanted = wanted_filter(config, tags)
    chosen = 0 if wanted is None else count_scenes(stash, wanted)
    if wanted is not None and chosen and config.never_paths:
        # Not by a NOT: of a scene with files in several folders, Stash would look at each by itself.
        chosen -= _count_both(stash, wanted, below(readings(config.never_paths)))
    return chosen


def _left_out(stash: StashClient, config: PlexSyncConfig, tags: Mapping[int, str]) -> Line:
    total, chosen = count_scenes(stash), _chosen(stash, config, tags)
    if total and not chosen:
        settings = ", ".join(_title(key) for key in selecting(config))
        return wrong(
            f"Your selection leaves out all of {scenes(total)}: nothing is sent to Plex.", f"Correct {settings}."
        )
    return note(f"Your selection leaves out {total - chosen:,} of {scenes(total)}.")


def _count_both(stash: StashClient, wanted: Mapping[str, object], shut_out: Mapping[str, object]) -> int:
    return count_scenes(stash, {**shut_out, "AND": wanted} if wanted else shut_out)


def _unknown_tags(config: PlexSyncConfig, tags: Mapping[int, str]) -> Iterator[Line]:
    keys = name_keys(tags.values())
    for key in _TAGS:
        for name in without_namesake(getattr(config, key), keys):
            meant = nearest(name, tags.values())
            near = f' Is "{meant}" meant?' if meant else _no_pattern(name, "the tag")
            yield hint(f'Stash has no tag called "{name}", which stands in {_title(key)}.{near}')


def _empty_folders(stash: StashClient, config: PlexSyncConfig, folders: Sequence[str]) -> Iterator[Line]:
    for key in _FOLDERS:
        names: tuple[str, ...] = getattr(config, key)
        for name in names:
            if count_scenes(stash, below([name, *readings_with(names, name)])) == 0:
                own = f" Stash's own folders are: {', '.join(folders)}." if folders else ""
                yield hint(
                    f'Stash has no scene below "{name}", which stands in {_title(key)}.'
                    f"{_no_pattern(name, 'the folder')}{own}"
                )


def _no_pattern(name: str, what: str) -> str:
    return f" No pattern is understood there: write {what} itself." if _PATTERN & set(name) else ""


def _title(key: str) -> str:
    return f'the setting "{PlexSyncConfig.model_fields[key].title}"'
