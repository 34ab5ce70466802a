"""What the ledger's file holds about one person."""

from __future__ import annotations

import json
import sqlite3

from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.sqlite.timestamps import moment_of


class SqlitePeople:
    """store.people.People"""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def being_mailed(self, address: str) -> list[str]:
        with explained():
            rows = self._database.execute(
                "SELECT issue FROM delivery INDEXED BY delivery_sending "
                "WHERE state = 'sending' AND address = ? ORDER BY issue",
                (address,),
            )
            return [issue for (issue,) in rows]

    def held_about(self, address: str) -> dict[str, object]:
        with explained():
            suppression = self._database.execute(
                "SELECT reason, since FROM suppression WHERE address = ?", (address,)
            ).fetchone()
            rows = self._database.execute(
                "SELECT issue, mailbox, state, at, field_values FROM delivery WHERE address = ? "
                "ORDER BY issue",
                (address,),
            ).fetchall()
            skipped = self._database.execute(
                "SELECT issue, reason FROM skip WHERE address = ? ORDER BY issue", (address,)
            ).fetchall()
            settled = self._database.execute(
                "SELECT issue, at, who, how, (SELECT value FROM json_each(before) WHERE key = :one)"
                " FROM resolution, json_each(addresses) WHERE value = :one ORDER BY resolution.id",
                {"one": address},
            ).fetchall()
            return {
                "address": address,
                "suppressed": {"reason": suppression[0], "since": suppression[1]}
                if suppression
                else None,
                "issues": [
                    {
                        "issue": issue,
                        "mailbox": mailbox,
                        "state": state,
                        "at": moment.isoformat() if (moment := moment_of(at)) else None,
                        "values": json.loads(values),
                    }
                    for issue, mailbox, state, at, values in rows
                ],
                "skipped": [{"issue": issue, "reason": reason} for issue, reason in skipped],
                "settled": [
                    {
                        "issue": issue,
                        "at": at,
                        "who": who,
                        "how": how,
                        "before": before and json.loads(before),
                    }
                    for issue, at, who, how, before in settled
                ],
            }
