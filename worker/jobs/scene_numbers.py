"""Numbers of scenes, held small: those of a library lie close together."""

from __future__ import annotations

from heapq import heappop, heappush

#: Numbers whose presence is held in one integer, a bit each.
TOGETHER = 1024


class SceneNumbers:
    """Numbers above 0, each once. Of 100,000 that lie close together, a set takes 7 MiB, and this some kilobytes."""

    def __init__(self) -> None:
        self._bits: dict[int, int] = {}
        #: Every key of ``_bits`` is in this heap, beside some that are there no more.
        self._keys: list[int] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: int) -> bool:
        key, bit = divmod(number, TOGETHER)
        return bool(self._bits.get(key, 0) >> bit & 1)

    def add(self, number: int) -> None:
        """Hold a number that may be held already."""
        key, bit = divmod(number, TOGETHER)
        if key not in self._bits:
            heappush(self._keys, key)
        self._count += number not in self
        self._bits[key] = self._bits.get(key, 0) | 1 << bit

    def remove(self, number: int) -> None:
        """Hold a number no more that is held."""
        key, bit = divmod(number, TOGETHER)
        self._bits[key] ^= 1 << bit
        self._count -= 1
        if not self._bits[key]:
            del self._bits[key]

    @property
    def lowest(self) -> int:
        """The lowest of them, of which there is one."""
        while self._keys[0] not in self._bits:
            heappop(self._keys)
        bits = self._bits[self._keys[0]]
        return self._keys[0] * TOGETHER + (bits & -bits).bit_length() - 1
