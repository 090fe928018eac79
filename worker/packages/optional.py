"""What packages would bring along and nobody here uses: it is left out, which spares 5 MiB and a tenth of a start."""

from __future__ import annotations

import sys
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:  # every start would pay for the import
    from collections.abc import Sequence

#: Modules that a package does without where there are none, by its own code (requests 2.32, persist-queue 1.1).
#: Python's own stands first: the others import it.
OPTIONAL = {
    # Kinds of archives: urllib3 and certifi bring along what could open them, to read a number and find a file.
    "zipfile": ("bz2", "lzma"),
    # They guess at the encoding of a text that does not name it; without them it counts as UTF-8, and it is.
    "requests": ("chardet", "charset_normalizer"),
    # Queues for asyncio, which bring all of that along.
    "persistqueue": ("persistqueue.async_queue",),
}


def import_without(package: str, optional: Sequence[str]) -> None:
    """Import a package as if some modules were not there; afterwards they can be imported again. One that cannot be
    imported so is left to whoever imports it next, with all that it wants."""
    absent = [name for name in optional if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None: Python's word for "not to be had"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # requests says that they are not there
            __import__(package)
    except ImportError:
        pass
    finally:
        for name in absent:
            sys.modules.pop(name, None)
