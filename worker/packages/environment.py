"""Where the installed packages come from. Standard library only: called before anything else is imported.

In this order: PlexSync's own folder for this Python, if it holds exactly what ``requirements.lock`` names; the
environment of this Python, if its versions fit ``requirements.txt``; else they are installed into that folder
(worker/packages/installer.py). With the folder in place, a start reads two small files and imports nothing more.
"""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager

from worker.datadir import DataDir
from worker.packages.folder import REQUIREMENTS, PackagesMissing, forget_failure, is_complete, own_folder

TYPE_CHECKING = False
if TYPE_CHECKING:  # every start would pay for the import
    from collections.abc import Iterator

    from worker.packages.folder import Say


def ensure_packages(data: DataDir, say: Say) -> None:
    """Make the installed packages importable, installing them first where they are missing.

    Raises:
        PackagesMissing: they are missing and could not be installed.
    """
    folder = own_folder(data)
    if not is_complete(folder):
        if sys.flags.no_site:
            import site

            site.main()  # we are started without the installed packages (python -S)
        from worker.packages.requirements import missing_here

        missing = missing_here()
        if not missing:
            forget_failure(data)
            return
        from worker.packages.installer import install

        install(data, folder, missing, say)
    if folder not in sys.path:
        sys.path.insert(0, folder)  # first: nothing else that is installed may take the place of a pinned package


@contextmanager
def imports() -> Iterator[None]:
    """Import inside what is needed from now on. All of it stays, so nothing of it is looked through for garbage, which
    takes a tenth of a start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def explain(error: ImportError, data: DataDir) -> str:
    """One sentence about an import that failed, with what helps."""
    if isinstance(error, PackagesMissing):
        return str(error)
    folder = own_folder(data)
    if is_complete(folder):
        helps = f"Delete the folder {folder} and run the task again: the packages are then installed anew"
    else:
        helps = f"Run: {sys.executable} -m pip install --upgrade --force-reinstall -r {REQUIREMENTS}"
    return f'PlexSync cannot load the Python package "{error.name}" ({error}). {helps} - nothing is lost meanwhile.'
