"""Sections that come and go. A section that is made again has a new key, and so have its items."""

from __future__ import annotations

from tests.doubles.plex.envelopes import section_node
from tests.doubles.plex.library_file import add_section, make_locations
from tests.doubles.plex.messages import Answer, Request, failure, ok
from tests.doubles.plex.model import Section
from tests.doubles.plex.nodes import container
from tests.doubles.plex.state import State


def create(state: State, request: Request) -> Answer:
    """`POST /library/sections?name&type&agent&scanner&language&location`: scanned only when asked to."""
    if not request.get("name") or request.get("type") not in ("movie", "show", "artist", "photo"):
        return failure(400)
    entry = {name: request.get(name) for name in ("type", "agent", "scanner", "language") if request.get(name)}
    locations = [value for name, value in request.params if name == "location"]
    state.last_section = max([state.last_section, *state.sections]) + 1
    section = add_section(state, {**entry, "title": request.get("name"), "locations": locations}, state.last_section)
    return Answer(201, node=container({}, [section_node(section)]))


def edit(request: Request, section: Section) -> Answer:
    """`PUT /library/sections/{id}?name&agent&…`: renamed, or given to another agent."""
    section.title = request.get("name") or section.title
    section.agent = request.get("agent") or section.agent
    section.scanner = request.get("scanner") or section.scanner
    places = [value for name, value in request.params if name == "location"]
    if places:
        section.locations = make_locations(section.key, places)
    section.language = request.get("language") or section.language
    return ok()


def delete(state: State, section: Section) -> Answer:
    """The section and its items go; the files stay."""
    for item in list(section.items.values()):
        state.drop_item(item)
    state.last_section = max([state.last_section, *state.sections])
    del state.sections[section.key]
    return ok()
