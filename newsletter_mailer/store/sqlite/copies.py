"""Copies of a ledger: a consistent one, one that goes on elsewhere, and a new beginning.

A copy of the file alone may lack what stands in its write-ahead log; SQLite's backup has all of it
(https://www.sqlite.org/backup.html), also while a sender is at work.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.files.private import make_private_folder
from newsletter_mailer.store.sqlite.base_file import refuse_another_log
from newsletter_mailer.store.sqlite.database import open_to_write
from newsletter_mailer.store.sqlite.machine_and_path import NOWHERE
from newsletter_mailer.store.sqlite.set_aside import set_aside
from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.sqlite.transactions import transaction
from newsletter_mailer.store.sqlite.use_history import Uses


def backup(ledger: Path, file: Path) -> None:
    """Copies.backup"""
    with written(ledger) as database:
        copy_to(database, file)


def move(ledger: Path, file: Path, now: datetime) -> None:
    """Copies.move"""
    backup(ledger, file)
    with written(file) as copy, transaction(copy):
        Uses(copy, file).record("move", now, home=NOWHERE)
    with written(ledger) as database, transaction(database):
        Uses(database, ledger).leave(str(file))


def begin(ledger: Path, now: datetime) -> None:
    """LedgerStore.begin"""
    if ledger.exists():
        raise LedgerError(f"There is a ledger at {ledger}; nothing was changed.")
    try:
        make_private_folder(ledger.parent)
        set_aside(ledger, now, with_generation=True)
    except OSError as fault:
        raise LedgerError(f"{ledger} cannot be made: {fault.strerror}.") from None
    database = open_to_write(ledger)
    try:
        uses = Uses(database, ledger)
        with transaction(database):
            uses.record("begin", now)
        uses.publish()
    finally:
        database.close()


def copy_to(database: sqlite3.Connection, file: Path) -> None:
    """A consistent copy in one file, only its owner's, whole or not at all. Raises LedgerError."""
    if file.exists():
        raise LedgerError(f"{file} is there already. Name a new file; nothing was changed.")
    new = file.with_name(f"{file.name}.part")
    try:
        new.touch(mode=0o600)
        with explained(f"The copy {file}"):
            copy = sqlite3.connect(new, isolation_level=None)
            try:
                copy.execute("PRAGMA synchronous = FULL")
                database.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
            finally:
                copy.close()
        new.replace(file)
    except OSError as fault:
        raise LedgerError(f"{file} cannot be written: {fault.strerror}.") from None
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def written(path: Path) -> Iterator[sqlite3.Connection]:
    """An existing ledger's database. Raises LedgerError, OutdatedLedger."""
    refuse_another_log(path)
    database = open_to_write(path, may_be_new=False)
    try:
        yield database
    finally:
        database.close()
