"""The rows of a run's audience that are due, in the order in which they are claimed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any  # columns of a row

from newsletter_mailer.store.claims import ClaimedRow
from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.states import State


def owed_rows(
    database: sqlite3.Connection, issue: str, run: int, state: State, due: float, count: int
) -> list[ClaimedRow]:
    """Those due first come first, and domains alternate, as the index has them.

    Raises LedgerError.
    """
    rows = database.execute(
        "SELECT id, address, mailbox, domain, variant, field_values, message_id, attempts + 1, "
        "state = 'deferred' AND claimed = :run "
        "FROM delivery INDEXED BY delivery_owed "
        "WHERE issue = :issue AND run = :run AND state = :state AND due <= :due "
        "AND state IN ('queued', 'deferred') "
        "AND address NOT IN (SELECT address FROM suppression) ORDER BY due, turn LIMIT :count",
        {"issue": issue, "run": run, "state": state.value, "due": due, "count": count},
    )
    with explained():
        return [_claimed(row) for row in rows]


def _claimed(row: Sequence[Any]) -> ClaimedRow:
    """Raises ValueError, TypeError."""
    number, address, mailbox, domain, variant, values, message_id, attempt, again = row
    return ClaimedRow(
        id=number,
        address=address,
        mailbox=mailbox,
        domain=domain,
        variant=variant,
        values=json.loads(values),
        message_id=message_id,
        attempt=attempt,
        is_again=bool(again),
    )
