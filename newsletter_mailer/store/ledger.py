"""The ledger: one row per (issue, address), runs, and what they claimed and settled."""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from newsletter_mailer.errors import LedgerBusy, LedgerError
from newsletter_mailer.store.database import (
    explained,
    open_to_read,
    open_to_write,
    stamp,
    transaction,
)
from newsletter_mailer.store.lock import AlreadyLocked, FileLock
from newsletter_mailer.store.rows import (
    ClaimedRow,
    DeliveryRecord,
    IssueRecord,
    PlannedRow,
    Settled,
)
from newsletter_mailer.store.states import OWED, TRANSITIONS, State
from newsletter_mailer.store.suppressions import Suppressions


class Ledger:
    """An open ledger. Use it as a context manager."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self.path = path
        self.suppressions = Suppressions(database)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()
        self._lock.release()

    def hold(self) -> None:
        """Makes this process the only sender. Raises LedgerBusy.

        What another sender left "sending" is unknown from now on: it held the lock, so it is dead,
        and nobody can say whether its last messages were taken.
        """
        try:
            self._lock.acquire()
        except AlreadyLocked:
            raise LedgerBusy(
                f"Another send is at work with {self.path.name}. "
                "Wait until it ends, then run again."
            ) from None
        except OSError as fault:
            raise LedgerError(f"The ledger cannot be locked: {fault.strerror}.") from None
        with transaction(self._database) as database:
            database.execute(
                "UPDATE delivery SET state = ?, code = NULL, enhanced = NULL, reply = ? "
                "WHERE state = ?",
                (State.UNKNOWN, "the sender died before it read the answer", State.SENDING),
            )

    @property
    def id(self) -> str:
        with explained():
            return str(self._database.execute("SELECT id FROM ledger").fetchone()[0])

    def issue(self, issue: str) -> IssueRecord | None:
        with explained():
            row = self._database.execute(
                "SELECT date, content_hash, files FROM issue WHERE id = ?", (issue,)
            ).fetchone()
        if row is None:
            return None
        return IssueRecord(datetime.fromisoformat(row[0]), row[1], json.loads(row[2]))

    def begin_run(
        self,
        issue: str,
        *,
        now: datetime,
        content_hash: str,
        files: Mapping[str, str],
        filters: Mapping[str, Sequence[str]],
        skipped: Mapping[str, int],
        rows: Iterable[PlannedRow],
        host: str,
    ) -> int:
        """Records the run and puts its audience into the ledger, in one transaction.

        Rows of earlier runs keep their state; what is still owed is planned anew. `skipped` is
        read when `rows` are through.
        Raises LedgerError, with nothing written.
        """
        with transaction(self._database) as database:
            key: bytes = database.execute("SELECT key FROM ledger").fetchone()[0]
            database.execute(
                "INSERT INTO issue VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                "content_hash = excluded.content_hash, files = excluded.files",
                (issue, stamp(now), content_hash, json.dumps(files)),
            )
            cursor = database.execute(
                "INSERT INTO run (issue, began, filters, content_hash, planned, skipped) "
                "VALUES (?, ?, ?, ?, 0, '{}')",
                (issue, stamp(now), json.dumps(filters, default=sorted), content_hash),
            )
            run = cursor.lastrowid or 0
            database.executemany(
                "INSERT INTO delivery (issue, address, mailbox, variant, field_values, state, run,"
                " message_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (issue, address) DO UPDATE SET run = excluded.run, "
                "mailbox = iif(state IN ('queued', 'deferred'), excluded.mailbox, mailbox), "
                "variant = iif(state IN ('queued', 'deferred'), excluded.variant, variant), "
                "field_values = iif(state IN ('queued', 'deferred'), excluded.field_values, "
                "field_values)",
                (
                    (
                        issue,
                        row.address,
                        row.mailbox,
                        row.variant,
                        json.dumps(row.values),
                        State.QUEUED,
                        run,
                        f"{_digest(key, issue, row.address)}@{host}",
                    )
                    for row in rows
                ),
            )
            # Who is skipped is known only now: the rows are counted while they are read.
            database.execute(
                "UPDATE run SET skipped = ?, planned = "
                "(SELECT count(*) FROM delivery WHERE issue = ? AND run = ?) WHERE id = ?",
                (json.dumps(skipped), issue, run, run),
            )
        return run

    def end_run(self, run: int, now: datetime) -> None:
        with transaction(self._database) as database:
            database.execute("UPDATE run SET ended = ? WHERE id = ?", (stamp(now), run))

    def settle_and_claim(
        self,
        issue: str,
        run: int,
        settled: Sequence[Settled],
        count: int,
        *,
        states: Sequence[State] = OWED,
        not_after: datetime | None = None,
    ) -> list[ClaimedRow]:
        """Records how attempts ended and claims the next `count` owed rows, in one transaction.

        One fsync serves both. Suppressed addresses are never claimed; they keep their state.
        `states` in order of preference, of those that may be sent. `not_after`: only rows last
        tried before then (or never), so that a run tries each once.
        """
        if not {*states} <= {*OWED}:
            raise ValueError(f"only {', '.join(OWED)} rows may be sent")
        with transaction(self._database) as database:
            _settle(database, issue, settled)
            rows: list[tuple[str, str, str, str, str]] = []
            since = stamp(not_after) if not_after else None
            for state in states:
                if len(rows) < count:
                    rows += _owed(database, issue, run, state, since, count - len(rows))
            database.executemany(
                "UPDATE delivery SET state = 'sending', attempts = attempts + 1 "
                "WHERE issue = ? AND address = ?",
                [(issue, row[0]) for row in rows],
            )
        return [
            ClaimedRow(
                address=address,
                mailbox=mailbox,
                variant=variant,
                values=json.loads(values),
                message_id=message_id,
            )
            for address, mailbox, variant, values, message_id in rows
        ]

    def give_back(self, issue: str, addresses: Iterable[str]) -> None:
        """Claimed rows that were never handed to a connection are owed again."""
        with transaction(self._database) as database:
            database.executemany(
                "UPDATE delivery SET state = 'queued', attempts = attempts - 1 "
                "WHERE issue = ? AND address = ? AND state = 'sending'",
                [(issue, address) for address in addresses],
            )

    def counts(self, issue: str, run: int | None = None) -> dict[State, int]:
        """How many rows are in each state; of one run's audience, or of the whole issue."""
        with explained():
            rows = self._database.execute(
                "SELECT state, count(*) FROM delivery "
                "WHERE issue = :issue AND (:run IS NULL OR run = :run) GROUP BY state",
                {"issue": issue, "run": run},
            ).fetchall()
        return {State(state): count for state, count in rows}

    def states(self, issue: str, addresses: Sequence[str]) -> dict[str, State]:
        """The state of each of these canonical addresses that has a row."""
        with explained():
            rows = self._database.execute(
                "SELECT address, state FROM delivery WHERE issue = ? "
                "AND address IN (SELECT value FROM json_each(?))",
                (issue, json.dumps(addresses)),
            )
            return {address: State(state) for address, state in rows}

    def runs(self, issue: str) -> list[dict[str, object]]:
        """Every run, oldest first."""
        with explained():
            rows = self._database.execute(
                "SELECT id, began, ended, filters, content_hash, planned, skipped FROM run "
                "WHERE issue = ? ORDER BY id",
                (issue,),
            ).fetchall()
        return [
            {
                "run": run,
                "began": began,
                "ended": ended,
                "filters": json.loads(filters),
                "content_hash": content_hash,
                "planned": planned,
                "skipped": json.loads(skipped),
            }
            for run, began, ended, filters, content_hash, planned, skipped in rows
        ]

    def deliveries(self, issue: str, state: State | None = None) -> Iterator[DeliveryRecord]:
        with explained():
            rows = self._database.execute(
                "SELECT address, state, code, reply FROM delivery "
                "WHERE issue = :issue AND (:state IS NULL OR state = :state) ORDER BY address",
                {"issue": issue, "state": state},
            )
            for address, found, code, reply in rows:
                said = f"{code} {reply}".strip() if code else reply or ""
                yield DeliveryRecord(address, State(found), said)

    def resolve_unknown(self, issue: str, state: State, *, now: datetime, how: str) -> int:
        """Settles all unknown rows of an issue as a person decided; says how many there were.

        `state`: queued or sent.
        """
        if state not in TRANSITIONS[State.UNKNOWN]:
            raise ValueError(f"an unknown row cannot become {state}")
        with transaction(self._database) as database:
            cursor = database.execute(
                "UPDATE delivery SET state = ?, code = NULL, enhanced = NULL, reply = ?, at = ? "
                "WHERE issue = ? AND state = ?",
                (state, f"resolved by hand: {how}", stamp(now), issue, State.UNKNOWN),
            )
        return cursor.rowcount

    def held_about(self, address: str) -> dict[str, object]:
        """Everything the ledger holds about one person."""
        with explained():
            suppression = self._database.execute(
                "SELECT reason, since FROM suppression WHERE address = ?", (address,)
            ).fetchone()
            rows = self._database.execute(
                "SELECT issue, mailbox, state, at, field_values FROM delivery WHERE address = ? "
                "ORDER BY issue",
                (address,),
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
                    "at": at,
                    "values": json.loads(values),
                }
                for issue, mailbox, state, at, values in rows
            ],
        }


