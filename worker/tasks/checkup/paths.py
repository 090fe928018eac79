"""The paths: how many scenes are found in Plex, the path map that would find more, which folders no library has."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

from plex.index import LibraryIndex
from plex.indexed import IndexedLibrary
from plex.listing import SectionState
from plex.protocols import Server
from plex.sections import Choice
from stash.client import StashClient
from stash.light import count_scenes
from validation.config import PlexSyncConfig
from validation.paths import PathMap, folder, is_inside
from worker.jobs.selection_filter import below
from worker.storage.index_file import open_index
from worker.tasks.checkup.lines import Line, hint, proposed, right, scenes, wrong
from worker.tasks.checkup.matching import Found, match_scenes, pairs_of
from worker.tasks.checkup.pathrules import derive, group_folders, idle_rules, turned_round, without, written
from worker.tasks.checkup.sample import Sample, take_sample

SETTING = 'the setting "Path map"'

NOTHING_YET = "Stash has no scene to look for yet"

#: Folders and examples named in one line.
MOST_NAMED = 5

#: From so many scenes on, a rule that would help only one of them, or one in a hundred, is not offered.
MANY = 20


@dataclass(frozen=True)
class Paths:
    """How many scenes are found, in a few words: ``found`` of ``looked_at``, which are all where that is ``whole``."""

    words: str
    found: int = 0
    looked_at: int = 0
    whole: bool = False


@dataclass(frozen=True)
class Proposal:
    """A path map, tried with the worker's own matcher."""

    path_map: PathMap
    found: list[Found]


def path_lines(
    stash: StashClient,
    config: PlexSyncConfig,
    server: Server,
    movies: Choice[SectionState],
) -> Generator[Line, None, Paths]:
    """Everything about paths; returns how many scenes are found.

    ``movies``: the libraries that are written to, and the others.

    Raises:
        StashUnavailable, the errors of plex/exceptions.py, OSError: one of both sides failed in the middle.
        sqlite3.Error: there was no room for a passing copy of Plex's file list.
    """
    sample = take_sample(stash, config)
    if not sample.scenes:
        yield _empty(sample)
        return Paths("none of the scenes that were looked at is to be sent" if sample.shut_out else NOTHING_YET)
    with _files_of(server) as files:
        libraries = [IndexedLibrary(files, section.key) for section in movies.chosen]
        found = match_scenes(sample.scenes, libraries, config.path_map)
        proposal = propose(sample, libraries, config.path_map, found)
        if proposal:
            proposal = Proposal(_without_dead(proposal.path_map, config.path_map, sample, stash), proposal.found)
        yield _counts(sample, found, proposal)
        yield from _turned(config.path_map, sample)
        yield from _proposal_lines(found, proposal)
        best = proposal or Proposal(config.path_map, found)
        missing = [scene for scene, one in zip(sample.scenes, best.found, strict=True) if one.missing]
        others = [IndexedLibrary(files, section.key) for section in movies.others]
        yield from _not_found(best, match_scenes(missing, others, best.path_map), movies)
    return Paths(_in_words(sample, found), _items(found), len(found), sample.whole)


@contextmanager
def _files_of(server: Server) -> Iterator[sqlite3.Connection]:
    """A passing index of all movie libraries."""
    with (
        tempfile.TemporaryDirectory(prefix="plexsync-check-") as place,
        closing(open_index(os.path.join(place, "index.db"))) as database,
    ):
        LibraryIndex(database, time.time).refresh(server, ())
        yield database


def _not_found(best: Proposal, elsewhere: Sequence[Found], movies: Choice[SectionState]) -> Iterator[Line]:
    """What is not found with the best path map, and why; ``elsewhere``: the same looked for in the other libraries."""
    yield from _misled(best.found, best.path_map)
    yield from _elsewhere(elsewhere, movies.others)
    here = [one.file.path for one in best.found if one.match.items]
    lost = [one.file.path for one in elsewhere if not one.match.items]
    yield from _lost(lost, here, movies.chosen, best.path_map)
    yield from _unclear([one.file.path for one in best.found if one.match.ambiguous])
    yield from _unsized([one.file.path for one in best.found if not one.match.items and one.match.unsized])
    yield from _idle_libraries(best.found, movies.chosen)


def _without_dead(better: PathMap, present: PathMap, sample: Sample, stash: StashClient) -> PathMap:
    """A better map without those present rules that lead no scene of Stash's anywhere. Raises StashUnavailable."""
    paths = [file.path for scene in sample.scenes for file in scene.files]
    idle = idle_rules(better, present.rules, paths)
    if not sample.whole or sample.shut_out:
        idle = [rule for rule in idle if not count_scenes(stash, below([rule.stash]))]
    return without(better, idle)


def _empty(sample: Sample) -> Line:
    if sample.shut_out:
        return hint(f"All of {scenes(sample.shut_out)} that were looked at lie in folders that you left out.")
    if sample.total:
        return hint("None of the scenes that were looked at has a file.")
    return hint("Stash has no scenes yet; let it scan your files first.")


