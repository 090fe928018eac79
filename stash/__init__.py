"""What we read: Stash's connection, GraphQL, scenes, and its log protocol. Knows nothing of Plex."""
