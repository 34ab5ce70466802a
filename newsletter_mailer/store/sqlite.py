"""The ledger in SQLite: one row per (issue, address). WAL, and every commit reaches the disk.

WAL with synchronous=NORMAL "might roll back" after a power loss; a lost intent would be a second
copy for a reader, so it is FULL.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from newsletter_mailer.errors import LedgerBusy, LedgerError
from newsletter_mailer.store.lock import AlreadyLocked, FileLock
from newsletter_mailer.store.schema import STEPS
from newsletter_mailer.store.states import OWED, TRANSITIONS, State

_WAIT = 5.0  #: seconds for another connection's commit
_COMPLAINTS = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "the disk does not take it (full, or faulty)",
    "SQLITE_NOTADB": "the file is not a ledger, or it is damaged",
    "SQLITE_CORRUPT": "the file is damaged",
    "SQLITE_BUSY": "another program holds it",
    "SQLITE_READONLY": "it is write-protected",
    "SQLITE_CANTOPEN": "it cannot be opened",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """What a reader gets, before the row is in the ledger."""

    address: str
    mailbox: str
    variant: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedRow:
    """A row that this run may send, once. `message_id` without angle brackets."""

    address: str
    mailbox: str
    variant: str
    values: Mapping[str, str]
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How the attempt for one row ended."""

    address: str
    state: State
    code: int | None = None
    enhanced: str | None = None
    reply: str = ""
    server: str = ""
    at: datetime


@dataclass(frozen=True, slots=True)
class IssueRecord:
    """What the ledger knows of an issue since its first real run."""

    date: datetime
    content_hash: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A reader's row, as `status` shows it."""

    address: str
    state: State
    reply: str


