"""Rows that only a person or a log can settle, and who did how; in the ledger's file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any  # JSON

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.figures import reply_of
from newsletter_mailer.store.resolutions import Before, Fate, How, Resolution, UnknownRow
from newsletter_mailer.store.runs import By
from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.sqlite.timestamps import moment_of, stamp
from newsletter_mailer.store.sqlite.transactions import transaction
from newsletter_mailer.store.sqlite.use_history import Uses
from newsletter_mailer.store.states import TRANSITIONS, State


class SqliteResolutions:
    """store.resolutions.Resolutions"""

    def __init__(self, database: sqlite3.Connection, uses: Uses) -> None:
        self._database, self._uses = database, uses

    def unknown(self, issue: str) -> Iterator[UnknownRow]:
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
        of: State = State.UNKNOWN,
    ) -> list[str]:
        for fate in fates.values():
            if fate.state not in TRANSITIONS[of]:
                raise ValueError(f"a row that is {of} cannot become {fate.state}")
        with transaction(self._database) as database:
            before = _rows_in(database, issue, fates.keys(), of)
            database.executemany(
                "UPDATE delivery SET state = ?, code = NULL, enhanced = NULL, reply = ?, due = 0 "
                "WHERE issue = ? AND address = ? AND state = ?",
                [
                    (fates[address].state, fates[address].reply, issue, address, of)
                    for address in before
                ],
            )
            if before:
                _record(database, issue, before, how, by, now, log)
                self._uses.record("resolve", now, issue=issue)
        if before:
            self._uses.publish()
        return [*before]

    def all(self, issue: str) -> Iterator[Resolution]:
        with explained():
            rows = self._database.execute(
                "SELECT at, who, host, how, log, addresses, before FROM resolution "
                "WHERE issue = ? ORDER BY id",
                (issue,),
            )
            for at, who, host, how, log, addresses, before in rows:
                yield Resolution(
                    datetime.fromisoformat(at),
                    By(who, host),
                    how,
                    log,
                    json.loads(addresses),
                    {address: before_of(one) for address, one in json.loads(before).items()},
                )


def hand_over_again(
    database: sqlite3.Connection,
    issue: str,
    run: int,
    addresses: Sequence[str],
    by: By,
    now: datetime,
) -> None:
    """Rows that are sent are owed once more, in a run that mails nobody else.

    Inside the transaction that begins that run. Whoever is asked for here is owed one more
    hand-over, and no other: if this run's attempt is put off, or dies before the brink, the row
    stays owed like any other and a later `send` ends it; once that was taken, refused or lost in
    doubt, only a person begins another. That they had the issue before stands in the record.
    Raises LedgerError if one of them does not have it.
    """
    before = _rows_in(database, issue, addresses, State.SENT)
    if len(before) < len(addresses):
        missing = ", ".join(sorted({*addresses} - before.keys()))
        raise LedgerError(f"The ledger does not say of {missing} that they have {issue}.")
    database.executemany(
        "UPDATE delivery SET state = 'queued', run = ?, due = 0, code = NULL, enhanced = NULL, "
        "reply = 'to be mailed again: a person asked for it' WHERE issue = ? AND address = ?",
        [(run, issue, address) for address in before],
    )
    _record(database, issue, before, "again", by, now)


def before_of(entry: Mapping[str, Any]) -> Before:
    """From the JSON object that the ledger keeps."""
    at = entry["at"]
    return Before(State(entry["state"]), entry["reply"], at and datetime.fromisoformat(at))


def _rows_in(
    database: sqlite3.Connection, issue: str, addresses: Collection[str], state: State
) -> dict[str, Before]:
    """What stands in the rows of these addresses that are in this state, in the order given."""
    rows = database.execute(
        "SELECT address, code, reply, at FROM delivery JOIN json_each(?) ON value = address "
        "WHERE issue = ? AND state = ? ORDER BY key",
        (json.dumps([*addresses]), issue, state),
    )
    return {
        address: Before(state, reply_of(code, reply or ""), moment_of(at))
        for address, code, reply, at in rows
    }


def _record(
    database: sqlite3.Connection,
    issue: str,
    before: Mapping[str, Before],
    how: How,
    by: By,
    now: datetime,
    log: str = "",
) -> None:
    kept = {
        address: {"state": one.state, "reply": one.reply, "at": one.at and one.at.isoformat()}
        for address, one in before.items()
    }
    database.execute(
        "INSERT INTO resolution (issue, at, who, host, how, log, addresses, before) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (issue, stamp(now), *by, how, log, json.dumps([*kept]), json.dumps(kept)),
    )
