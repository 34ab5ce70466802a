"""The ledger's SQLite file: opened, migrated, written in transactions that reach the disk.

WAL with synchronous=NORMAL "might roll back" after a power loss; a lost intent would be a second
copy for a reader, so it is FULL.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.files.private import keep_private, make_private_folder, narrow
from newsletter_mailer.store.sqlite.migration import brought_forward, migrate, steps_taken
from newsletter_mailer.store.sqlite.schema import STEPS
from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.sqlite.write_ahead_log import (
    PATIENCE,
    has_write_ahead_log,
    use_write_ahead_log,
)

_OWN_FOLDER = ".newsletter"  #: of a project, for the program's own files


def open_to_write(path: Path, *, may_be_new: bool = True) -> sqlite3.Connection:
    """The database at this path, made if there is none, brought to today's schema.

    `may_be_new` False: it was seen here, and a new one would have forgotten everybody. Raises
    LedgerError.
    """
    if not may_be_new and not _is_there(path):
        raise LedgerError(
            f"The ledger {path} was here, and is gone: a new one would not know who got what. "
            "Nothing was sent. Put it back, then run send again."
        )
    _keep_private(path)
    with explained(f"The ledger {path}"):
        # The engine has a thread for the ledger; one at a time uses it.
        database = sqlite3.connect(
            path, isolation_level=None, timeout=PATIENCE, check_same_thread=False
        )
        try:
            steps_taken(database)  # a file that is not ours stays as it is
            use_write_ahead_log(database)
            database.execute("PRAGMA synchronous = FULL")
            database.execute("PRAGMA wal_autocheckpoint = 0")  # see `base_file`
            migrate(database)
        except BaseException:
            database.close()
            raise
    return database


def _keep_private(path: Path) -> None:
    """It holds addresses. SQLite gives the files beside it the permissions of the database.

    A folder that only LEDGER_URL names may be for other things too, and stays as it is.
    """
    try:
        make_private_folder(path.parent)
    except OSError as fault:
        raise LedgerError(f"The folder of the ledger cannot be made: {fault.strerror}.") from None
    try:
        keep_private(path)
        for ending in ("-wal", "-shm"):
            narrow(path.with_name(path.name + ending))
        if path.parent.name == _OWN_FOLDER:
            narrow(path.parent)
    except OSError as fault:
        raise LedgerError(
            f"The ledger {path} cannot be opened: {fault.strerror}. No message leaves without it."
        ) from None


def open_to_read(path: Path) -> sqlite3.Connection | None:
    """An existing database to look at, or None; nothing is written in it.

    One of an older schema is brought forward in memory. Without a write-ahead log beside it the
    file is complete, and opened as immutable (SQLite would make the log's files anew otherwise).
    """
    if not _is_there(path):
        return None
    with explained(f"The ledger {path}"):
        database = (
            _connect(path, "mode=ro") if has_write_ahead_log(path) else open_without_log(path)
        )
        try:
            taken = steps_taken(database)
            if 0 < taken < len(STEPS):
                return brought_forward(database)
        except BaseException:
            database.close()
            raise
    if taken:
        return database
    database.close()
    return None


def open_without_log(path: Path) -> sqlite3.Connection:
    """What the file alone says, to look at. Raises sqlite3.Error."""
    return _connect(path, "immutable=1")


def _connect(path: Path, how: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?{how}"
    return sqlite3.connect(
        address, uri=True, isolation_level=None, timeout=PATIENCE, check_same_thread=False
    )


def open_beside(path: Path) -> sqlite3.Connection:
    """A second connection to a database that this process writes with its first, to look at.

    It sees every commit, also while the first one works in another thread. Raises LedgerError.
    """
    with explained(f"The ledger {path}"):
        database = sqlite3.connect(
            path, isolation_level=None, timeout=PATIENCE, check_same_thread=False
        )
        try:
            database.execute("PRAGMA query_only = ON")
        except BaseException:
            database.close()
            raise
    return database


def _is_there(path: Path) -> bool:
    """An empty file is a ledger that its first sender is about to make. Raises LedgerError."""
    try:
        return path.exists() and not (path.is_file() and path.stat().st_size == 0)
    except OSError as fault:
        raise LedgerError(f"The ledger cannot be used: {fault.strerror}.") from None
