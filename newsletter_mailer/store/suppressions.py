"""Who must not be mailed, and why; beside the ledger, in the same file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from newsletter_mailer.store.database import explained, stamp, transaction


class Suppressions:
    """Addresses are canonical."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def add(
        self,
        address: str,
        reason: str,
        now: datetime,
        within: Callable[[], object] = lambda: None,
    ) -> None:
        """From now on nobody mails this canonical address. `within`: done in its transaction."""
        with transaction(self._database) as database:
            database.execute(
                "INSERT INTO suppression VALUES (?, ?, ?) ON CONFLICT (address) DO UPDATE SET "
                "reason = excluded.reason, since = excluded.since",
                (address, reason, stamp(now)),
            )
            within()

    def remove(self, address: str, within: Callable[[], object] = lambda: None) -> bool:
        """Whether the address had been suppressed. `within`: done in its transaction."""
        with transaction(self._database) as database:
            cursor = database.execute("DELETE FROM suppression WHERE address = ?", (address,))
            within()
        return cursor.rowcount > 0

    def all(self) -> Iterator[tuple[str, str, str]]:
        """Address, reason, since."""
        with explained():
            yield from self._database.execute(
                "SELECT address, reason, since FROM suppression ORDER BY address"
            )

    def has(self, address: str) -> bool:
        """Asked before every message: 4 us."""
        with explained():
            found = self._database.execute(
                "SELECT 1 FROM suppression WHERE address = ?", (address,)
            ).fetchone()
        return found is not None

    def among(self, addresses: Sequence[str]) -> dict[str, str]:
        """Of these canonical addresses: why each that must not be mailed must not."""
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
