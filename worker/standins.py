"""What stands in where a part is not there, so that nobody has to ask whether it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from stash.client import StashClient
from stash.connection import StashConnection
from validation.errors import StashUnavailable


class UnknownStash(StashClient):
    """A Stash of which no hook has said yet how to reach it: it does not answer, and has no pictures."""

    def __init__(self) -> None:
        super().__init__(StashConnection(""))

    def execute(self, query: str, variables: Mapping[str, Any] | None = None) -> NoReturn:  # noqa: ARG002
        """Raises StashUnavailable."""
        raise StashUnavailable("No hook has said yet how to reach Stash.")

    def fetch(self, path: str, etag: str, most: int) -> tuple[bytes, str, str]:  # noqa: ARG002
        """No picture."""
        return b"", "", ""
