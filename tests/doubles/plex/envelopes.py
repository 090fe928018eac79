"""Answers about the server itself. Attributes as recorded from PMS 1.43.2."""

from __future__ import annotations

from tests.doubles.plex.listing import MEDIA_TAG_VERSION
from tests.doubles.plex.messages import Answer
from tests.doubles.plex.model import Section
from tests.doubles.plex.nodes import Node, Scalar, container
from tests.doubles.plex.state import State

VERSION = "1.43.2.10687-563d026ea"
API_VERSION = "1.2.2"

_ROOT_KEYS = (
    "actions", "activities", "butler", "clients", "devices", "hubs", "library", "media", "playlists",
    "search", "servers", "updater",
)  # fmt: skip


def root(state: State, owner: bool) -> Answer:
    """`GET /`: what plexapi's PlexServer() reads."""
    attrs: dict[str, Scalar] = {
        "size": 25,
        "allowCameraUpload": False,
        "allowChannelAccess": True,
        "allowMediaDeletion": state.switches.media_deletion and owner,
        "allowSharing": True,
        "allowSync": False,
        "allowTuners": True,
        "apiVersion": API_VERSION,
        "backgroundProcessing": True,
        "companionProxy": True,
        "countryCode": "",
        "diagnostics": "logs,databases,streaminglogs",
        "eventStream": True,
        "friendlyName": state.name,
        "hubSearch": True,
        "itemClusters": True,
        "livetv": 7,
        "machineIdentifier": state.machine_identifier,
        "mediaProviders": True,
        "multiuser": True,
        "musicAnalysis": 2,
        "myPlex": True,
        "myPlexMappingState": "mapped",
        "myPlexSigninState": "none" if state.switches.unclaimed else "ok",
        "myPlexSubscription": state.switches.plex_pass,
        "ownerFeatures": "adaptive_bitrate,collections,federated-auth,home,kevin-bacon,livetv,radio,"
        "tuner-sharing,unsupportedtuners",
        "platform": "Linux",
        "platformVersion": "7.0.10-arch1-1",
        "pluginHost": True,
        "pushNotifications": False,
        "readOnlyLibraries": False,
        "streamingBrainABRVersion": 3,
        "streamingBrainVersion": 2,
        "sync": True,
        "transcoderActiveVideoSessions": 0,
        "transcoderAudio": True,
        "transcoderLyrics": True,
        "transcoderPhoto": True,
        "transcoderSubtitles": True,
        "transcoderVideo": True,
        "transcoderVideoBitrates": "64,96,208,320,720,1500,2000,3000,4000,8000,10000,12000,20000",
        "transcoderVideoQualities": "0,1,2,3,4,5,6,7,8,9,10,11,12",
        "transcoderVideoResolutions": "128,128,160,240,320,480,768,720,720,1080,1080,1080,1080",
        "updatedAt": state.now(),
        "updater": True,
        "version": VERSION,
        "voiceSearch": True,
    }
    rows = [Node("Directory", {"count": 1, "key": key, "title": key}) for key in _ROOT_KEYS]
    return Answer(node=container(attrs, rows))


def identity(state: State) -> Answer:
    """`GET /identity`: needs no token."""
    attrs: dict[str, Scalar] = {
        "apiVersion": API_VERSION,
        "claimed": not state.switches.unclaimed,
        "machineIdentifier": state.machine_identifier,
        "version": VERSION,
    }
    return Answer(node=container(attrs))


def library() -> Answer:
    attrs: dict[str, Scalar] = {
        "size": 3,
        "allowSync": False,
        "art": "/:/resources/library-art.png",
        "content": "",
        "identifier": "com.plexapp.plugins.library",
        "mediaTagPrefix": "/system/bundle/media/flags/",
        "mediaTagVersion": MEDIA_TAG_VERSION,
        "title1": "Plex Library",
        "title2": "",
    }
    rows = [
        Node("Directory", {"key": "sections", "title": "Library Sections"}),
        Node("Directory", {"key": "recentlyAdded", "title": "Recently Added Content"}),
        Node("Directory", {"key": "onDeck", "title": "On Deck Content"}),
    ]
    return Answer(node=container(attrs, rows))


def sections(state: State) -> Answer:
    """`GET /library/sections`. `contentChangedAt` is a counter that only content changes move."""
    rows = [section_node(section) for section in state.sections.values()]
    return Answer(node=container({"size": len(rows), "allowSync": False, "title1": "Plex Library"}, rows))


def section_page(section: Section) -> Answer:
    """`GET /library/sections/{id}`: the ways to list it."""
    rows = [
        Node("Directory", {"key": key, "title": title})
        for key, title in (
            ("all", f"All {section.title}"),
            ("recentlyAdded", "Recently Added"),
            ("collection", "By Collection"),
            ("genre", "By Genre"),
            ("firstCharacter", "By First Letter"),
            ("folder", "By Folder"),
        )
    ]
    attrs: dict[str, Scalar] = {
        "size": len(rows),
        "allowSync": False,
        "content": "secondary",
        "identifier": "com.plexapp.plugins.library",
        "librarySectionID": section.key,
        "title1": section.title,
        "viewGroup": "secondary",
    }
    return Answer(node=container(attrs, rows))


def agents() -> Answer:
    """`GET /system/agents`: those a movie section can have. PMS 1.43.2 still lists the two "none" ones."""
    rows = [
        Node(
            "Agent",
            {"hasAttribution": False, "hasPrefs": False, "identifier": identifier, "name": name,
             "primary": True, "shortIdentifier": identifier.rpartition(".")[2]},
            [Node("MediaType", {"mediaType": 1, "name": "Movie"})],
        )
        for identifier, name in (
            ("tv.plex.agents.movie", "Plex Movie"),
            ("tv.plex.agents.none", "Plex Personal Media"),
            ("com.plexapp.agents.none", "Personal Media"),
            ("com.plexapp.agents.imdb", "Plex Movie (Legacy)"),
        )
    ]  # fmt: skip
    return Answer(node=container({"identifier": "com.plexapp.system"}, rows))


def section_node(section: Section) -> Node:
    icon = "video" if section.type == "movie" and section.agent.endswith(".none") else section.type
    attrs: dict[str, Scalar] = {
        "allowSync": True,
        "art": f"/:/resources/{section.type}-fanart.jpg",
        "composite": f"/library/sections/{section.key}/composite/{section.updated_at}",
        "filters": True,
        "refreshing": section.refreshing,
        "thumb": f"/:/resources/{icon}.png",
        "key": str(section.key),
        "type": section.type,
        "title": section.title,
        "agent": section.agent,
        "scanner": section.scanner,
        "language": section.language,
        "uuid": section.uuid,
        "updatedAt": section.updated_at,
        "createdAt": section.created_at,
        "scannedAt": section.scanned_at,
        "content": True,
        "directory": True,
        "contentChangedAt": section.content_changed_at,
        "hidden": 0,
    }
    return Node(
        "Directory", attrs, [Node("Location", {"id": place.id, "path": place.path}) for place in section.locations]
    )
