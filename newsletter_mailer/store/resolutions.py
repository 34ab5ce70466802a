"""Unknown rows, and who settled them how; beside the ledger, in the same file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

from newsletter_mailer.store.database import explained, stamp, transaction
from newsletter_mailer.store.rows import By, Fate, Resolution, UnknownRow, moment_of
from newsletter_mailer.store.states import TRANSITIONS, State

How = Literal["resend", "assume-sent", "evidence"]


class Resolutions:
    """Addresses are canonical."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def unknown(self, issue: str) -> Iterator[UnknownRow]:
        """The rows of an issue that nobody but a person or a log can settle, by address."""
        with explained():
            rows = self._database.execute(
                "SELECT address, message_id, at FROM delivery INDEXED BY delivery_trouble "
                "WHERE issue = ? AND state = 'unknown' "
                "AND state NOT IN ('queued', 'sending') AND state <> 'sent' ORDER BY address",
                (issue,),
            )
            for address, message_id, at in rows:
                yield UnknownRow(address, message_id, moment_of(at))

    def settle(
        self,
        issue: str,
        fates: Mapping[str, Fate],
        *,
        how: How,
        by: By,
        now: datetime,
        log: str = "",
    ) -> list[str]:
        """Settles unknown rows by address and records who did; the addresses that were unknown.

        What is sent again keeps its Message-ID. Only for who holds the ledger's lock. Raises
        LedgerError, with nothing changed.
        """
        for fate in fates.values():
            if fate.state not in TRANSITIONS[State.UNKNOWN]:
                raise ValueError(f"an unknown row cannot become {fate.state}")
        settled: list[str] = []
        with transaction(self._database) as database:
            for address, fate in fates.items():
                cursor = database.execute(
                    "UPDATE delivery SET state = ?, code = NULL, enhanced = NULL, reply = ?, "
                    "due = 0 WHERE issue = ? AND address = ? AND state = ?",
                    (fate.state, fate.reply, issue, address, State.UNKNOWN),
                )
                if cursor.rowcount:
                    settled.append(address)
            if settled:
                database.execute(
                    "INSERT INTO resolution (issue, at, who, host, how, log, addresses) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (issue, stamp(now), *by, how, log, json.dumps(settled)),
                )
        return settled

    def all(self, issue: str) -> Iterator[Resolution]:
        """What was settled, in that order."""
        with explained():
            rows = self._database.execute(
                "SELECT at, who, host, how, log, addresses FROM resolution WHERE issue = ? "
                "ORDER BY id",
                (issue,),
            )
            for at, who, host, how, log, addresses in rows:
                yield Resolution(
                    datetime.fromisoformat(at), By(who, host), how, log, json.loads(addresses)
                )
