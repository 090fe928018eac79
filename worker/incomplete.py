"""What is said where files of the plugin are missing, cut off, or of another version. Standard library only."""

from __future__ import annotations

import json
import sys

from worker.datadir import note


def tell(error: ImportError | SyntaxError) -> int:
    """Say it in one sentence, where whoever started us looks; returns the exit code."""
    sentence = (
        f"PlexSync's own files do not fit together ({error}): it was copied or updated only in part. Install it anew "
        "under Settings > Plugins, or copy all of it again; what waits in its data folder is kept."
    )
    if sys.argv[1:2] == ["--worker"]:  # nobody reads what it prints
        return note(sentence)
    sys.stderr.write(f"\x01e\x02{sentence}\n")
    sys.stdout.write(json.dumps({"error": sentence}))
    return 1
