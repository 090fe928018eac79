"""Playing: sessions and their states, the history, the accounts. No client plays here; a test says what one does.

From three clients that listen to real servers and plexapi 4.18.3: events name no user, a session is gone when it
has stopped, a row of the history comes at the played threshold and not for what is only marked as played.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.doubles.plex.listing import page_of
from tests.doubles.plex.messages import Answer, Request
from tests.doubles.plex.model import TYPE_NUMBERS, Item, Play, Session
from tests.doubles.plex.nodes import Node, Scalar, container
from tests.doubles.plex.ratings import settings_moved
from tests.doubles.plex.state import OWNER, State
from tests.doubles.plex.views import Look, item_node

STATES = ("playing", "paused", "buffering", "stopped")
_THRESHOLD = 0.9
_PLAYER = "plex-double-player"


@dataclass(frozen=True, slots=True)
class Step:
    """What a player tells. `at` is in seconds from now, `offset` in milliseconds of the item.

    `session` is the key told instead of the session's own: some servers change it at the end.
    """

    state: str
    offset: int = 0
    at: float = 0.0
    session: str = ""

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(f"unknown state {self.state!r}; known: {', '.join(STATES)}")


def play(state: State, item: Item, account: int, steps: Iterable[Step]) -> str:
    """Go through the steps as the double's clock comes to them; gives the session's key."""
    playback = state.playback
    playback.started += 1
    session = Session(str(playback.started), item.id, account, "")
    for step in steps:
        state.later(step.at, _taking(state, session, step))
    return session.key


def _taking(state: State, session: Session, step: Step) -> Callable[[], None]:
    return lambda: _take(state, session, step)


def account_named(state: State, name: str | int) -> int:
    """An account's id, by its name or id; KeyError when there is none."""
    for number, known in state.playback.accounts.items():
        if name in (number, known):
            return number
    raise KeyError(f"no account {name!r}")


def _take(state: State, session: Session, step: Step) -> None:
    item = state.items.get(session.item)
    if item is None:
        return
    session.state, session.offset = step.state, step.offset
    sessions = state.playback.sessions
    if step.state == "stopped":
        sessions.pop(session.key, None)
    else:
        sessions[session.key] = session
    _tell(state, item, step.session or session.key, step)
    settings = state.settings_of(session.account, item)
    if not session.played:
        settings.view_offset = step.offset
    if not session.played and item.duration and step.offset >= item.duration * _THRESHOLD:
        session.played = True
        settings.view_count += 1
        settings.last_viewed_at = state.now()
        settings.view_offset = 0
        _remember(state, session, item)
    settings_moved(state, item)


def _tell(state: State, item: Item, key: str, step: Step) -> None:
    entry: dict[str, object] = {
        "sessionKey": key, "clientIdentifier": _PLAYER, "guid": "", "ratingKey": str(item.id), "url": "",
        "key": f"/library/metadata/{item.id}", "viewOffset": step.offset, "playQueueItemID": int(item.id),
        "state": step.state,
    }  # fmt: skip
    state.events.publish("playing", "PlaySessionStateNotification", entry)


def _remember(state: State, session: Session, item: Item) -> None:
    history = state.playback.history
    number = history[-1].id + 1 if history else 1
    history.append(Play(number, item.guid, item.section, session.account, state.now(), item.title, item.type))


def sessions(state: State, _request: Request) -> Answer:
    """`GET /status/sessions`, the owner's: who plays what now."""
    rows = [_session_node(state, row) for row in state.playback.sessions.values() if row.item in state.items]
    return Answer(node=container({}, rows))


def _session_node(state: State, session: Session) -> Node:
    node = item_node(state, state.items[session.item], session.account, Look(full=True))
    node.attrs["sessionKey"] = session.key
    node.attrs["viewOffset"] = session.offset
    user = {"id": str(session.account), "thumb": "", "title": state.playback.accounts[session.account]}
    player: dict[str, Scalar] = {
        "address": "127.0.0.1", "device": "Linux", "machineIdentifier": _PLAYER, "platform": "Chrome",
        "product": "Plex Web", "state": session.state, "title": "Chrome", "local": True, "userID": session.account,
    }  # fmt: skip
    node.children += [
        Node("User", dict(user)),
        Node("Player", player),
        Node("Session", {"id": f"session-{session.key}", "bandwidth": 4000, "location": "lan"}),
    ]
    return node


def history(state: State, request: Request) -> Answer:
    """`GET /status/sessions/history/all`: the owner sees every account's, another one its own. Paged."""
    rows = [row for row in state.playback.history if _asked_for(state, request, row)]
    if request.account != OWNER:
        rows = [row for row in rows if row.account == request.account]
    rows.sort(key=lambda row: (row.viewed_at, row.id), reverse=request.get("sort") != "viewedAt:asc")
    start, size = page_of(request, required=False, longest=state.switches.max_page)
    shown = rows[start:] if size is None else rows[start : start + size]
    attrs: dict[str, Scalar] = {"size": len(shown), "totalSize": len(rows), "offset": start}
    return Answer(node=container(attrs, [_history_node(state, row) for row in shown]))


def _asked_for(state: State, request: Request, row: Play) -> bool:
    """The filters that are known; another one finds everything, as in lists."""
    tests: dict[str, Callable[[int], bool]] = {
        "accountID": lambda value: row.account == value,
        "librarySectionID": lambda value: row.section == value,
        "metadataItemID": lambda value: value in state.items and row.guid == state.items[value].guid,
        "viewedAt>": lambda value: row.viewed_at >= value,
        "viewedAt<": lambda value: row.viewed_at <= value,
    }
    return all(tests[name](int(value)) for name, value in request.params if name in tests and value.isdigit())


def _history_node(state: State, row: Play) -> Node:
    """A row names the item that has its guid now, of several the first; none where that is gone, or matched anew."""
    attrs: dict[str, Scalar] = {"historyKey": f"/status/sessions/history/{row.id}"}
    section = state.sections.get(row.section)
    item = next((one for one in section.items.values() if one.guid == row.guid), None) if section else None
    if item is not None:
        attrs |= {"key": f"/library/metadata/{item.id}", "ratingKey": str(item.id)}
    attrs |= {
        "librarySectionID": str(row.section), "title": row.title, "type": row.type,
        "viewedAt": row.viewed_at, "accountID": row.account, "deviceID": 1,
    }  # fmt: skip
    tag = "Video" if TYPE_NUMBERS.get(row.type, 1) in (1, 4) else "Track"
    return Node(tag, attrs, json_key="Metadata")


def accounts(state: State, _request: Request) -> Answer:
    """`GET /accounts`: the names of the ids; a real one begins with an account 0 without a name."""
    rows = [
        Node("Account", {"id": number, "key": f"/accounts/{number}", "name": name, "defaultAudioLanguage": "en",
                         "autoSelectAudio": True, "defaultSubtitleLanguage": "en", "subtitleMode": 1, "thumb": ""})
        for number, name in {0: "", **state.playback.accounts}.items()
    ]  # fmt: skip
    return Answer(node=container({"identifier": "com.plexapp.system.accounts"}, rows))
