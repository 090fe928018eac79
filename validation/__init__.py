"""The shapes at the edges: settings, events, jobs, scenes, paths and the error tree. Imports no other room."""
