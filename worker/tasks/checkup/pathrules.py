"""Finding the path map from pairs of paths that are known to be one file, as Stash and as Plex spell it.

Pure functions. A rule that is offered makes more pairs right than before, and none wrong that was right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from validation.paths import PathMap, PathRule, folder, is_windows, parse_path_map, path_key, split, unmapped

#: A stash path and the Plex path of the same file.
Pair = tuple[str, str]

#: Rules that are worth typing; more would mean that there is no system in it.
MOST_RULES = 20

#: Of the rules that make equally many pairs right, so many are tried.
MOST_TRIES = 50


def is_right(path_map: PathMap, pair: Pair) -> bool:
    """Whether the map leads Stash's path to Plex's."""
    return path_key(path_map.to_plex(pair[0])) == path_key(pair[1])


def derive(pairs: Sequence[Pair], present: PathMap, least: int = 1) -> PathMap:
    """The present map with the fewest rules more that make the pairs right, each at least ``least`` of them.

    The rule that makes most pairs right comes first, the shortest of several; rules for deeper folders follow where
    that one does not hold. A present rule stays unless one for the same folder makes more pairs right, or it
    holds for none of the pairs that it concerns.
    """
    derived = present
    for _ in range(MOST_RULES):
        better = _one_more(pairs, derived, least)
        if better is None:
            break
        derived = better
    return derived if derived == present else _without_refuted(pairs, derived, present)


def _without_refuted(pairs: Sequence[Pair], derived: PathMap, present: PathMap) -> PathMap:
    """The derived map without those present rules that hold for none of the pairs they concern, if none needs them."""
    for rule in present.rules:
        mapped = [(rule.apply(stash), plex) for stash, plex in pairs]
        concerned = [path_key(path) == path_key(plex) for path, plex in mapped if path is not None]
        rest = PathMap(tuple(one for one in derived.rules if one != rule))
        if concerned and not any(concerned) and all(is_right(rest, p) for p in pairs if is_right(derived, p)):
            derived = rest
    return derived


def _one_more(pairs: Sequence[Pair], present: PathMap, least: int) -> PathMap | None:
    now_right = [pair for pair in pairs if is_right(present, pair)]
    now_wrong = [pair for pair in pairs if not is_right(present, pair)]
    tally = Counter(rule for pair in now_wrong for rule in candidates(pair))
    best: tuple[int, PathMap] | None = None
    for rule, most in sorted(tally.items(), key=_worth)[:MOST_TRIES]:
        if most < least or (best is not None and most <= best[0]):
            break
        trial = with_rule(present, rule)
        if not all(is_right(trial, pair) for pair in now_right):
            continue
        mended = sum(1 for pair in now_wrong if is_right(trial, pair))
        if mended >= least and (best is None or mended > best[0]):
            best = mended, trial
    return best[1] if best else None


def _worth(tallied: tuple[PathRule, int]) -> tuple[int, bool, int, str]:
    """Most pairs first; then neither side a bare root or drive, as people write it; then the shortest."""
    rule, count = tallied
    roots = _is_root(rule.stash) or _is_root(rule.plex)
    return -count, roots, len(rule.stash) + len(rule.plex), rule.stash


def _is_root(prefix: str) -> bool:
    """Whether a prefix names no folder that a person would: ``/``, ``D:``, or the host of a share alone."""
    return len(split(prefix)) < (2 if is_windows(prefix) else 1)


def candidates(pair: Pair) -> Iterator[PathRule]:
    """Every rule that could lead one path to the other, those for their folders first, shorter ones later."""
    stash, plex = pair
    exact = not is_windows(plex)
    while True:
        tail = split(stash)[-1:], split(plex)[-1:]
        if not tail[0] or not tail[1] or not _same(tail[0][0], tail[1][0], exact):
            return
        above = folder(stash), folder(plex)
        if stash == above[0] or plex == above[1]:
            return
        stash, plex = above
        rule = PathRule(stash or "/", plex or "/")
        if is_right(PathMap((rule,)), pair) and _can_be_written(rule):
            yield rule


def _same(one: str, other: str, exact: bool) -> bool:
    one, other = unmapped(one), unmapped(other)
    return one == other if exact else one.casefold() == other.casefold()


def _can_be_written(rule: PathRule) -> bool:
    """Whether the setting's syntax can hold a rule: no semicolon, no arrow, no space at an end."""
    try:
        return parse_path_map(written([rule])).rules == (rule,)
    except ValueError:
        return False


def with_rule(path_map: PathMap, rule: PathRule) -> PathMap:
    """The map with a rule in it, in place of one for the same folder."""
    kept = [one for one in path_map.rules if path_key(one.stash) != path_key(rule.stash)]
    return PathMap.of([*kept, rule])


def idle_rules(path_map: PathMap, among: Sequence[PathRule], paths: Sequence[str]) -> list[PathRule]:
    """Rules of a map without which each path leads where it does: others win, or they concern none."""
    idle: list[PathRule] = []
    for rule in among:
        rest = without(path_map, [*idle, rule])
        if rule in path_map.rules and all(rest.to_plex(path) == path_map.to_plex(path) for path in paths):
            idle.append(rule)
    return idle


def without(path_map: PathMap, rules: Sequence[PathRule]) -> PathMap:
    """A map less some of its rules."""
    return PathMap(tuple(rule for rule in path_map.rules if rule not in rules))


def written(rules: Iterable[PathRule]) -> str:
    """Rules as the setting "Path map" takes them."""
    return "; ".join(f"{rule.stash} => {rule.plex}" for rule in rules)


def turned_round(path_map: PathMap, paths: Sequence[str]) -> list[PathRule]:
    """Rules whose two sides seem to have changed places: Stash's paths lie under what should be Plex's side."""
    return [
        rule
        for rule in path_map.rules
        if not any(rule.apply(path) for path in paths)
        and any(PathRule(rule.plex, rule.stash).apply(path) for path in paths)
    ]


def group_folders(outside: Sequence[str], inside: Sequence[str]) -> Counter[str]:
    """Of files that are missing, how many lie below which folder: the topmost that holds none that is ``inside``.

    Paths of either machine; where nothing is inside, the folder that all of them share, or each one's own.
    """
    known = {path_key(above) for path in inside for above in _above(path)}
    if not known and outside:
        shared = set.intersection(*({path_key(above) for above in _above(path)} for path in outside))
        deepest = max(shared, key=len, default="")
        known = shared - {deepest}
    found: Counter[str] = Counter()
    for path in outside:
        top = [above for above in _above(path) if path_key(above) not in known and not _is_root(above)]
        found[top[0] if top else folder(path)] += 1
    return found


def _above(path: str) -> list[str]:
    """The folders above a path, topmost first."""
    above: list[str] = []
    place = folder(path)
    while place and (not above or place != above[-1]):
        above.append(place)
        place = folder(place) if split(place) else ""
    return above[::-1]
