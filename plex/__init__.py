"""Plex: its client, its lists, the index of its files, the matcher, items and collections. Knows nothing of Stash."""

from plex.client import PlexClient
from plex.exceptions import PlexNotFound, PlexPermanentError, PlexTemporaryError
from plex.matcher import find_plex_item_by_path

__all__ = ["PlexClient", "PlexNotFound", "PlexPermanentError", "PlexTemporaryError", "find_plex_item_by_path"]
