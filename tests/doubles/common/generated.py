"""The library of `--generate N`: scene n is a pure function of n, so both doubles hold the same N scenes.

Nothing here keeps state or uses `random`: values come from an integer hash of the scene's number and the
name of the field, so adding a field later does not change the others.
"""

from __future__ import annotations

from dataclasses import dataclass

STASH_ROOT = "/media/stash"
PLEX_ROOT = "/data/stash"

STUDIO_COUNT = 50
NETWORK_COUNT = 8
PERFORMER_COUNT = 500
TAG_COUNT = 300

_MASK = (1 << 64) - 1
_GENDERS = ("FEMALE", "MALE", "FEMALE", "MALE", "FEMALE", "TRANSGENDER_FEMALE", "FEMALE", "NON_BINARY")
_FIRST_NAMES = (
    "Ada", "Bea", "Cleo", "Dora", "Elin", "Faye", "Gwen", "Hana", "Ines", "Jana",
    "Kira", "Lena", "Mara", "Nora", "Olga", "Pia", "Rhea", "Sara", "Tess", "Una",
)  # fmt: skip
_LAST_NAMES = (
    "Abbot", "Birch", "Cole", "Drake", "Ekman", "Frost", "Grant", "Hale", "Ivers", "Jansen",
    "Keller", "Lund", "Moore", "Nash", "Orlov", "Pryce", "Quinn", "Reyes", "Stone", "Thorne",
    "Upton", "Vance", "Weiss", "Yates", "Zeller",
)  # fmt: skip
_WORDS = (
    "light", "river", "window", "quiet", "garden", "summer", "letter", "mirror", "street", "morning",
    "harbour", "winter", "silver", "number", "evening", "paper", "station", "island", "table", "music",
)  # fmt: skip
_TAG_ADJECTIVES = (
    "Amber", "Bright", "Calm", "Deep", "Early", "Fast", "Green", "High", "Inner", "Just",
    "Keen", "Late", "Mild", "Near", "Open",
)  # fmt: skip
_TAG_NOUNS = (
    "Beach", "City", "Dance", "Event", "Field", "Garden", "House", "Indoor", "Journey", "Kitchen",
    "Lake", "Music", "Night", "Office", "Park", "Quiz", "Road", "Studio", "Travel", "View",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GeneratedPerformer:
    """`gender` is one of Stash's GenderEnum values."""

    name: str
    gender: str


@dataclass(frozen=True, slots=True)
class GeneratedScene:
    """One scene as Stash would hold it. Paths are relative: join a root, `folder` and `basename` with '/'.

    `size` is in bytes, `duration` in seconds, `date` is YYYY-MM-DD, `rating100` is None or 1-100.
    """

    number: int
    title: str
    folder: str
    basename: str
    size: int
    studio: str
    parent_studio: str | None
    performers: tuple[GeneratedPerformer, ...]
    tags: tuple[str, ...]
    date: str
    details: str
    director: str
    rating100: int | None
    organized: bool
    duration: int

    @property
    def stem(self) -> str:
        """File name without its extension: the title Plex gives to a freshly scanned personal video."""
        return self.basename.rpartition(".")[0]

    def path(self, root: str) -> str:
        """The file's full path below `root` (STASH_ROOT as Stash sees it, PLEX_ROOT as Plex does)."""
        return f"{root}/{self.folder}/{self.basename}"


def generated_performer(index: int) -> GeneratedPerformer:
    """Performer 0 to PERFORMER_COUNT - 1; each has its own name."""
    first = _FIRST_NAMES[index % len(_FIRST_NAMES)]
    last = _LAST_NAMES[index // len(_FIRST_NAMES) % len(_LAST_NAMES)]
    return GeneratedPerformer(f"{first} {last}", _GENDERS[index % len(_GENDERS)])


def generated_tag(index: int) -> str:
    """Tag 0 to TAG_COUNT - 1; each has its own name."""
    adjective = _TAG_ADJECTIVES[index // len(_TAG_NOUNS) % len(_TAG_ADJECTIVES)]
    return f"{adjective} {_TAG_NOUNS[index % len(_TAG_NOUNS)]}"


def generated_studio(index: int) -> tuple[str, str | None]:
    """Name and parent of studio 0 to STUDIO_COUNT - 1. Two studios of three belong to a network."""
    parent = None if index % 3 == 0 else f"Network {index % NETWORK_COUNT}"
    return f"Studio {index}", parent


def generated_scene(n: int) -> GeneratedScene:
    """Scene number `n` (1, 2, …). The same number gives the same scene in every process."""
    studio_index = n % STUDIO_COUNT
    studio, parent = generated_studio(studio_index)
    return GeneratedScene(
        number=n,
        title=f"Scene number {n}",
        folder=studio,
        basename=f"studio.{studio_index}.scene.{n:06d}.mp4",
        size=10_000_000 + n,
        studio=studio,
        parent_studio=parent,
        performers=tuple(generated_performer(i) for i in _pick(n, 1, 1 + _hash(n, 2) % 4, PERFORMER_COUNT)),
        tags=tuple(generated_tag(i) for i in _pick(n, 3, 3 + _hash(n, 4) % 10, TAG_COUNT)),
        date=f"{2005 + _hash(n, 5) % 20}-{1 + _hash(n, 6) % 12:02d}-{1 + _hash(n, 7) % 28:02d}",
        details=_details(n),
        director=generated_performer(_hash(n, 8) % PERFORMER_COUNT).name,
        rating100=None if _hash(n, 9) % 3 == 0 else 1 + _hash(n, 10) % 100,
        organized=_hash(n, 11) % 2 == 0,
        duration=300 + _hash(n, 12) % 3300,
    )


def _hash(n: int, salt: int) -> int:
    """SplitMix64's finaliser: neighbouring numbers give unrelated values, and it is cheap."""
    x = (n * 0x9E3779B97F4A7C15 + salt * 0xD1B54A32D192ED03) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def _pick(n: int, salt: int, count: int, size: int) -> list[int]:
    """`count` different indexes below `size`: equal strides from a hashed start never meet."""
    stride = size // count
    start = _hash(n, salt)
    return [(start + i * stride) % size for i in range(count)]


def _details(n: int) -> str:
    """About 160 characters of plain words that name the scene, so that no two texts are equal."""
    words = [f"Scene {n}:"]
    length = len(words[0])
    i = 0
    while length < 156:
        word = _WORDS[_hash(n, 100 + i) % len(_WORDS)]
        words.append(word)
        length += len(word) + 1
        i += 1
    return " ".join(words) + "."