class Ledger:
    """An open ledger. Use it as a context manager."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self.path = path

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
        with self._writing() as database:
            database.execute(
                "UPDATE delivery SET state = ?, code = NULL, enhanced = NULL, reply = ? "
                "WHERE state = ?",
                (State.UNKNOWN, "the sender died before it read the answer", State.SENDING),
            )

    @property
    def id(self) -> str:
        with _explained():
            return str(self._database.execute("SELECT id FROM ledger").fetchone()[0])

    def message_id(self, issue: str, address: str, host: str) -> str:
        """The same for every attempt, so that receivers can drop a second copy."""
        with _explained():
            key: bytes = self._database.execute("SELECT key FROM ledger").fetchone()[0]
        return f"{_digest(key, issue, address)}@{host}"

    def issue(self, issue: str) -> IssueRecord | None:
        with _explained():
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
        with self._writing() as database:
            key: bytes = database.execute("SELECT key FROM ledger").fetchone()[0]
            database.execute(
                "INSERT INTO issue VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                "content_hash = excluded.content_hash, files = excluded.files",
                (issue, _stamp(now), content_hash, json.dumps(files)),
            )
            cursor = database.execute(
                "INSERT INTO run (issue, began, filters, content_hash, planned, skipped) "
                "VALUES (?, ?, ?, ?, 0, '{}')",
                (issue, _stamp(now), json.dumps(filters, default=sorted), content_hash),
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
        with self._writing() as database:
            database.execute("UPDATE run SET ended = ? WHERE id = ?", (_stamp(now), run))

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
        with self._writing() as database:
            _settle(database, issue, settled)
            rows: list[tuple[str, str, str, str, str]] = []
            since = _stamp(not_after) if not_after else None
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
        with self._writing() as database:
            database.executemany(
                "UPDATE delivery SET state = 'queued', attempts = attempts - 1 "
                "WHERE issue = ? AND address = ? AND state = 'sending'",
                [(issue, address) for address in addresses],
            )

    def counts(self, issue: str, run: int | None = None) -> dict[State, int]:
        """How many rows are in each state; of one run's audience, or of the whole issue."""
        with _explained():
            rows = self._database.execute(
                "SELECT state, count(*) FROM delivery "
                "WHERE issue = ?1 AND (?2 IS NULL OR run = ?2) GROUP BY state",
                (issue, run),
            ).fetchall()
        return {State(state): count for state, count in rows}

    def states(self, issue: str, addresses: Sequence[str]) -> dict[str, State]:
        """The state of each of these canonical addresses that has a row."""
        with _explained():
            rows = self._database.execute(
                "SELECT address, state FROM delivery WHERE issue = ? "
                "AND address IN (SELECT value FROM json_each(?))",
                (issue, json.dumps(addresses)),
            )
            return {address: State(state) for address, state in rows}

    def runs(self, issue: str) -> list[dict[str, object]]:
        """Every run, oldest first."""
        with _explained():
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
        with _explained():
            rows = self._database.execute(
                "SELECT address, state, code, reply FROM delivery "
                "WHERE issue = ?1 AND (?2 IS NULL OR state = ?2) ORDER BY address",
                (issue, state),
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
        with self._writing() as database:
            cursor = database.execute(
                "UPDATE delivery SET state = ?, code = NULL, enhanced = NULL, reply = ?, at = ? "
                "WHERE issue = ? AND state = ?",
                (state, f"resolved by hand: {how}", _stamp(now), issue, State.UNKNOWN),
            )
        return cursor.rowcount

    def suppress(self, address: str, reason: str, now: datetime) -> None:
        """From now on nobody mails this canonical address."""
        with self._writing() as database:
            database.execute(
                "INSERT INTO suppression VALUES (?, ?, ?) ON CONFLICT (address) DO UPDATE SET "
                "reason = excluded.reason, since = excluded.since",
                (address, reason, _stamp(now)),
            )

    def unsuppress(self, address: str) -> bool:
        """Whether the address had been suppressed."""
        with self._writing() as database:
            cursor = database.execute("DELETE FROM suppression WHERE address = ?", (address,))
        return cursor.rowcount > 0

    def suppressions(self) -> Iterator[tuple[str, str, str]]:
        """Address, reason, since."""
        with _explained():
            yield from self._database.execute(
                "SELECT address, reason, since FROM suppression ORDER BY address"
            )

    def suppressed(self, addresses: Sequence[str]) -> dict[str, str]:
        """Of these canonical addresses: why each that must not be mailed must not."""
        with _explained():
            if not self._database.execute("SELECT EXISTS (SELECT 1 FROM suppression)").fetchone()[
                0
            ]:
                return {}
            return dict(
                self._database.execute(
                    "SELECT address, reason FROM suppression "
                    "WHERE address IN (SELECT value FROM json_each(?))",
                    (json.dumps(addresses),),
                )
            )

    def held_about(self, address: str) -> dict[str, object]:
        """Everything the ledger holds about one person."""
        with _explained():
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

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        with _explained():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:  # a full disk has ended it already
                    self._database.execute("ROLLBACK")
                raise


def open_ledger(path: Path) -> Ledger:
    """The ledger at this path, made if there is none, brought to today's schema.

    Raises LedgerError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise LedgerError(f"The folder of the ledger cannot be made: {fault.strerror}.") from None
    with _explained():
        database = sqlite3.connect(path, isolation_level=None, timeout=_WAIT)
        try:
            _steps_taken(database)  # a file that is not ours stays as it is
            _use_write_ahead_log(database)
            database.execute("PRAGMA synchronous = FULL")
            _migrate(database)
        except BaseException:
            database.close()
            raise
    return Ledger(database, path)


def read_ledger(path: Path) -> Ledger | None:
    """An existing ledger to look at; nothing is written, not even beside it. None if there is none.

    Without a write-ahead log beside it the file is complete, and opened as immutable (SQLite would
    make the log's files anew otherwise).
    """
    try:
        if not path.exists() or (path.is_file() and path.stat().st_size == 0):
            return None
    except OSError as fault:
        raise LedgerError(f"The ledger cannot be used: {fault.strerror}.") from None
    log = path.with_name(path.name + "-wal")
    how = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
    with _explained():
        database = sqlite3.connect(
            f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None, timeout=_WAIT
        )
        try:
            if _steps_taken(database) == len(STEPS):
                return Ledger(database, path)
        except BaseException:
            database.close()
            raise
    database.close()
    return None


def _use_write_ahead_log(database: sqlite3.Connection) -> None:
    """SQLite does not wait when several processes do this to a new file at once: we do."""
    give_up = time.monotonic() + _WAIT
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as fault:
            if not _is(fault, "SQLITE_BUSY") or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return


def _migrate(database: sqlite3.Connection) -> None:
    """Takes the steps that are missing, all or none; another process may be at it too."""
    if _steps_taken(database) == len(STEPS):
        return
    database.execute("BEGIN EXCLUSIVE")
    try:
        taken = _steps_taken(database)
        for statements in STEPS[taken:]:
            for statement in statements:
                database.execute(statement)
        if taken == 0:
            database.execute(
                "INSERT INTO ledger VALUES (?, ?)", (secrets.token_hex(8), secrets.token_bytes(32))
            )
        database.execute(f"PRAGMA user_version = {len(STEPS)}")
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _steps_taken(database: sqlite3.Connection) -> int:
    """Raises LedgerError for a schema of the future, or of another program."""
    taken: int = database.execute("PRAGMA user_version").fetchone()[0]
    names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    if names and "ledger" not in names:
        raise LedgerError(
            "The ledger cannot be used: the file is another program's database. "
            "Look at LEDGER_URL in .env."
        )
    if taken > len(STEPS):
        raise _newer()
    return taken


def _newer() -> LedgerError:
    return LedgerError(
        "The ledger was written by a newer version of newsletter-mailer. Upgrade this one: "
        "pip install --upgrade newsletter-mailer."
    )


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
                _stamp(item.at),
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
        "WHERE issue = ?1 AND run = ?2 AND state = ?3 AND (at IS NULL OR ?4 IS NULL OR at < ?4) "
        "AND address NOT IN (SELECT address FROM suppression) ORDER BY at LIMIT ?5",
        (issue, run, state, since, count),
    ).fetchall()


def _stamp(moment: datetime) -> str:
    """Texts that sort as the moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _is(fault: sqlite3.Error, name: str) -> bool:
    """Whether the fault is of this kind, such as SQLITE_BUSY or SQLITE_BUSY_SNAPSHOT."""
    return f"{getattr(fault, 'sqlite_errorname', '')}_".startswith(f"{name}_")


@contextmanager
def _explained() -> Iterator[None]:
    """SQLite's complaints as a sentence."""
    try:
        yield
    except sqlite3.Error as fault:
        what = next((text for name, text in _COMPLAINTS.items() if _is(fault, name)), str(fault))
        kind = LedgerBusy if _is(fault, "SQLITE_BUSY") else LedgerError
        raise kind(f"The ledger cannot be used: {what}. No message leaves without it.") from fault
