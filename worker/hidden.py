"""Finding secrets in texts, however they are written there. Standard library only: a bug report is made with this."""

from __future__ import annotations

import json
import re

#: Secrets that are shorter would hide ordinary words.
SHORTEST = 4

#: What XML and HTML write in place of a letter.
_ENTITIES = {"&": ["&amp;"], "<": ["&lt;"], ">": ["&gt;"], '"': ["&quot;", "&#34;"], "'": ["&apos;", "&#39;", "&#x27;"]}


class Hidden:
    """One secret: as it is, quoted for an address, once or several times, or escaped in JSON, XML or Python."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._begins = re.split("[^0-9A-Za-z]", secret, maxsplit=1)[0]
        self._pattern = re.compile("".join(map(_written, secret))) if self._begins != secret else None

    def out_of(self, text: str, mask: str) -> str:
        """A text with a mask in place of it."""
        if self._begins not in text:
            return text
        return text.replace(self.secret, mask) if self._pattern is None else self._pattern.sub(lambda _: mask, text)


def _written(letter: str) -> str:
    """Each way in which one letter may be written, as a pattern."""
    if letter.isascii() and letter.isalnum():
        return letter
    quoted = "".join(f"%(?:25)*{byte:02x}" for byte in letter.encode("utf-8", "surrogatepass"))
    escaped = re.escape(json.dumps(letter)[1:-1])
    ways = [rf"\\?{re.escape(letter)}", f"(?i:{quoted})", f"(?i:{escaped})"]
    ways += [rf"(?i:\\u{ord(letter):04x})"] if ord(letter) < 0x10000 else []
    return f"(?:{'|'.join([*ways, *_ENTITIES.get(letter, [])])})"
