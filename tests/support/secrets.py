"""The ways in which a secret may be written where it should not be."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import quote


def written(secret: str) -> list[str]:
    """As it is, in addresses, in JSON of Python's and of Go's, in XML, in Python."""
    all_quoted = quote(secret, safe="")
    go = "".join(f"\\u{ord(letter):04x}" if letter in "<>&" else letter for letter in json.dumps(secret)[1:-1])
    small = re.sub("%..", lambda found: found[0].lower(), all_quoted)
    quoted = [quote(secret), all_quoted, small, quote(all_quoted)]
    return [secret, *quoted, json.dumps(secret)[1:-1], go, html.escape(secret), repr(secret)[1:-1]]
