"""Stand-ins for Plex and Stash: real HTTP servers that keep state and behave as the real ones were seen to."""
