"""The write-ahead log beside a ledger's file: commits that are not in the file yet.

https://www.sqlite.org/wal.html
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from newsletter_mailer.store.sqlite.sqlite_errors import explained, is_kind

PATIENCE = 5.0  #: seconds for another connection's commit


def use_write_ahead_log(database: sqlite3.Connection) -> None:
    """SQLite does not wait when several processes do this to a new file at once: we do."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as fault:
            if not is_kind(fault, "SQLITE_BUSY") or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return


def has_write_ahead_log(path: Path) -> bool:
    """Whether there may be commits beside the file that are not in it yet."""
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    except OSError:
        return False


def checkpoint(database: sqlite3.Connection) -> bool:
    """Brings what stands in the write-ahead log into the file, as far as nobody reads there.

    Whether all of it is there. Raises LedgerError.
    """
    with explained():
        busy, in_log, brought_in = database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return not busy and in_log == brought_in


def bring_in(database: sqlite3.Connection) -> bool:
    """The whole log, so that none is left behind, unless somebody reads in it at the moment.

    Whether all of it is in the file. Raises LedgerError.
    """
    with explained():
        _, in_log, brought_in = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return bool(in_log == brought_in >= 0)  # -1: another one is at it
