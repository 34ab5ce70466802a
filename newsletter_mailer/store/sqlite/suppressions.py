"""Who must not be mailed, in the ledger's file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime

from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.sqlite.timestamps import stamp
from newsletter_mailer.store.sqlite.transactions import transaction
from newsletter_mailer.store.sqlite.use_history import Uses
from newsletter_mailer.store.suppressions import Suppression


class SqliteSuppressions:
    """store.suppressions.Suppressions"""

    def __init__(self, database: sqlite3.Connection, uses: Uses) -> None:
        self._database, self._uses = database, uses

    def add(self, address: str, reason: str, now: datetime, *, is_use: bool = True) -> None:
        with transaction(self._database) as database:
            database.execute(
                "INSERT INTO suppression VALUES (?, ?, ?) ON CONFLICT (address) DO UPDATE SET "
                "reason = excluded.reason, since = excluded.since",
                (address, reason, stamp(now)),
            )
            if is_use:
                self._uses.record("suppress", now)
        if is_use:
            self._uses.publish()

    def remove(self, address: str, now: datetime) -> bool:
        with transaction(self._database) as database:
            cursor = database.execute("DELETE FROM suppression WHERE address = ?", (address,))
            self._uses.record("unsuppress", now)
        self._uses.publish()
        return cursor.rowcount > 0

    def all(self) -> Iterator[Suppression]:
        with explained():
            rows = self._database.execute(
                "SELECT address, reason, since FROM suppression ORDER BY address"
            )
            yield from map(Suppression._make, rows)

    def among(self, addresses: Sequence[str]) -> dict[str, str]:
        with explained():
            (some,) = self._database.execute("SELECT EXISTS (SELECT 1 FROM suppression)").fetchone()
            if not some:
                return {}
            return dict(
                self._database.execute(
                    "SELECT address, reason FROM suppression "
                    "WHERE address IN (SELECT value FROM json_each(?))",
                    (json.dumps(addresses),),
                )
            )


def is_suppressed(database: sqlite3.Connection, address: str) -> bool:
    """Asked before every message: 4 us. Raises LedgerError."""
    with explained():
        found = database.execute(
            "SELECT 1 FROM suppression WHERE address = ?", (address,)
        ).fetchone()
    return found is not None
