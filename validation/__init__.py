"""The shapes at the edges: settings, events, jobs, scenes, paths and the error tree. Knows nobody above it."""
