"""The rows of an issue's readers, in the ledger's file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

from newsletter_mailer.store.figures import DeliveryRecord
from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.sqlite.timestamps import moment_of
from newsletter_mailer.store.states import TROUBLE, State


def states_of(
    database: sqlite3.Connection, issue: str, addresses: Sequence[str]
) -> dict[str, State]:
    """Ledger.states"""
    with explained():
        rows = database.execute(
            "SELECT address, state FROM delivery WHERE issue = ? "
            "AND address IN (SELECT value FROM json_each(?))",
            (issue, json.dumps(addresses)),
        )
        return {address: State(state) for address, state in rows}


def deliveries_of(
    database: sqlite3.Connection, issue: str, state: State | None
) -> Iterator[DeliveryRecord]:
    """Ledger.deliveries"""
    index = "INDEXED BY delivery_trouble" if state in TROUBLE else ""
    chosen = f"AND state = '{state.value}'" if state else ""
    if index:  # in the words of the index, or it is not used
        chosen += " AND state NOT IN ('queued', 'sending') AND state <> 'sent'"
    with explained():
        rows = database.execute(
            "SELECT address, state, code, enhanced, reply, variant, attempts, at "  # noqa: S608  # a State
            f"FROM delivery {index} WHERE issue = ? {chosen} ORDER BY address",
            (issue,),
        )
        for address, found, code, enhanced, reply, variant, attempts, at in rows:
            yield DeliveryRecord(
                address,
                State(found),
                code,
                enhanced,
                reply or "",
                variant,
                attempts,
                moment_of(at),
            )