def open_ledger(path: Path) -> Ledger:
    """The ledger at this path, made if there is none. Raises LedgerError."""
    return Ledger(open_to_write(path), path)


def read_ledger(path: Path) -> Ledger | None:
    """An existing ledger to look at; nothing is written. None if there is none.

    Raises LedgerError.
    """
    database = open_to_read(path)
    return None if database is None else Ledger(database, path)


def _digest(key: bytes, issue: str, address: str) -> str:
    return hmac.new(key, f"{issue}\0{address}".encode(), hashlib.sha256).hexdigest()[:32]


def _settle(database: sqlite3.Connection, issue: str, settled: Sequence[Settled]) -> None:
    """Only of rows that are being sent: an outcome that comes too late changes nothing."""
    for item in settled:
        if item.state not in TRANSITIONS[State.SENDING]:
            raise ValueError(f"an attempt cannot end as {item.state}")
    database.executemany(
        "UPDATE delivery SET state = ?, code = ?, enhanced = ?, reply = ?, server = ?, at = ? "
        "WHERE issue = ? AND address = ? AND state = 'sending'",
        [
            (
                item.state,
                item.code,
                item.enhanced,
                item.reply,
                item.server,
                stamp(item.at),
                issue,
                item.address,
            )
            for item in settled
        ],
    )


def _owed(
    database: sqlite3.Connection, issue: str, run: int, state: State, since: str | None, count: int
) -> list[tuple[str, str, str, str, str]]:
    """Those never tried or tried longest ago come first, as the index has them."""
    return database.execute(
        "SELECT address, mailbox, variant, field_values, message_id FROM delivery "
        "WHERE issue = :issue AND run = :run AND state = :state "
        "AND (at IS NULL OR :since IS NULL OR at < :since) "
        "AND address NOT IN (SELECT address FROM suppression) ORDER BY at LIMIT :count",
        {"issue": issue, "run": run, "state": state, "since": since, "count": count},
    ).fetchall()
