"""The media query language: `title==x`, `updatedAt>=T&or=1&addedAt>=T`, `push=1…pop=1`, tags by id.

Operators by type were recorded from a real server's field list. A filter the server does not know is
ignored without a word, and everything comes back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.doubles.plex.messages import HTTPFailure, failure
from tests.doubles.plex.model import TAG_ELEMENTS, Item
from tests.doubles.plex.ordering import RANGED
from tests.doubles.plex.query_fields import BY_NAME, QueryField, Read, Value, Values, epoch, value_of
from tests.doubles.plex.state import State

Test = Callable[[Item], bool]
# (column, lowest, highest): every match of a clause lies in one of its ranges.
Range = tuple[str, float, float]

_NAME = re.compile(r"(?:(?P<type>[a-zA-Z]+)\.)?(?P<field>[a-zA-Z]+)(?P<operator>[!<>=]*)")
_UNFINISHED = re.compile(r"(?:[a-zA-Z]+\.)?(?P<field>[a-zA-Z]+)[!<>]+[^!<>=]+")
_RELATIVE = re.compile(r"-?(\d+)(mon|[smhdwy])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "mon": 2592000, "y": 31536000}


@dataclass(frozen=True, slots=True)
class Context:
    """Whose ratings and plays count, and what the time is."""

    state: State
    account: int
    now: float


@dataclass(frozen=True, slots=True)
class Clause:
    """A test, and where its matches can be looked up instead of reading the whole section.

    `exact` means that everything in the ranges matches.
    """

    test: Test
    ranges: tuple[Range, ...] | None = None
    exact: bool = False


def parse(params: tuple[tuple[str, str], ...], context: Context) -> Clause | None:
    """The query's filters as one test, or None when it holds none that is known.

    A known field with an operator that it does not have is a 400; `file` without `type` is a 500 (both as measured).
    `or=1` joins its two neighbours; everything else is joined by "and"; push and pop are brackets.
    """
    tokens: list[Clause | str] = []
    if any(name == "file" for name, _ in params) and not any(name == "type" for name, _ in params):
        raise HTTPFailure(failure(500))
    for name, value in params:
        if name in ("or", "and", "push", "pop") and value == "1":
            tokens.append(name)
            continue
        clause = _filter(name, value, context)
        if clause is not None:
            tokens.append(clause)
    return _group(tokens, 0)[0]


def is_relative(query: str) -> bool:
    """Whether a query says "the last 30 days": its answer changes by itself."""
    return re.search(r"=-\d+(mon|[smhdwy])\b", query) is not None


def _group(tokens: list[Clause | str], start: int) -> tuple[Clause | None, int]:
    """Everything up to the matching pop."""
    rows: list[list[Clause]] = []
    joined = False
    i = start
    while i < len(tokens):
        token = tokens[i]
        i += 1
        if token == "pop":
            break
        if token == "or":
            joined = bool(rows)
            continue
        if token == "and":
            continue
        if isinstance(token, str):
            inner, i = _group(tokens, i)
            if inner is None:
                continue
            token = inner
        if joined:
            rows[-1].append(token)
        else:
            rows.append([token])
        joined = False
    return _all([_any(row) for row in rows]), i


def _all(clauses: list[Clause]) -> Clause | None:
    if len(clauses) < 2:
        return clauses[0] if clauses else None
    ranges = next((clause.ranges for clause in clauses if clause.ranges is not None), None)
    return Clause(lambda item: all(clause.test(item) for clause in clauses), ranges)


def _any(clauses: list[Clause]) -> Clause:
    if len(clauses) == 1:
        return clauses[0]
    ranges: list[Range] | None = []
    for clause in clauses:
        ranges = None if ranges is None or clause.ranges is None else [*ranges, *clause.ranges]
    exact = all(clause.exact for clause in clauses)
    test: Test = lambda item: any(clause.test(item) for clause in clauses)  # noqa: E731
    return Clause(test, None if ranges is None else tuple(ranges), exact)


def _filter(name: str, value: str, context: Context) -> Clause | None:
    match = _NAME.fullmatch(name)
    field = BY_NAME.get(match["field"]) if match else None
    if match is None or field is None:
        unfinished = _UNFINISHED.fullmatch(name)
        if unfinished and unfinished["field"] in BY_NAME:
            raise HTTPFailure(failure(400))
        return None
    if field.name == "file" and context.state.switches.file_filter != "names":
        return None if context.state.switches.file_filter == "ignored" else Clause(lambda _: False)
    if field.name == "lastRatedAt" and context.state.switches.rated_filter == "ignored":
        return None
    operator = match["operator"] + "="
    if operator.endswith("==") and operator[0] in "<>":
        return None  # an "=" that was encoded once too often is ignored with its filter (measured)
    if operator not in _OPERATORS[field.kind]:
        raise HTTPFailure(failure(400))
    compare = _COMPARERS[field.kind](operator, _values(field, value, context.state), context)
    if compare is None:
        return None
    read = value_of(field, context.state, context.account)
    if match["type"]:
        read = _of_ancestor(read, match["type"], context.state)
    test: Test = lambda item: compare(read(item))  # noqa: E731
    ranges = None if match["type"] else _range(field.name, operator, value, context)
    return Clause(test, ranges, exact=ranges is not None and operator in ("=", ">=", "<="))


def _values(field: QueryField, value: str, state: State) -> list[str]:
    """What is compared with: texts, numbers, and tags by their id, whether they were asked for by id or by name."""
    if field.name not in TAG_ELEMENTS:
        return value.split(",")
    whole = state.tags.ids(field.name, value)
    if whole:
        return [str(tag_id) for tag_id in whole]
    found: list[str] = []
    for part in value.split(","):
        found += [part] if part.isdigit() else [str(tag_id) for tag_id in state.tags.ids(field.name, part)] or ["none"]
    return found


def _of_ancestor(read: Read, kind: str, state: State) -> Read:
    """`artist.id=8` asked of albums looks at their artist; asked of artists, at themselves."""

    def climb(item: Item) -> Values:
        row: Item | None = item
        while row is not None and row.type != kind:
            row = state.items.get(row.parent) if row.parent is not None else None
        return read(row) if row is not None else None

    return climb


def _range(column: str, operator: str, value: str, context: Context) -> tuple[Range, ...] | None:
    if column not in RANGED or "," in value:
        return None
    limit = _moment(value, context.now)
    if limit is None:
        return None
    if operator in (">=", ">>="):
        return ((column, limit, float("inf")),)
    if operator in ("<=", "<<="):
        return ((column, float("-inf"), limit),)
    return ((column, limit, limit),) if operator == "=" else None


Compare = Callable[[Values], bool]
Comparer = Callable[[str, list[str], Context], "Compare | None"]


def _string(operator: str, wanted: list[str], _context: Context) -> Compare | None:
    texts = [text.lower() for text in wanted]
    checks: dict[str, Callable[[str, str], bool]] = {
        "=": lambda have, text: text in have,
        "==": lambda have, text: have == text,
        "<=": lambda have, text: have.startswith(text),
        ">=": lambda have, text: have.endswith(text),
    }
    negative = operator in ("!=", "!==")
    check = checks.get(operator[1:] if negative else operator)
    if check is None:
        return None
    return lambda have: negative != any(check(str(h).lower(), t) for h in _rows(have) for t in texts)


def _tag(operator: str, wanted: list[str], _context: Context) -> Compare | None:
    """By tag id; values that are texts (content ratings, resolutions) are compared as such."""
    if operator not in ("=", "!="):
        return None
    texts = {text.lower() for text in wanted}
    negative = operator == "!="
    return lambda have: negative != any(str(h).lower() in texts for h in _rows(have))


def _file(operator: str, wanted: list[str], _context: Context) -> Compare | None:
    """Any part of the file's name, ignoring case; the whole value, commas and all."""
    text = ",".join(wanted).lower()
    return lambda have: any(text in str(name).lower() for name in _rows(have))


