"""A fake Stash: real HTTP, real plugin processes. README.md shows how to use it."""

from tests.doubles.stash.double import StashDouble

__all__ = ["StashDouble"]
