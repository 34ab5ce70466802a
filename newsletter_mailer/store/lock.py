"""One sender at a time: a lock on a file, which the system lets go when the process ends."""

from __future__ import annotations

import errno
import os
from pathlib import Path

if os.name == "nt":  # pragma: no cover  # the twin of fcntl.flock
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)  #: flock's and msvcrt's ways to say it


class AlreadyLocked(Exception):
    """Another process holds the lock."""


class FileLock:
    """Held from `acquire` to `release`, or to the end of the process, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises AlreadyLocked, OSError."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor)
        except OSError as fault:
            os.close(descriptor)
            if fault.errno in _HELD:
                raise AlreadyLocked from fault
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
