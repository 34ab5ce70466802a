"""All of it or nothing; and several questions at one moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from newsletter_mailer.store.sqlite.sqlite_errors import complaints_of_sqlite


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it or nothing."""
    with complaints_of_sqlite("The ledger"):
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:  # a full disk has ended it already
                database.execute("ROLLBACK")
            raise


@contextmanager
def at_one_moment(database: sqlite3.Connection) -> Iterator[None]:
    """What is read here is of one moment, whoever writes meanwhile. Raises LedgerError."""
    with complaints_of_sqlite("The ledger"):
        database.execute("BEGIN")
        try:
            yield
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")
