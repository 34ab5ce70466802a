"""The ledger's own file, beneath its write-ahead log.

Only checkpoints write into it, and while a run lasts only the run makes them. So a file that
changed otherwise was put there by somebody: a backup, or a program that syncs the folder. With the
log of another file over it, it would be a mixture of both.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from newsletter_mailer.errors import LedgerBusy, OutdatedLedger
from newsletter_mailer.store.database import (
    checkpoint,
    has_write_ahead_log,
    open_without_log,
)
from newsletter_mailer.store.generation import restore_command
from newsletter_mailer.store.journal import brought_in_told
from newsletter_mailer.store.left import journal_path, journals_of
from newsletter_mailer.store.lock import RENAMES_OPEN_FILES, Identity, held_alone

_COMMITS = 8  #: of 200 rows each; then the log is brought into the file


class BaseFile:
    """Of an open ledger, as it is when the run begins."""

    def __init__(self, database: sqlite3.Connection, path: Path, file: Identity) -> None:
        """`file`: the one that is open and locked."""
        self._database, self._path, self._file = database, path, file
        self._commits = 0
        self._seen = self._look()

    @property
    def is_gone(self) -> bool:
        return self._look() is None

    @property
    def is_as_it_was(self) -> bool:
        """Neither deleted, nor replaced, nor written by anybody else."""
        seen = self._look()
        return seen is not None and seen == self._seen and seen[:2] == self._file

    def committed(self) -> bool:
        """Brings the log into the file from time to time: whether all of it is there now.

        Raises LedgerError.
        """
        self._commits += 1
        if self._commits < _COMMITS or not self.is_as_it_was:
            return False
        self._commits = 0
        is_whole = checkpoint(self._database)
        self._seen = self._look()
        return is_whole

    def _look(self) -> tuple[int, int, int, int] | None:
        """Device, number, size and the time of the last change; None where there is no file.

        Windows tells the time for sure only of a file that is closed, and lets nobody replace one
        that is open.
        """
        try:
            found = os.stat(self._path)  # noqa: PTH116  # once per batch
        except OSError:
            return None
        changed = found.st_mtime_ns if RENAMES_OPEN_FILES else 0
        return found.st_dev, found.st_ino, found.st_size, changed


def lies_under_another_log(ledger: Path) -> bool:
    """Whether a run had brought more into the ledger's file than is in it, without its log.

    Its journal tells: then another file was put there, an older one. Call it before this process
    opens the ledger: see `store.lock`.
    """
    if not has_write_ahead_log(ledger):
        return False
    told = {path: brought_in_told(path) for path in journals_of(ledger)}  # and then the file
    if not any(commits is not None for commits in told.values()):
        return False
    found = _commits_in(ledger)
    return found is not None and any(
        commits is not None and found.get(path, -1) < commits for path, commits in told.items()
    )


def refuse_another_log(ledger: Path) -> None:
    """Before it is opened to be written, while it can be seen.

    SQLite brings the log into the file when the last connection is closed: from then on they are
    one ledger, which is nobody's. Raises OutdatedLedger, LedgerError.
    """
    if not lies_under_another_log(ledger):
        return
    try:
        with held_alone(ledger):
            is_so = lies_under_another_log(ledger)
    except LedgerBusy:
        return  # its sender lives, writes into both, and looks itself
    if is_so:
        raise OutdatedLedger(another_log(ledger))


def another_log(ledger: Path) -> str:
    """What is told then."""
    return (
        f"The ledger {ledger} is not the file that its write-ahead log (-wal) was written for: an "
        "older one was put in its place, and who got what since is not known to it. Put the newer "
        "one back, its -wal and -shm with it. If that one is lost, have this one count, without "
        f"the log: {restore_command(ledger)}. Nobody is mailed then of whom it is not known "
        "whether they have the issue."
    )


def _commits_in(ledger: Path) -> dict[Path, int] | None:
    """By the journal of each run, as the file alone knows it. None: it is only half written.

    A sender may have died while it wrote the log into the file; the log mends that.
    """
    try:
        database = open_without_log(ledger)
        try:
            rows = database.execute("SELECT sender, commits FROM run").fetchall()
        finally:
            database.close()
    except (sqlite3.Error, ValueError):  # no text, too
        return None
    return {journal_path(ledger, token): commits for token, commits in rows}
