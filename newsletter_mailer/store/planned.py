"""A run's audience, put into the ledger inside the transaction that begins the run."""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from newsletter_mailer.address import domain
from newsletter_mailer.store.rows import PlannedRow
from newsletter_mailer.store.states import State
from newsletter_mailer.store.turns import Turns

MAYBE_MAILED = "a run that this ledger does not know of may have mailed it"
#: Whoever is not owed it any more keeps what was planned: it is what they got, or may have got.
_IF_OWED = ", ".join(
    f"{column} = iif(state IN ('queued', 'deferred'), excluded.{column}, {column})"
    for column in ("mailbox", "variant", "field_values", "planned_by")
)


def plan(
    database: sqlite3.Connection, issue: str, run: int, rows: Iterable[PlannedRow], host: str
) -> None:
    """Rows of earlier runs keep their state; what is owed is planned anew, and due at once.

    If a run is lost (`loss`), nobody knows whether somebody new in the ledger has the issue.
    """
    (is_lost,) = database.execute(
        "SELECT EXISTS (SELECT 1 FROM loss WHERE issue = ?)", (issue,)
    ).fetchone()
    state, reply = (State.UNKNOWN, MAYBE_MAILED) if is_lost else (State.QUEUED, None)
    key: bytes = database.execute("SELECT key FROM ledger").fetchone()[0]
    turns = Turns()
    database.executemany(
        "INSERT INTO delivery (issue, address, mailbox, domain, variant, field_values,"  # noqa: S608  # constants
        " message_id, state, reply, run, planned_by, turn)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (issue, address) DO UPDATE SET run = excluded.run, "
        f"turn = excluded.turn, due = 0, {_IF_OWED}",
        (
            (
                issue,
                row.address,
                row.mailbox,
                name := domain(row.mailbox),
                row.variant,
                json.dumps(row.values),
                f"{_digest(key, issue, row.address)}@{host}",
                state,
                reply,
                run,
                run,
                turns.next(name),
            )
            for row in rows
        ),
    )


def plan_as_before(database: sqlite3.Connection, issue: str, run: int) -> None:
    """Everyone whom the ledger knows and who may be mailed, with what earlier runs planned."""
    database.execute(
        "UPDATE delivery SET run = ?, due = 0 WHERE issue = ? AND run >= ? "
        "AND address NOT IN (SELECT address FROM suppression)",
        (run, issue, last_whole_run(database, issue, before=run)),
    )


def last_whole_run(database: sqlite3.Connection, issue: str, before: int | None = None) -> int:
    """The last run without filters, 0 if there is none. Who is only of earlier ones has left."""
    found = database.execute(
        "SELECT coalesce(max(id), 0) FROM run WHERE issue = ? AND id < coalesce(?, id + 1) "
        "AND NOT EXISTS (SELECT 1 FROM json_each(filters) WHERE json_array_length(value) > 0)",
        (issue, before),
    )
    return int(found.fetchone()[0])


def keep_variants(
    database: sqlite3.Connection, issue: str, variants: Mapping[str, Sequence[str]]
) -> None:
    """`variants`: the slugs of their sections, by id."""
    database.executemany(
        "INSERT INTO variant VALUES (?, ?, ?) "
        "ON CONFLICT (issue, id) DO UPDATE SET sections = excluded.sections",
        [(issue, variant, json.dumps(slugs)) for variant, slugs in variants.items()],
    )


def _digest(key: bytes, issue: str, address: str) -> str:
    return hmac.new(key, f"{issue}\0{address}".encode(), hashlib.sha256).hexdigest()[:32]
