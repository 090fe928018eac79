"""Whether Stash answers, and as whom; what of it the other checks need."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from stash.client import StashClient, StashRefused
from stash.connection import StashConnection
from stash.server import read_about
from validation.addresses import is_private
from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError
from worker.tasks.checkup.lines import Line, hint, note, right, wrong

ABOUT_STASH = "query AboutStash { version { version } configuration { general { apiKey stashes { path } } } }"

#: Hosts that mean the machine, or the container, that one is on.
HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class StashFacts:
    """What Stash told: the plugin's settings as stored, the folders it scans."""

    settings: Mapping[str, Any]
    folders: tuple[str, ...]


def stash_lines(stash: StashClient) -> Generator[Line, None, StashFacts | None]:
    """Asks Stash as the other tasks do. Returns None when it does not answer."""
    url = stash.connection.url
    had_cookie = bool(stash.cookie)
    try:
        about = read_about(stash)
        facts = stash.execute(ABOUT_STASH)
        general = facts["configuration"]["general"]
        version, key = facts["version"]["version"] or "unknown", str(general["apiKey"] or "")
        folders = tuple(str(folder["path"]) for folder in general["stashes"])
    except StashRefused:
        yield wrong(
            f"Stash at {url} does not accept the session it handed over.",
            "Log in to Stash once more. If that does not help, create an API key in Stash under Settings > Security.",
        )
        return None
    except (PlexSyncError, LookupError, TypeError) as error:
        why = str(error) if isinstance(error, PlexSyncError) else f"What answers at {url} does not answer like Stash."
        yield wrong(why, f"Check Stash's host and port under Settings > System: PlexSync reaches it only at {url}.")
        return None
    yield right(f"Stash {version} answers at {url}, {_as_whom(stash, key, had_cookie)}.")
    if not about.enabled:
        yield hint("The plugin is switched off in Stash, so saved scenes are not noticed.")
    return StashFacts(about.settings, folders)


def _as_whom(stash: StashClient, key: str, had_cookie: bool) -> str:
    if key and key in stash.secrets:
        return "with its API key"
    if had_cookie:
        return "with the session of the one who pressed the button"
    return "which asks for no login"


def photo_lines(config: PlexSyncConfig) -> Iterator[Line]:
    """Whether Plex could fetch photos of performers from Stash, as far as that shows from here."""
    url = config.plex_stash_url
    if not url or config.skip_performers:
        return
    setting = 'the setting "Plex: address of Stash"'
    host = urlsplit(url).hostname or ""
    if host in HERE:
        yield hint(
            f"{url} in {setting} means to Plex its own machine or container. That fits only where both run side by "
            "side; else enter the address by which other machines reach Stash."
        )
    if not is_private(url):
        # Asked at a public address, a Stash without a password locks itself (internal/api/authentication.go).
        yield note(f"Whether photos of performers reach Plex was not tried: {url} is not an address of a home network.")
        return
    try:
        with StashClient(StashConnection(url)) as stranger:
            stranger.ping()
    except StashRefused:
        yield hint(
            "Plex cannot fetch photos of performers: Stash asks for a password, which Plex does not have. "
            f"Clear {setting}, or remove the password in Stash."
        )
    except PlexSyncError as error:
        yield hint(f"Plex may not get photos of performers: {error} Check {setting}.")
    else:
        yield right(f"Photos of performers can be fetched from {url} without a password.")
