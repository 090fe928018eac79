"""`python -m tests.doubles.plex --port 0 --library LIBRARY.json`: prints its address, ends with its stdin."""

from __future__ import annotations

import argparse
import dataclasses
import json

from tests.doubles.common.program import announce, wait_for_stdin_to_close
from tests.doubles.plex import switches
from tests.doubles.plex.double import DEFAULT_TOKEN, PlexDouble


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.doubles.plex", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", default=DEFAULT_TOKEN)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--library", metavar="FILE", help="sections and items, see README.md")
    source.add_argument("--generate", type=int, default=0, metavar="N", help="N scenes shared with Stash")
    parser.add_argument("--generate-synced", action="store_true", help="as if they had been synced before")
    switches.add_options(parser)
    options = parser.parse_args()
    library = None
    if options.library:
        with open(options.library, encoding="utf-8") as stream:
            library = json.load(stream)
    plex = PlexDouble(
        library,
        token=options.token,
        generate=options.generate,
        generate_synced=options.generate_synced,
        port=options.port,
        **dataclasses.asdict(switches.from_options(options)),
    )
    with plex:
        announce(url=plex.url, token=plex.token)
        wait_for_stdin_to_close()


if __name__ == "__main__":
    main()