def propose(
    sample: Sample, libraries: Sequence[IndexedLibrary], present: PathMap, found: Sequence[Found]
) -> Proposal | None:
    """A path map by which more scenes match by their path, and none another item than before; None without one."""
    pairs = pairs_of(found, present)
    better = derive(pairs, present, least=max(2, len(pairs) // 100) if len(pairs) >= MANY else 1)
    if better == present:
        return None
    after = match_scenes(sample.scenes, libraries, better)
    changed = any(old.match.items and not old.items <= new.items for old, new in zip(found, after, strict=True))
    gained = _by_path(after) > _by_path(found)
    return Proposal(better, after) if gained and not changed else None


def _by_path(found: Sequence[Found]) -> int:
    return sum(1 for one in found if one.match.by_path)


def _items(found: Sequence[Found]) -> int:
    return sum(1 for one in found if one.match.items)


def _in_words(sample: Sample, found: Sequence[Found]) -> str:
    kind = "scenes" if sample.whole else "sampled scenes"
    return f"{_items(found):,} of {len(found):,} {kind} are found in Plex"


def _counts(sample: Sample, found: Sequence[Found], proposal: Proposal | None) -> Line:
    text = _in_words(sample, found)
    by_path, by_name = _by_path(found), _items(found) - _by_path(found)
    text += f": {by_path:,} by path, {by_name:,} by name and size." if by_name else "."
    misled = sum(1 for one in found if one.misled)
    if _items(found) == len(found) and not misled:
        return right(text)
    if proposal and (misled or _items(proposal.found) > _items(found)):
        remedy = f"Paste the path map that is printed after a → into {SETTING}."
        return wrong(text, remedy, blocks=not _items(found))
    if misled > len(found) / 2:
        remedy = f"Correct {SETTING}: it leads to other files of the same names."
        return wrong(text, remedy, blocks=not _items(found))
    if not _items(found):
        return wrong(
            text,
            "Look at the lines about what is not found: usually the folders of the scenes are in no Plex library, or "
            "Plex has not scanned them yet.",
        )
    return hint(text)


def _turned(path_map: PathMap, sample: Sample) -> Iterator[Line]:
    paths = [file.path for scene in sample.scenes for file in scene.files]
    for rule in turned_round(path_map, paths):
        yield hint(f"In {SETTING}, {written([rule])} seems to be turned round: Stash's folder stands first.")


def _proposal_lines(found: Sequence[Found], proposal: Proposal | None) -> Iterator[Line]:
    if proposal is None:
        return
    all_found = _items(proposal.found)
    if all_found > _items(found):
        gain = f"{all_found:,} of {len(found):,} are found instead of {_items(found):,}"
    else:
        gain = f"{_by_path(proposal.found):,} of {len(found):,} match by path, the surer way, instead of "
        gain += f"{_by_path(found):,}"
    yield hint(f"With the path map that is printed after a → {gain}. Paste it into {SETTING}.")
    yield proposed(written(proposal.path_map.rules))


def _elsewhere(found: Sequence[Found], others: Sequence[SectionState]) -> Iterator[Line]:
    titles = {section.key: section.title for section in others}
    counts = Counter(titles[one.match.items[0].section_key] for one in found if one.match.items)
    for title, count in counts.most_common(MOST_NAMED):
        yield hint(
            f'Not found: {scenes(count)} in the library "{title}", which the setting "Plex libraries" does not name.'
        )


def _lost(
    lost: Sequence[str], here: Sequence[str], chosen: Sequence[SectionState], path_map: PathMap
) -> Iterator[Line]:
    roots = [root for section in chosen for root in section.locations]
    outside = [path for path in lost if not any(is_inside(path_map.to_plex(path), root) for root in roots)]
    for place, count in group_folders(outside, here).most_common(MOST_NAMED):
        seen = path_map.to_plex(place)
        called = f", which Plex would call {seen}" if seen != place else ""
        yield hint(
            f"Not found: {scenes(count)} below {place}{called}. No library that is written to contains that folder: "
            "add it to one in Plex, or correct the path map."
        )
    absent = [path for path in lost if path not in outside]
    if absent:
        yield hint(
            f"Not found: {scenes(len(absent))} in folders of a library whose files Plex does not list. Let Plex scan "
            f"its library files, for example {path_map.to_plex(folder(absent[0]))}."
        )


def _misled(found: Sequence[Found], path_map: PathMap) -> Iterator[Line]:
    misled = [one.file for one in found if one.misled]
    if misled:
        yield hint(
            f"The paths of {scenes(len(misled))} lead to files of another size in Plex, which are not written to, for "
            f"example {misled[0].path} to {path_map.to_plex(misled[0].path)}. Correct {SETTING}, or, where a file was "
            "replaced, let Stash and Plex scan it."
        )


def _unsized(paths: Sequence[str]) -> Iterator[Line]:
    if paths:
        yield hint(
            f"Not found: {scenes(len(paths))} with files whose size Plex does not tell, for example {paths[0]}. Let "
            f"Plex analyze them, or correct {SETTING} so that their paths lead to them."
        )


def _unclear(paths: Sequence[str]) -> Iterator[Line]:
    if paths:
        yield hint(
            f"Not found: {scenes(len(paths))} that cannot be told apart, since several items in Plex have a file of "
            f"that name and size, for example {paths[0]}. Only the path decides."
        )


def _idle_libraries(found: Sequence[Found], chosen: Sequence[SectionState]) -> Iterator[Line]:
    used = {item.section_key for one in found for item in one.match.items}
    for section in chosen:
        if section.key not in used and used:
            yield hint(
                f'The library "{section.title}" contains none of the scenes that were looked at. If it is not meant '
                'for them, name the others in the setting "Plex libraries".'
            )
