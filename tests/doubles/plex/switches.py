"""Every behaviour of Plex that is unknown, disputed or a setting: one switch each, with its default.

The same names are keywords of PlexDouble and, with dashes, options of the command line.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, fields
from typing import Any


def _switch(default: Any, text: str, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"help": text, "choices": choices})


@dataclass(frozen=True, slots=True)
class Switches:
    """Times are in seconds, sizes in bytes."""

    tags: str = _switch("append", "what t[i].tag.tag does with tags that are already there", ("append", "replace"))
    tag_edit_bumps_updated_at: bool = _switch(False, "a tag-only edit moves updatedAt")
    tag_edit_moves_content: bool = _switch(True, "a tag-only edit moves the section's contentChangedAt")
    capitalise_labels: bool = _switch(False, "new labels and collections get a capital first letter")
    role_thumb: str = _switch("either", "which picture of an actor is shown", ("either", "tag", "tagging"))
    year_follows_date: bool = _switch(True, "an edit of originallyAvailableAt sets an unlocked year")
    sort_titles: str = _switch(
        "made", "made of the title at each edit, or the title itself until one is given", ("made", "given")
    )
    foreign_id: str = _switch("404", "an edit through one section of an item of another", ("404", "edit"))
    dates_a_day_early: bool = _switch(False, "a date is kept as the day before")
    fold_texts: bool = _switch(False, "white space in texts and tags becomes single spaces")
    cut_texts: int = _switch(0, "texts and tags are cut to so many characters; 0 keeps them whole")
    drop_characters: str = _switch("", "these characters are lost in texts and tags")
    rename_tag: str = _switch("", "OLD=NEW: a tag OLD is kept as NEW")
    field_write_seconds: float = _switch(0.0, "time an edit takes; others are answered meanwhile")
    tag_write_seconds: float = _switch(0.0, "time that an edit of tags or collections takes")
    slow_writes_queue: bool = _switch(False, "with these times: writes to a section wait for each other")
    slow_writes_block: bool = _switch(False, "with these times: nothing is answered while a write is under way")
    visibility_delay: float = _switch(0.0, "an edit is answered at once and readable after this time")
    poster_auto_lock: bool = _switch(True, "an uploaded or selected poster locks the field thumb")
    picture_delay: float = _switch(0.0, "an uploaded or selected picture is answered at once and shown after this time")
    reencode_pictures: bool = _switch(False, "uploads are kept as other bytes, and so under another name")
    poster_limit: int = _switch(10 * 1024 * 1024, "largest image that is taken")
    poster_limit_status: int = _switch(500, "answer to a larger image (413 for a proxy in front)")
    non_image: str = _switch("ignore", "bytes that are no image: 200 and nothing selected, or 500", ("ignore", "error"))
    held_image: str = _switch(
        "keep", "bytes uploaded that the item has already: what is shown stays, or they are", ("keep", "select")
    )
    locked_posters_fail: bool = _switch(False, "while thumb is locked, /posters is a 500 (reading and uploading)")
    ignore_exclude_elements: bool = _switch(False, "excludeElements and excludeFields have no effect")
    file_filter: str = _switch(
        "names",
        "file=TEXT finds any part of a file's name, is no filter at all, or one that nothing passes",
        ("names", "ignored", "nothing"),
    )
    rated_filter: str = _switch("times", "lastRatedAt finds by times, or is no filter at all", ("times", "ignored"))
    require_container_headers: bool = _switch(False, "a list without X-Plex-Container-Size is a 400")
    max_page: int = _switch(0, "longest page, whatever the client asks for; 0 is no limit")
    stale_section: str = _switch(
        "404", "a list of a section that is gone: 404, or 200 without content", ("404", "empty")
    )
    details_order: str = _switch(
        "requested", "order of items asked for together: as asked, or by rating key", ("requested", "db")
    )
    collections_first: str = _switch(
        "any", "order of collections: as the sorting has it, or one kind in front", ("any", "smart", "ordinary")
    )
    optimised_version: str = _switch("last", "where an optimised version stands", ("last", "first"))
    personal_media: bool = _switch(True, 'items of a "none" agent show date, year and more of their file')
    nfd_paths: bool = _switch(False, "files are shown with letters and accents apart (NFD)")
    scan_delay: float = _switch(0.25, "time a scan takes")
    analysis_delay: float = _switch(0.0, "time a new item has neither Media nor updatedAt after a scan found it")
    auto_empty_trash: bool = _switch(False, "a scan deletes items whose files are gone")
    moved_file_keeps_key: bool = _switch(True, "a moved file stays the same item")
    remove_empty_collections: bool = _switch(True, "a collection goes with its last member")
    media_deletion: bool = _switch(True, "items can be deleted through the API (else 403)")
    plex_pass: bool = _switch(False, "the owner has a Plex Pass: editionTitle can be edited (else 403)")
    guest_token: str = _switch("", "a second token: reads everything, may not edit, has ratings of its own")
    guest_edit_status: int = _switch(403, "answer to a guest's edit")
    unclaimed: bool = _switch(False, "no token is needed, as on an unclaimed server")
    startup_seconds: float = _switch(0.0, "time after the start in which every request is refused")
    startup_answer: str = _switch(
        "maintenance", "how: 503 Maintenance, or 400 starting up", ("maintenance", "starting_up")
    )
    latency: float = _switch(0.0, "time every answer takes longer")
    busy_ms: int = _switch(0, "writes run one after the other and take this many milliseconds each")
    busy_queue: int = _switch(0, "with busy_ms: a write that would wait behind more than this many is a 500")
    max_url: int = _switch(65536, "longest request line; longer is a 414")
    proxy_refuses_writes: int = _switch(0, "a proxy in front answers PUT, POST and DELETE with this status")
    proxy_body_limit: int = _switch(0, "a proxy in front refuses longer bodies with a 413; 0 is no limit")
    tls_handshake: str = _switch(
        "answered", "what a client that begins with TLS gets: plain HTTP, the half of an answer, or a reset",
        ("answered", "cut", "reset"),
    )  # fmt: skip
    gzip: bool = _switch(True, "answers are compressed for clients that accept it")

    def __post_init__(self) -> None:
        for entry in fields(self):
            choices = entry.metadata["choices"]
            if choices and getattr(self, entry.name) not in choices:
                raise ValueError(f"{entry.name} must be one of {', '.join(choices)}")


def add_options(parser: argparse.ArgumentParser) -> None:
    """One option a switch; booleans have a `--no-…` form."""
    for entry in fields(Switches):
        option = "--" + entry.name.replace("_", "-")
        text = f"{entry.metadata['help']} (default: {entry.default})"
        if isinstance(entry.default, bool):
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=entry.default, help=text)
        else:
            choices = entry.metadata["choices"] or None
            parser.add_argument(option, type=type(entry.default), default=entry.default, choices=choices, help=text)


def from_options(options: argparse.Namespace) -> Switches:
    return Switches(**{entry.name: getattr(options, entry.name) for entry in fields(Switches)})
