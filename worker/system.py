"""What differs between operating systems: locks, folder fsync, detached processes. Standard library only.

The POSIX half is tested everywhere, the Windows half under Wine: "make test-windows".
"""

from __future__ import annotations

import errno
import os
import sys
import time

WINDOWS = sys.platform == "win32"

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

#: Without it, Windows would change what is written.
BINARY: int = getattr(os, "O_BINARY", 0)

#: The one flag under which Windows opens no window for a console program that is started (CREATE_NO_WINDOW): what it
#: starts in turn shares its console. Without any console (DETACHED_PROCESS), each of those would get a window.
NO_WINDOW = 0x08000000 if WINDOWS else 0

#: How Windows says that another program has a file open, or a part of it locked: a virus scanner, a backup
#: (ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION); and that a file which is open cannot be replaced
#: (ERROR_ACCESS_DENIED). Python makes a PermissionError of all of them.
_IN_USE, _CANNOT_BE_REPLACED = (32, 33), (5, 32, 33)

#: Seconds between the tries to replace a file that is in use.
_PATIENCE = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)

#: Whether a started process can be handed a lock that is already held (POSIX: the open file is shared).
LOCKS_ARE_INHERITED = not WINDOWS


#: How the systems say that somebody else holds a lock.
_HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)

#: How file systems say that there is no such thing with them: NFS without its lock daemon, FUSE, 9p, SMB.
_NOT_HERE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK)

#: What helps where a file system is of no use.
MOVE_IT = "move that folder to a local disk, and point the environment variable PLEXSYNC_DATA of Stash to it"

_NO_LOCKS = f"the file system of its data folder knows no locks: {MOVE_IT}"


class NoLocks(OSError):
    """The file system knows no locks, so that nothing can be owned there; the text says what to do."""

    def __str__(self) -> str:
        return f"PlexSync cannot work here: {_NO_LOCKS}."


def open_lock(path: str) -> int:
    """Open a lock file, readable by nobody else. Raises OSError."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def try_lock(descriptor: int) -> bool:
    """Take the kernel's exclusive lock on an open file, without waiting; it dies with its holders.

    Raises NoLocks when the file system knows none, OSError.
    """
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        if error.errno in _NOT_HERE:
            raise NoLocks(error.errno, _NO_LOCKS) from None
        raise
    return True


def is_held(path: str) -> bool:
    """Whether somebody holds a lock, by its file, which is made where there is none. Raises NoLocks, OSError."""
    lock = open_lock(path)
    try:
        return not try_lock(lock)
    finally:
        os.close(lock)


def fsync_folder(path: str) -> bool:
    """Make a rename inside a folder durable, where that can be asked for; says whether it is not known to have failed.

    Windows has no such call and needs none; SMB, FUSE and others have none, and are as durable as they are.
    """
    if WINDOWS:
        return True
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            _sync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        return False
    return True


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_HERE:
            raise


def write_durably(folder: str, temporary: str, name: str, content: bytes) -> bool:
    """Create ``folder/name`` so that it is whole or absent, whatever is killed when: the maildir way.

    Once it has its name, it is there, for every process and for the next one; False says that the disk failed to
    confirm that name, so that a power cut could take it.

    Raises:
        OSError: it could not be stored; nothing is left behind.
    """
    draft = os.path.join(temporary, name)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o600)
    try:
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
            _sync(descriptor)
        finally:
            os.close(descriptor)
        replace(draft, os.path.join(folder, name))
    except BaseException:
        if os.path.exists(draft):
            os.unlink(draft)
        raise
    return fsync_folder(folder)


def is_in_use(error: OSError) -> bool:
    """Whether a file could not be had because another program uses it, which passes by itself."""
    return getattr(error, "winerror", None) in _IN_USE


def replace(path: str, by_name: str) -> None:
    """Rename a file, over another one if there is one of that name. On Windows, it is waited for those who use one of
    both, for a moment: a virus scanner looks at each new file. Raises OSError."""
    for seconds in _PATIENCE:
        try:
            return os.replace(path, by_name)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _CANNOT_BE_REPLACED:
                raise
            time.sleep(seconds)
    return os.replace(path, by_name)


def start_detached(arguments: list[str], keep_open: int | None = None) -> None:
    """Start a process that outlives us: own session, no inherited stream (an inherited stdout would keep
    Stash's Save waiting until the child ends), and of our open files only ``keep_open``.

    Raises:
        OSError: it could not be started.
    """
    import subprocess  # costs more than the whole rest of a hook, and is rarely needed

    flags = 0
    if sys.platform == "win32":
        flags = NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    subprocess.Popen(  # noqa: S603 - our own interpreter and our own script
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        close_fds=True,
        pass_fds=() if keep_open is None or WINDOWS else (keep_open,),
        start_new_session=not WINDOWS,
        creationflags=flags,
        cwd=os.path.abspath(os.sep),  # Windows would not let the plugin's folder be removed
    ).returncode = 0  # not ours to wait for: keeps the interpreter from warning about it
