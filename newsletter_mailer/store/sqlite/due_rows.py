"""The rows of a run's audience that are due, in the order in which they are claimed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any  # columns of a row

from newsletter_mailer.store.claims import ClaimedRow
from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.states import State

_VALUES = 5  #: the column of a reader's values


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
        return _claimed(rows.fetchall())


def _claimed(rows: Sequence[Sequence[Any]]) -> list[ClaimedRow]:
    """Their values are read at once: one by one that is a third of the time of a claim.

    Raises ValueError, TypeError.
    """
    all_values = json.loads(f"[{','.join([row[_VALUES] for row in rows])}]")
    return [
        ClaimedRow(id_, address, mailbox, domain, variant, values, message_id, attempt, bool(again))
        for row, values in zip(rows, all_values, strict=True)
        for id_, address, mailbox, domain, variant, _, message_id, attempt, again in (row,)
    ]
