"""Carrying decisions out on Plex items: finding, writing, artwork, collections."""
