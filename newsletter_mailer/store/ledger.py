"""The ledger: one row per (issue, address), runs, and what they claimed and settled."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from newsletter_mailer.errors import LedgerBusy, LedgerError, OutdatedLedger
from newsletter_mailer.store.database import (
    checkpoint,
    explained,
    has_write_ahead_log,
    open_beside,
    open_to_read,
    open_to_write,
    stamp,
    transaction,
)
from newsletter_mailer.store.figures import Figures
from newsletter_mailer.store.generation import Witness
from newsletter_mailer.store.journal import Journal
from newsletter_mailer.store.left import LeftRow, journal_path, left_rows
from newsletter_mailer.store.lock import AlreadyLocked, FileLock
from newsletter_mailer.store.planned import composed_by, keep_variants, plan, plan_as_before
from newsletter_mailer.store.recovery import recover, refuse_unknown_journals
from newsletter_mailer.store.resolutions import Resolutions, hand_over_again
from newsletter_mailer.store.rows import (
    By,
    Composed,
    DeliveryRecord,
    IssueRecord,
    LeftOut,
    PlannedRow,
    moment_of,
)
from newsletter_mailer.store.sender import Sender
from newsletter_mailer.store.states import OWED, TROUBLE, State
from newsletter_mailer.store.suppressions import Suppressions
from newsletter_mailer.store.uses import Uses


class Ledger:
    """An open ledger. Use it as a context manager."""

    def __init__(
        self,
        database: sqlite3.Connection,
        path: Path,
        *,
        had_log: bool = True,
        is_rehearsal: bool = False,
    ) -> None:
        """`had_log`: whether its write-ahead log was there before it was opened."""
        self._database = database
        self._view: sqlite3.Connection | None = None  #: of a sender
        self._had_log, self._is_rehearsal = had_log, is_rehearsal
        self._lock = FileLock(path)
        self.path = path
        self.uses = Uses(database, path)
        self.suppressions = Suppressions(database)
        self.resolutions = Resolutions(database)
        self.figures = Figures(database)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._view is not None:
            self._view.close()
        self._database.close()
        self._lock.release()  # and not before: see store.lock

    def hold(self, witnesses: Sequence[Witness] = ()) -> None:
        """Makes this process the only sender, and settles what a dead one left.

        `witnesses`: what stands elsewhere of its last use. Raises LedgerBusy, OutdatedLedger.
        """
        _acquire(self._lock, self.path)
        if not self._is_rehearsal:
            self.uses.refuse_doubt(witnesses)
        recover(self._database, self.path, had_log=self._had_log)

    def doubt(self, witnesses: Sequence[Witness] = ()) -> str:
        """Why this is not the ledger that counts, and what to do; empty if it is.

        Raises LedgerError.
        """
        if self._is_rehearsal:
            return ""
        if doubt := self.uses.doubt(witnesses):
            return doubt
        try:
            refuse_unknown_journals(self._database, self.path)
        except OutdatedLedger as fault:
            return str(fault)
        return ""

    def note_use(self, what: str, now: datetime, issue: str = "") -> None:
        """A use that must not be forgotten: an older copy is told by it. Raises LedgerError."""
        if not self._is_rehearsal:
            with transaction(self._database):
                self.uses.record(what, now, issue=issue)
            self.uses.publish()

    @property
    def id(self) -> str:
        return self.uses.ledger_id

    def issue(self, issue: str) -> IssueRecord | None:
        with explained():
            row = self._database.execute(
                "SELECT date, content_hash, files, newsletter FROM issue WHERE id = ?", (issue,)
            ).fetchone()
            if row is None:
                return None
            return IssueRecord(
                datetime.fromisoformat(row[0]),
                row[1],
                json.loads(row[2]),
                json.loads(row[3] or "{}"),
                composed_by(self._database, issue),
            )

    def begin_run(
        self,
        issue: str,
        *,
        now: datetime,
        content_hash: str,
        files: Mapping[str, str],
        filters: Mapping[str, Sequence[str]],
        skipped: Mapping[str, int],
        rows: Iterable[PlannedRow | LeftOut] | None,
        host: str,
        is_roll_call: bool = False,
        again: Sequence[str] = (),
        variants: Mapping[str, Sequence[str]] = {},  # never changed
        by: By = By(),  # noqa: B008  # frozen
        composed: Composed = Composed(),  # noqa: B008  # frozen
        newsletter: Mapping[str, str] = {},  # never changed
        past_dates: int = 0,
    ) -> Sender:
        """Records the run and puts its audience into the ledger, in one transaction.

        Rows of earlier runs keep their state; what is still owed is planned anew, and due at once.
        As long as nobody was handed anything, the run counts as the first.
        `rows` None: everyone whom the ledger knows, as planned. `skipped` is read when `rows` are
        through. `is_roll_call`: they have everyone of the lists, and whoever is not among them has
        left. `again`: canonical addresses that have it and get it once more, and nobody else does.
        `variants`: the slugs of their sections, by id. Call `hold` before. Raises
        LedgerError, with nothing written.
        """
        token = secrets.token_hex(8)
        try:
            journal = Journal(journal_path(self.path, token), token)
        except OSError as fault:
            raise LedgerError(
                f"The sender's journal beside {self.path} cannot be made: {fault.strerror}. "
                "No message leaves without it."
            ) from None
        try:
            run = self._begin(
                issue,
                (stamp(now), json.dumps(filters, default=sorted), content_hash, *by, token),
                (composed.version, composed.template, past_dates),
                json.dumps(newsletter),
                files,
                skipped,
                rows,
                host,
                {one: (slugs, composed.digests.get(one, "")) for one, slugs in variants.items()},
                is_roll_call,
                again,
            )
        except BaseException:
            journal.remove()
            raise
        # The file alone, without its log, shall know of the run: whoever copies it finds out.
        checkpoint(self._database)
        if not self._is_rehearsal:
            self.uses.publish()
        self._view = self._view or open_beside(self.path)
        return Sender(self._database, self._view, self.path, issue, run, journal)

    def _begin(
        self,
        issue: str,
        about: tuple[str, ...],
        how: tuple[str, str, int],
        newsletter: str,
        files: Mapping[str, str],
        skipped: Mapping[str, int],
        rows: Iterable[PlannedRow | LeftOut] | None,
        host: str,
        variants: Mapping[str, tuple[Sequence[str], str]],
        is_roll_call: bool,
        again: Sequence[str],
    ) -> int:
        began, _, content_hash, who, on, _ = about
        with transaction(self._database) as database:
            database.execute(
                "UPDATE variant SET composed = '' WHERE issue = :issue AND NOT EXISTS "
                "(SELECT 1 FROM issue WHERE id = :issue AND content_hash = :now)",
                {"issue": issue, "now": content_hash},
            )
            kept = "date" if self.figures.was_handed_over(issue) else "excluded.date"
            database.execute(
                "INSERT INTO issue (id, date, content_hash, files, newsletter) "  # noqa: S608  # a column
                f"VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET date = {kept}, "
                "content_hash = excluded.content_hash, files = excluded.files, "
                "newsletter = excluded.newsletter",
                (issue, began, content_hash, json.dumps(files), newsletter),
            )
            cursor = database.execute(
                "INSERT INTO run (issue, began, filters, content_hash, who, host, sender, version,"
                " template, past_dates, planned, skipped, is_settled) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '{}', 0)",
                (issue, *about, *how),
            )
            run = cursor.lastrowid or 0
            if again:
                now = datetime.fromisoformat(began)
                hand_over_again(database, issue, run, again, By(who, on), now)
            elif rows is None:
                plan_as_before(database, issue, run)
            if rows is not None:
                plan(database, issue, run, rows, host, is_roll_call=is_roll_call)
            keep_variants(database, issue, variants)
            if not self._is_rehearsal:
                self.uses.record("send", datetime.fromisoformat(began), issue=issue)
            # Who is skipped is known only now: the rows are counted while they are read.
            database.execute(
                "UPDATE run SET skipped = ?, planned = "
                "(SELECT count(*) FROM delivery WHERE issue = ? AND run = ?) WHERE id = ?",
                (json.dumps(skipped), issue, run, run),
            )
        return run

    def end_run(self, run: int, now: datetime, counts: Mapping[State, int]) -> None:
        """`counts`: of the run's audience, as it stands now. Raises LedgerError."""
        with transaction(self._database) as database:
            database.execute(
                "UPDATE run SET ended = ?, counts = ?, is_settled = 1 WHERE id = ?",
                (stamp(now), json.dumps(counts), run),
            )
            if not self._is_rehearsal:
                # A copy from the middle of the run is older than this.
                self.uses.record("send", now, issue=self._issue_of(run))
        if not self._is_rehearsal:
            self.uses.publish()

    def _issue_of(self, run: int) -> str:
        row = self._database.execute("SELECT issue FROM run WHERE id = ?", (run,)).fetchone()
        return str(row[0])

    def counts(self, issue: str, run: int | None = None) -> dict[State, int]:
        """How many rows are in each state; of one run's audience, or of the whole issue."""
        with explained():
            rows = self._database.execute(
                "SELECT state, sum(n) FROM ("
                " SELECT state, count(*) AS n FROM delivery INDEXED BY delivery_outcome"
                " WHERE issue = :issue AND state NOT IN ('queued', 'sending')"
                " AND (:run IS NULL OR run = :run) GROUP BY state"
                " UNION ALL SELECT 'queued', count(*) FROM delivery INDEXED BY delivery_owed"
                " WHERE issue = :issue AND state = 'queued' AND state IN ('queued', 'deferred')"
                " AND (:run IS NULL OR run = :run)"
                " UNION ALL SELECT 'sending', count(*) FROM delivery INDEXED BY delivery_sending"
                " WHERE issue = :issue AND state = 'sending' AND (:run IS NULL OR run = :run)"
                ") GROUP BY state",
                {"issue": issue, "run": run},
            ).fetchall()
        return {State(state): count for state, count in rows if count}

    def has_reached_anybody(self, issue: str) -> bool:
        """Whether a message of the issue was handed over, or may have been, ever."""
        reached = any(row.state not in OWED for row in self.left(issue))
        return reached or self.figures.was_handed_over(issue)

    def left(self, issue: str) -> list[LeftRow]:
        """Rows "sending" as the next sender will find them; nothing is changed."""
        return [*left_rows(self._database, self.path, issue)]

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
                "SELECT id, began, ended, who, host, filters, content_hash, planned, skipped,"
                " counts, version, template, past_dates FROM run WHERE issue = ? ORDER BY id",
                (issue,),
            ).fetchall()
        return [
            {
                "run": run,
                "began": began,
                "ended": ended,
                "who": who,
                "host": host,
                "filters": json.loads(filters),
                "content_hash": content,
                "planned": planned,
                "skipped": json.loads(skipped),
                "counts": json.loads(counts) if counts else None,
                "version": version,
                "template": template,
                "past_dates": past_dates,
            }
            for (
                run,
                began,
                ended,
                who,
                host,
                filters,
                content,
                planned,
                skipped,
                counts,
                version,
                template,
                past_dates,
            ) in rows
        ]

    def deliveries(self, issue: str, state: State | None = None) -> Iterator[DeliveryRecord]:
        """Every row, or those in one state, by address."""
        index = "INDEXED BY delivery_trouble" if state in TROUBLE else ""
        chosen = f"AND state = '{state.value}'" if state else ""
        if index:  # in the words of the index, or it is not used
            chosen += " AND state NOT IN ('queued', 'sending') AND state <> 'sent'"
        with explained():
            rows = self._database.execute(
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

    def being_mailed(self, address: str) -> list[str]:
        """The issues of which a sender has this address in hand, or died with it."""
        with explained():
            rows = self._database.execute(
                "SELECT issue FROM delivery INDEXED BY delivery_sending "
                "WHERE state = 'sending' AND address = ? ORDER BY issue",
                (address,),
            )
            return [issue for (issue,) in rows]

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


@contextmanager
def held_alone(path: Path) -> Iterator[None]:
    """Nobody sends with the ledger while the context lasts. Raises LedgerBusy, LedgerError."""
    lock = FileLock(path)
    try:
        _acquire(lock, path)
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, path: Path) -> None:
    try:
        lock.acquire()
    except AlreadyLocked:
        raise LedgerBusy(
            f"Another send is at work with {path.name}. Wait until it ends, then run again."
        ) from None
    except OSError as fault:
        raise LedgerError(f"The ledger cannot be locked: {fault.strerror}.") from None


def open_ledger(path: Path, *, may_be_new: bool = True, is_rehearsal: bool = False) -> Ledger:
    """The ledger at this path, made if there is none and there may be none.

    `is_rehearsal`: nobody's mail depends on it, and copies of it do no harm. Raises LedgerError.
    """
    had_log = has_write_ahead_log(path)
    database = open_to_write(path, may_be_new=may_be_new)
    return Ledger(database, path, had_log=had_log, is_rehearsal=is_rehearsal)


def read_ledger(path: Path, *, is_rehearsal: bool = False) -> Ledger | None:
    """An existing ledger to look at; nothing is written. None if there is none.

    Raises LedgerError.
    """
    database = open_to_read(path)
    return None if database is None else Ledger(database, path, is_rehearsal=is_rehearsal)
