"""What comes back from Plex to Stash: plays, positions, ratings. Off by default."""
