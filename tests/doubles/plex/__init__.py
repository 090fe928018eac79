"""A stand-in for Plex Media Server that speaks real HTTP, keeps state and is as awkward as the real one.

In a test: `with PlexDouble(library) as plex: PlexServer(plex.url, plex.token)`. By hand:
`python -m tests.doubles.plex --library LIBRARY.json`. README.md shows the library format and every switch.
"""

from tests.doubles.plex.double import DEFAULT_TOKEN, PlexDouble
from tests.doubles.plex.recorder import Recorded
from tests.doubles.plex.switches import Switches

__all__ = ["DEFAULT_TOKEN", "PlexDouble", "Recorded", "Switches"]
