"""What differs between operating systems: locks, folder fsync, detached processes. Standard library only.

The POSIX half is tested; the Windows half follows the documentation of msvcrt and of CreateProcess.
"""

from __future__ import annotations

import errno
import os
import sys

WINDOWS = sys.platform == "win32"

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

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
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
            _sync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(draft, os.path.join(folder, name))
    except BaseException:
        if os.path.exists(draft):
            os.unlink(draft)
        raise
    return fsync_folder(folder)


def start_detached(arguments: list[str], keep_open: int | None = None) -> None:
    """Start a process that outlives us: own session, no inherited stream (an inherited stdout would keep
    Stash's Save waiting until the child ends), and of our open files only ``keep_open``.

    Raises:
        OSError: it could not be started.
    """
    import subprocess  # costs more than the whole rest of a hook, and is rarely needed

    flags = 0
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
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
