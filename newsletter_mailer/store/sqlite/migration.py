"""A ledger of an older version is brought to today's schema."""

from __future__ import annotations

import secrets
import sqlite3

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.sqlite.schema import STEPS


def migrate(database: sqlite3.Connection) -> None:
    """Takes the steps that are missing, all or none; another process may be at it too."""
    if steps_taken(database) == len(STEPS):
        return
    database.execute("BEGIN EXCLUSIVE")
    try:
        taken = steps_taken(database)
        for statements in STEPS[taken:]:
            for statement in statements:
                database.execute(statement)
        if taken == 0:
            database.execute(
                "INSERT INTO ledger (id, key) VALUES (?, ?)",
                (secrets.token_hex(8), secrets.token_bytes(32)),
            )
        database.execute(f"PRAGMA user_version = {len(STEPS)}")
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def steps_taken(database: sqlite3.Connection) -> int:
    """Raises LedgerError for a schema of the future, or of another program."""
    taken: int = database.execute("PRAGMA user_version").fetchone()[0]
    names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    if names and "ledger" not in names:
        raise LedgerError(
            "The ledger cannot be used: the file is another program's database. "
            "Look at LEDGER_URL in .env."
        )
    if taken > len(STEPS):
        raise _newer()
    return taken


def _newer() -> LedgerError:
    return LedgerError(
        "The ledger was written by a newer version of newsletter-mailer. Install that version."
    )


def brought_forward(database: sqlite3.Connection) -> sqlite3.Connection:
    """A copy in memory, with the steps that are missing."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    try:
        database.backup(copy)
        migrate(copy)
    except BaseException:
        copy.close()
        raise
    database.close()
    return copy
