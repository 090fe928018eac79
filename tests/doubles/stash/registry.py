"""How resolver modules say which fields they resolve."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from graphql import GraphQLResolveInfo

from tests.doubles.stash.core import Request

# graphql-core's class is generic for type checkers, and on some versions of Python only for them.
if TYPE_CHECKING:
    Info = GraphQLResolveInfo[Request]
else:
    Info = GraphQLResolveInfo

Resolver = Callable[..., Any]
_R = TypeVar("_R", bound=Resolver)


class Resolvers:
    """`@resolvers.field("Query", "findScene")` above a function; all others are attribute reads."""

    def __init__(self) -> None:
        self.fields: dict[tuple[str, str], Resolver] = {}

    def field(self, type_name: str, *names: str) -> Callable[[_R], _R]:
        def register(function: _R) -> _R:
            for name in names:
                self.fields[type_name, name] = function
            return function

        return register


def request_of(info: Info) -> Request:
    return info.context


def to_int(text: str) -> int:
    """An ID argument as a number; Stash's message for anything else."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f'strconv.Atoi: parsing "{text}": invalid syntax') from None