def _number(operator: str, wanted: list[str], _context: Context) -> Compare | None:
    try:
        numbers = [float(text) for text in wanted]
    except ValueError:
        return None
    return _ordered(operator, numbers)


def _date(operator: str, wanted: list[str], context: Context) -> Compare | None:
    moments = [_moment(text, context.now) for text in wanted]
    known = [moment for moment in moments if moment is not None]
    return _ordered(operator, known) if len(known) == len(moments) else None


def _boolean(operator: str, wanted: list[str], _context: Context) -> Compare | None:
    if operator not in ("=", "!="):
        return None
    expected = (wanted[0] not in ("", "0")) == (operator == "=")
    return lambda have: bool(have) == expected


def _ordered(operator: str, limits: list[float]) -> Compare | None:
    """An item without the value matches only "is not". `>=` and `<=` include the limit, `>>=` does not."""
    low = limits[0]
    checks: dict[str, Callable[[float], bool]] = {
        "=": lambda have: have in limits,
        "!=": lambda have: have not in limits,
        ">=": lambda have: have >= low,
        "<=": lambda have: have <= low,
        ">>=": lambda have: have > low,
        "<<=": lambda have: have < low,
    }
    check = checks.get(operator)
    if check is None:
        return None
    missing = operator == "!="

    def compare(have: Values) -> bool:
        rows = _rows(have)
        return any(check(float(row)) for row in rows) if rows else missing

    return compare


def _moment(text: str, now: float) -> float | None:
    """Epoch seconds, `-30d` before now, or YYYY-MM-DD."""
    match = _RELATIVE.fullmatch(text)
    if match:
        return now - int(match[1]) * _SECONDS[match[2]]
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    return epoch(text)


def _rows(have: Values) -> tuple[Value, ...]:
    if have is None:
        return ()
    return have if isinstance(have, tuple) else (have,)


_EQUAL = frozenset(("=", "!="))
_LIMITS = frozenset(("=", "!=", ">=", "<=", ">>=", "<<="))
_OPERATORS = {
    "string": frozenset(("=", "!=", "==", "!==", "<=", ">=")),
    "guid": frozenset(("=", "!=", "==", "!==", "<=", ">=")),
    "tag": _EQUAL,
    "resolution": _EQUAL,
    "integer": _LIMITS,
    "date": _LIMITS,
    "boolean": _EQUAL,
    "file": frozenset(("=",)),
}
_COMPARERS: dict[str, Comparer] = {
    "file": _file,
    "string": _string,
    "guid": _string,
    "tag": _tag,
    "resolution": _tag,
    "integer": _number,
    "date": _date,
    "boolean": _boolean,
}
