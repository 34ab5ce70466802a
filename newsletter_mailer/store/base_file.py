"""The ledger's own file, beneath its write-ahead log, while a run is at work.

Only checkpoints write into it, and while a run lasts only the run makes them. So a file that
changed otherwise was put there by somebody: a backup, or a program that syncs the folder. With the
log of another file over it, it would be a mixture of both.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from newsletter_mailer.store.database import checkpoint
from newsletter_mailer.store.journal import Mark
from newsletter_mailer.store.lock import Identity

_COMMITS = 8  #: of 200 rows each; then the log is brought into the file


class BaseFile:
    """Of an open ledger, as it is when the run begins."""

    def __init__(self, database: sqlite3.Connection, path: Path, file: Identity) -> None:
        """`file`: the one that is open and locked."""
        self._database, self._path, self._file = database, path, file
        self._commits = 0
        self._seen = self._look()

    @property
    def mark(self) -> Mark:
        """Size and time of the last change, as this run left it; nothing of a file that is gone."""
        return self._seen[2:] if self._seen else (0, 0)

    @property
    def is_gone(self) -> bool:
        return self._look() is None

    @property
    def is_as_it_was(self) -> bool:
        """Neither deleted, nor replaced, nor written by anybody else."""
        seen = self._look()
        return seen is not None and seen == self._seen and seen[:2] == self._file

    def committed(self) -> None:
        """Brings the log into the file from time to time. Raises LedgerError."""
        self._commits += 1
        if self._commits >= _COMMITS and self.is_as_it_was:
            self._commits = 0
            checkpoint(self._database)
            self._seen = self._look()

    def _look(self) -> tuple[int, int, int, int] | None:
        """Device, number, size and the time of the last change; None where there is no file."""
        try:
            found = os.stat(self._path)  # noqa: PTH116  # once per batch
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def mark_of(path: Path) -> Mark:
    """Of the file as it is now; nothing of one that is not there."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns
