"""`python -m tests.doubles.stash`: the double as a program. Ends when its standard input closes."""

from __future__ import annotations

import argparse
import json
import os

from tests.doubles.common.program import announce, wait_for_stdin_to_close
from tests.doubles.stash.double import StashDouble


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.doubles.stash", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--library", metavar="FILE", help="library file (JSON), see README.md")
    parser.add_argument("--generate", type=int, default=0, metavar="N", help="make a library of N scenes")
    parser.add_argument("--plugins", metavar="DIR", help="folder whose .yml files are loaded as plugins")
    parser.add_argument("--python", metavar="PATH", help="interpreter for plugins")
    parser.add_argument("--password", default="", metavar="USER:PW", help="ask for a login")
    parser.add_argument("--api-key", default="", metavar="KEY")
    parser.add_argument("--session-age", type=int, default=3600, metavar="SECONDS")
    parser.add_argument("--read-cost", action="store_true", help="take as long as a real Stash to read scenes")
    parser.add_argument("--reported-host", default="0.0.0.0", metavar="HOST", help="listen address plugins are told")
    parser.add_argument("--external-host", default="", metavar="URL", help="what addresses in answers begin with")
    parser.add_argument("--stash-version", default="v0.30.1", metavar="TEXT")
    parser.add_argument("--log-level", default="Info", metavar="LEVEL")
    parser.add_argument("--utc-offset", type=int, default=0, metavar="MINUTES", help="the server's local time")
    parser.add_argument("--media", action="append", metavar="PATH", help="a media folder that Stash is set up with")
    options = parser.parse_args()

    content = {}
    if options.library:
        with open(options.library, encoding="utf-8") as file:
            content = json.load(file)
    double = StashDouble(
        content,
        plugins=options.plugins,
        generate=options.generate,
        python=options.python,
        port=options.port,
        library_folder=os.path.dirname(os.path.abspath(options.library)) if options.library else ".",
        password=options.password,
        api_key=options.api_key,
        session_age=options.session_age,
        read_cost=options.read_cost,
        reported_host=options.reported_host,
        external_host=options.external_host,
        version=options.stash_version,
        log_level=options.log_level,
        utc_offset_minutes=options.utc_offset,
        stashes=tuple(options.media or ("/media/stash",)),
    )
    double.start()
    announce(url=double.url)
    wait_for_stdin_to_close()
    double.stop()


if __name__ == "__main__":
    main()
