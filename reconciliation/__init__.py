"""Comparing whole libraries: scenes that differ between Stash and Plex are found and queued; SyncWorker sends them."""
