"""One sender at a time: a lock on the ledger's own file, which ends with the process in any case.

A lock file beside it could be deleted, and a second sender would make it anew. On a disk of this
machine SQLite's own locks (fcntl) and this one do not know each other. But a descriptor of the file
that is closed takes SQLite's locks of this process with it: it stays open until the database is
closed. (Of its own descriptors SQLite takes care.)
https://www.sqlite.org/howtocorrupt.html section 2.2
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newsletter_mailer.errors import LedgerBusy, LedgerError

if os.name == "nt":  # pragma: no cover  # the twin of fcntl.flock
    import msvcrt

    #: An octet of SQLite's lock-byte page, of which SQLite uses the first 512, and none for data:
    #: https://www.sqlite.org/fileformat2.html section 1.4. Locks of Windows keep readers out.
    _OCTET = 0x4000_0000 + 1024

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _OCTET, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


#: Whether a file that somebody has open can get another name.
RENAMES_OPEN_FILES = os.name != "nt"
_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)  #: flock's and msvcrt's ways to say it


#: Device and number of a file; None where there is none.
Identity = tuple[int, int] | None


def identity(path: Path) -> Identity:
    """Another one when the file at this path is deleted or replaced."""
    try:
        return _identity(os.stat(path))  # noqa: PTH116  # once per batch
    except OSError:
        return None


def _identity(found: os.stat_result) -> Identity:
    return found.st_dev, found.st_ino


class AlreadyLocked(Exception):
    """Another process holds the lock."""


class FileLock:
    """Of an existing file; held from `acquire` to `release`, or to the end of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Call `release` afterwards, also if it fails. Raises AlreadyLocked, OSError."""
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR)
        try:
            _lock(self._descriptor)
        except OSError as fault:
            if fault.errno in _HELD:
                raise AlreadyLocked from fault
            raise

    @property
    def file(self) -> Identity:
        """Which file is locked; None if none is."""
        return None if self._descriptor is None else _identity(os.fstat(self._descriptor))

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextmanager
def held_alone(path: Path) -> Iterator[None]:
    """Nobody sends with the ledger while the context lasts. Raises LedgerBusy, LedgerError."""
    lock = FileLock(path)
    try:
        acquire(lock, path)
        yield
    finally:
        lock.release()


def acquire(lock: FileLock, path: Path) -> None:
    """In words for a person. Raises LedgerBusy, LedgerError."""
    try:
        lock.acquire()
    except AlreadyLocked:
        raise LedgerBusy(
            f"Another send is at work with {path.name}. Wait until it ends, then run again."
        ) from None
    except OSError as fault:
        raise LedgerError(f"The ledger cannot be locked: {fault.strerror}.") from None
