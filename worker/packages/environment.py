"""Where the installed packages come from. Standard library only: called before anything else is imported.

In this order: PlexSync's own folder for this Python, if it holds exactly what ``requirements.lock`` names; the
environment of this Python, and the folders of PYTHONPATH behind it, if their versions fit ``requirements.txt``
(worker/packages/elsewhere.py); else they are installed into that folder (worker/packages/installer.py). With the folder
in place, a start reads two small files and imports nothing more.
"""

from __future__ import annotations

import gc
import os
import sys

from worker.datadir import PLUGIN_FOLDER, DataDir
from worker.packages.folder import PackagesMissing, forget_failure, is_complete, own_folder
from worker.packages.optional import OPTIONAL, import_without

TYPE_CHECKING = False
if TYPE_CHECKING:  # every start would pay for the import
    from worker.packages.folder import Say

#: What PlexSync's own modules lie in.
_OWN = ("reconciliation", "worker", "plex", "stash", "validation")


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
        from worker.packages.elsewhere import fitting_elsewhere, install_unless_fitting

        missing = fitting_elsewhere(data)
        if not missing:
            forget_failure(data)
            return
        install_unless_fitting(data, folder, missing, say)
    if folder not in sys.path:
        sys.path.insert(0, folder)  # first: nothing else that is installed may take the place of a pinned package


class imports:  # noqa: N801 - read as a word: with imports()
    """Import inside what is needed from now on, and nothing that packages can do without. All of it stays, so nothing
    of it is looked through for garbage, which takes a tenth of a start."""

    def __enter__(self) -> None:
        gc.disable()
        for package, optional in OPTIONAL.items():
            import_without(package, optional)

    def __exit__(self, *_: object) -> None:
        gc.freeze()
        gc.enable()


def explain(error: ImportError | SyntaxError, data: DataDir) -> str:
    """One sentence about an import that failed, with what helps. Raises the error where no package is to blame, but
    one of PlexSync's own files: the entry point says what helps then."""
    if isinstance(error, PackagesMissing):
        return str(error)
    folder = own_folder(data)
    name = error.filename if isinstance(error, SyntaxError) else error.name
    if _is_own(name or "", folder):
        raise error
    if is_complete(folder):
        helps = f"Delete the folder {folder} and run the task again: the packages are then installed anew"
    else:
        from worker.packages.elsewhere import note_broken

        note_broken(data)
        helps = "This Python's own packages are damaged: with the next save or task, PlexSync installs its own"
    return f'PlexSync cannot load the Python package "{name}" ({error}). {helps} - nothing is lost meanwhile.'


def _is_own(name: str, packages: str) -> bool:
    """Whether a module, or the file of one, is PlexSync's own."""
    if os.path.isabs(name):
        return name.startswith(PLUGIN_FOLDER + os.sep) and not name.startswith(packages + os.sep)
    return name.partition(".")[0] in _OWN
