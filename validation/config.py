"""The plugin's settings, as Stash stores them and as PlexSync uses them.

Stash has no defaults: an unset setting is absent, a cleared one is empty, and the page shows an unset number
as 0. So empty and 0 mean the default everywhere. Keys PlexSync does not know are ignored, because another
plugin with the id PlexSync keeps its own in the same place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from validation.paths import PathMap, parse_path_map


class PlexSyncConfig(BaseModel):
    """Every setting of PlexSync.yml under its own key; times in seconds.

    Raises:
        pydantic.ValidationError: a value is unusable; its text never repeats the value.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    plex_url: str = Field(default="", title="Plex address")
    plex_token: str = Field(default="", title="Plex token", repr=False)
    plex_libraries: tuple[str, ...] = Field(default=(), title="Plex libraries")
    plex_connect_timeout: float = Field(default=5.0, title="Plex connect timeout", gt=0, le=120)
    plex_read_timeout: float = Field(default=30.0, title="Plex read timeout", gt=0, le=600)
    plex_skip_tls_verify: bool = Field(default=False, title="Plex: accept any certificate")
    path_map: PathMap = Field(default=PathMap(), title="Path map")
    worker_in_stash_queue: bool = Field(default=False, title="Work in Stash's task queue")

    @field_validator("plex_url", mode="before")
    @classmethod
    def _address(cls, value: object) -> object:
        if not isinstance(value, str) or not value.strip():
            return value or ""
        address = value.strip().rstrip("/")
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("an address starts with http:// or https://, for example http://192.168.1.5:32400")
        if parts.username or parts.password or parts.query:
            raise ValueError("an address holds no user name, password or token; the token has its own setting")
        return address

    @field_validator("plex_token", mode="before")
    @classmethod
    def _token(cls, value: object) -> object:
        if not isinstance(value, str):
            return value or ""
        token = value.strip()
        if not token.isascii() or any(character.isspace() or not character.isprintable() for character in token):
            raise ValueError("a token is one word of letters and digits, without spaces")
        return token

    @field_validator("plex_libraries", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        if not value:
            return ()
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("path_map", mode="before")
    @classmethod
    def _map(cls, value: object) -> object:
        if not value:
            return PathMap()
        return parse_path_map(value) if isinstance(value, str) else value

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of settings without which nothing can be done."""
        titles = {key: str(field.title) for key, field in type(self).model_fields.items()}
        return tuple(titles[key] for key in ("plex_url", "plex_token") if not getattr(self, key))


def read_settings(stored: Mapping[str, Any]) -> tuple[PlexSyncConfig, tuple[str, ...]]:
    """Settings out of what Stash stores, with one sentence for each value that could not be used.

    A wrong value never stops the others: its default stands in, and the sentence says so.
    """
    unset = (None, "", 0)  # and False, which equals 0
    known = {key: value for key, value in stored.items() if key in PlexSyncConfig.model_fields and value not in unset}
    problems: list[str] = []
    try:
        return PlexSyncConfig(**known), ()
    except ValidationError as error:
        faults = {str(fault["loc"][0]): fault["msg"] for fault in error.errors(include_input=False, include_url=False)}
        for key, message in faults.items():
            del known[key]
            problems.append(_sentence(key, message))
    return PlexSyncConfig(**known), tuple(problems)


def _sentence(key: str, message: str) -> str:
    field = PlexSyncConfig.model_fields[key]
    default = field.default
    stands_in = "it counts as not set" if default in ("", (), PathMap()) else f"{default} is used instead"
    return f'The setting "{field.title}" cannot be used: {message.removeprefix("Value error, ")}; {stands_in}.'
