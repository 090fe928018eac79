"""The plugin's settings, as Stash stores them and as PlexSync uses them.

Stash has no defaults: an unset setting is absent, a cleared one is empty, and the page shows an unset number
as 0. So empty, off and 0 mean the default everywhere. Keys PlexSync does not know are ignored, because another
plugin with the id PlexSync keeps its own in the same place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError, field_validator

from validation.addresses import read_address
from validation.paths import PathMap, parse_path_map, tidied
from validation.setting_faults import WHERE, fault_sentence
from validation.templates import parse_template


def _names(value: object) -> object:
    """A list in one line of text: separated by semicolons, or by commas when there is none."""
    if not value:
        return ()
    if isinstance(value, str):
        return tuple(name.strip() for name in re.split("[;\n]" if ";" in value else "[,\n]", value) if name.strip())
    return value


def _folders(value: object) -> object:
    names = _names(value)
    return tuple(map(tidied, names)) if isinstance(value, str) and isinstance(names, tuple) else names


def _template(value: object) -> object:
    if not isinstance(value, str):
        return value or ""
    text = value.strip()
    if text:
        parse_template(text)
    return text


def _map(value: object) -> object:
    if not value:
        return PathMap()
    return parse_path_map(value) if isinstance(value, str) else value


def _word(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


Winner = Annotated[Literal["later", "stash", "plex"], BeforeValidator(_word)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Folders = Annotated[tuple[str, ...], BeforeValidator(_folders)]
Template = Annotated[str, BeforeValidator(_template)]

#: Settings that keep something from Plex: to take a wrong value for empty would send what it holds back.
HOLD_BACK = frozenset(
    {
        *("plex_libraries", "only_organized", "only_with_stash_id", "only_rated", "only_tags", "never_tags"),
        *("only_paths", "never_paths", "skip_tags_named", "only_tags_named", "keep_plex_edits", "only_look"),
    }
)


class PlexSyncConfig(BaseModel):
    """Every setting of PlexSync.yml under its own key, with the name it has there as its title.

    Times in seconds. Raises pydantic.ValidationError, whose text never repeats a value.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    # How to reach Plex, and which libraries
    plex_url: str = Field(default="", title="Plex address")
    plex_token: str = Field(default="", title="Plex token", repr=False)
    plex_libraries: Names = Field(default=(), title="Plex libraries")
    plex_connect_timeout: float = Field(default=5.0, title="Plex connect timeout", gt=0, le=120)
    plex_read_timeout: float = Field(default=30.0, title="Plex read timeout", gt=0, le=600)
    plex_skip_tls_verify: bool = Field(default=False, title="Plex: accept any certificate")
    plex_stash_url: str = Field(default="", title="Plex: address of Stash")
    path_map: Annotated[PathMap, BeforeValidator(_map)] = Field(default=PathMap(), title="Path map")
    plex_scan_missing: bool = Field(default=False, title="Plex: look for missing files")
    reconcile_every_hours: int = Field(default=24, title="Reconcile every so many hours", ge=-1, le=8760)

    # Which scenes
    only_organized: bool = Field(default=False, title="Only organized scenes")
    only_with_stash_id: bool = Field(default=False, title="Only scenes with a StashID")
    only_rated: bool = Field(default=False, title="Only rated scenes")
    only_tags: Names = Field(default=(), title="Only scenes with one of these tags")
    never_tags: Names = Field(default=(), title="Never scenes with one of these tags")
    only_paths: Folders = Field(default=(), title="Only scenes below these folders")
    never_paths: Folders = Field(default=(), title="Never scenes below these folders")

    # Which fields, and how
    skip_title: bool = Field(default=False, title="Skip title")
    skip_studio: bool = Field(default=False, title="Skip studio")
    skip_summary: bool = Field(default=False, title="Skip summary")
    skip_date: bool = Field(default=False, title="Skip date")
    skip_director: bool = Field(default=False, title="Skip director")
    skip_rating: bool = Field(default=False, title="Skip rating")
    skip_performers: bool = Field(default=False, title="Skip performers")
    skip_male_performers: bool = Field(default=False, title="Skip male performers")
    skip_tags: bool = Field(default=False, title="Skip tags")
    skip_poster: bool = Field(default=False, title="Skip poster")
    skip_tags_named: Names = Field(default=(), title="Skip tags named")
    only_tags_named: Names = Field(default=(), title="Only tags named")
    tags_as_labels: bool = Field(default=False, title="Tags as labels")
    title_template: Template = Field(default="", title="Template for the title")
    sort_title_template: Template = Field(default="", title="Template for the sort title")
    summary_template: Template = Field(default="", title="Template for the summary")
    tagline_template: Template = Field(default="", title="Template for the tagline")
    content_rating: str = Field(default="", title="Content rating", max_length=40)
    sync_background: bool = Field(default=False, title="Cover as background, too")

    # Collections
    collection_studio: bool = Field(default=False, title="Collection for each studio")
    collection_parent_studio: bool = Field(default=False, title="Collection for each parent studio")
    collection_groups: bool = Field(default=False, title="Collection for each group")
    collection_performers: bool = Field(default=False, title="Collection for each performer")
    collection_favorites: bool = Field(default=False, title="Collection for each favorite performer")
    collection_tags: Names = Field(default=(), title="Collections for tags")
    collection_prefix: str = Field(default="", title="Prefix of collections", max_length=60)

    # What others put into Plex
    keep_plex_edits: bool = Field(default=False, title="Keep edits made in Plex")
    mirror_exactly: bool = Field(default=False, title="Remove what others added")
    give_back_on_destroy: bool = Field(default=False, title="Give back when a scene is deleted")

    # What comes back from Plex
    plays_from_plex: bool = Field(default=False, title="Plays from Plex")
    resume_from_plex: bool = Field(default=False, title="Resume positions from Plex")
    marked_counts_as_play: bool = Field(default=False, title="Marked as played counts as a play")
    accounts_from_plex: Names = Field(default=(), title="Accounts whose plays count")
    ratings_from_plex: bool = Field(default=False, title="Ratings from Plex")
    ratings_winner: Winner = Field(default="later", title="Ratings: who wins")

    # Nothing at all
    only_look: bool = Field(default=False, title="Only look, write nothing")

    # The journal of what was written
    journal_days: int = Field(default=365, title="Journal: days it goes back", ge=1, le=36_500)
    journal_megabytes: int = Field(default=250, title="Journal: megabytes at most", ge=1, le=100_000)

    #: What is wrong with a setting that holds something back, empty when they could all be read.
    _unread: str = PrivateAttr("")

    @field_validator("plex_url", "plex_stash_url", mode="before")
    @classmethod
    def _address(cls, value: object) -> object:
        return read_address(value) if isinstance(value, str) else value or ""

    @field_validator("plex_token", mode="before")
    @classmethod
    def _token(cls, value: object) -> object:
        if not isinstance(value, str):
            return value or ""
        token = value.strip()
        if not token.isascii() or any(letter.isspace() or not letter.isprintable() for letter in token):
            raise ValueError("a token is one word of letters and digits, without spaces")
        return token

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of settings without which nothing can be done."""
        return tuple(_title(key) for key in ("plex_url", "plex_token") if not getattr(self, key))

    @property
    def hears_plays(self) -> bool:
        """Whether plays or positions come back from Plex."""
        return self.plays_from_plex or self.resume_from_plex

    @property
    def hears_sessions(self) -> bool:
        """Whether it is of use to hear what is played: also a rating is looked for once it was."""
        return self.hears_plays or self.ratings_from_plex

    @property
    def headline(self) -> str:
        """What every summary begins with while nothing is written; empty when it is."""
        return f'NOTHING IS WRITTEN TO PLEX: the setting "{_title("only_look")}" is on.' if self.only_look else ""

    @property
    def obstacle(self) -> str:
        """Why nothing may be sent with these settings, and what to do, in one sentence; empty when it may."""
        if self.missing:
            return f'The setting "{self.missing[0]}" is empty; enter it under {WHERE}.'
        return self._unread


def _title(key: str) -> str:
    return str(PlexSyncConfig.model_fields[key].title)


def read_settings(stored: Mapping[str, Any]) -> tuple[PlexSyncConfig, tuple[str, ...]]:
    """Settings out of what Stash stores, with one sentence for each value that could not be used.

    A wrong value never stops the others: its default stands in, and the sentence says so. With one that holds
    something back (``HOLD_BACK``), nothing may be sent: that is the settings' ``obstacle``.
    """
    unset = (None, "", 0)  # and False, which equals 0
    known = {key: value for key, value in stored.items() if key in PlexSyncConfig.model_fields and value not in unset}
    faults = {
        key: ("value_error", "it holds characters that are no text")
        for key, value in known.items()
        if not _is_text(value)
    }
    usable = {key: value for key, value in known.items() if key not in faults}
    try:
        config = PlexSyncConfig(**usable)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        faults |= {str(fault["loc"][0]): (fault["type"], fault["msg"]) for fault in found}
        config = PlexSyncConfig(**{key: value for key, value in usable.items() if key not in faults})
    schemas = PlexSyncConfig.model_json_schema()["properties"] if faults else {}
    sentences = {
        key: fault_sentence(key, schemas[key], usable.get(key, ""), *fault, holds_back=key in HOLD_BACK)
        for key, fault in faults.items()
    }
    config._unread = next((sentence for key, sentence in sentences.items() if key in HOLD_BACK), "")
    return config, tuple(sentences.values())


def _is_text(value: object) -> bool:
    """Whether a value can be encoded: JSON can hold lone surrogates (halves of characters), UTF-8 cannot."""
    try:
        str(value).encode()
    except UnicodeEncodeError:
        return False
    return True
