"""The ledger: one row per (issue, address), runs, and what they claimed and settled."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from newsletter_mailer.errors import LedgerError, NewsletterError, OutdatedLedger
from newsletter_mailer.store.base_file import (
    BaseFile,
    another_log,
    lies_under_another_log,
    refuse_another_log,
)
from newsletter_mailer.store.database import (
    bring_in,
    checkpoint,
    explained,
    has_write_ahead_log,
    open_beside,
    open_to_read,
    open_to_write,
    refuse_damaged,
    transaction,
)
from newsletter_mailer.store.figures import Figures
from newsletter_mailer.store.generation import Generation, Witness
from newsletter_mailer.store.journal import Journal
from newsletter_mailer.store.left import LeftRow, journal_path, left_rows
from newsletter_mailer.store.lock import FileLock, acquire, identity
from newsletter_mailer.store.people import People
from newsletter_mailer.store.planned import composed_by
from newsletter_mailer.store.recovery import (
    gone_further,
    recover,
    refuse_unknown_journals,
    run_was_cut_off_later,
)
from newsletter_mailer.store.resolutions import Resolutions
from newsletter_mailer.store.rows import (
    DeliveryRecord,
    IssueRecord,
    LeftOut,
    NewRun,
    PlannedRow,
    moment_of,
)
from newsletter_mailer.store.runs import Runs
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
        is_under_another_log: bool = False,
        is_rehearsal: bool = False,
    ) -> None:
        """`had_log`: whether its write-ahead log was there before it was opened;
        `is_under_another_log`: whether that one was not its own.
        """
        self._database = database
        self._view: sqlite3.Connection | None = None  #: of a sender
        self._base: BaseFile | None = None  #: of a sender
        self._is_held = False  #: and is the one that counts
        self._had_log, self._is_rehearsal = had_log, is_rehearsal
        self._is_under_another_log = is_under_another_log
        self._lock, self._file = FileLock(path), identity(path)
        self.path = path
        self.uses = Uses(database, path)
        self.suppressions = Suppressions(database)
        self.resolutions = Resolutions(database, self.uses)
        self.figures = Figures(database)
        self.runs = Runs(database)
        self.people = People(database)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, _: object, fault: BaseException | None, __: object) -> None:
        """What a damaged ledger made go wrong is told as damage. Raises LedgerError then."""
        try:
            if isinstance(fault, Exception) and not isinstance(fault, NewsletterError):
                refuse_damaged(self._database, self.path)
        finally:
            self.close()

    def close(self) -> None:
        if self._view is not None:
            self._view.close()
        if self._is_held:
            self._bring_in()
        self._database.close()
        self._lock.release()  # and not before: see store.lock

    def hold(self, witnesses: Sequence[Witness] = ()) -> None:
        """Makes this process the only sender, and settles what a dead one left.

        `witnesses`: what stands elsewhere of its last use. Raises LedgerBusy, OutdatedLedger,
        LedgerError.
        """
        acquire(self._lock, self.path)
        if self._lock.file != self._file:
            raise LedgerError(
                f"The ledger {self.path} was replaced just now. Nothing was sent; run send again."
            )
        refuse_damaged(self._database, self.path)
        if doubt := self.doubt(witnesses):
            raise OutdatedLedger(doubt)
        recover(self._database, self.path, had_log=self._had_log)
        self._is_held = True

    def _bring_in(self) -> None:
        """No log is left over which somebody could put an older file.

        Where it cannot be done (a full disk, say), the log stays, and is whole.
        """
        if identity(self.path) != self._file or (self._base and not self._base.is_as_it_was):
            return
        with suppress(LedgerError):
            last = self.uses.generation()  # somebody may add to the log meanwhile
            if bring_in(self._database) and not self._is_rehearsal:
                self.uses.publish(in_file=last)

    def doubt(self, witnesses: Sequence[Witness] = ()) -> str:
        """Why this is not the ledger that counts, and what to do; empty if it is.

        Raises LedgerError.
        """
        if self._is_rehearsal:
            return ""
        if doubt := self.uses.doubt(witnesses):
            return doubt
        if self._is_under_another_log:
            return another_log(self.path)
        with explained():
            try:
                refuse_unknown_journals(self._database, self.path)
            except OutdatedLedger as fault:
                return str(fault)
            further = gone_further(self._database, self.path, witnesses)
        return run_was_cut_off_later(self.path, further[0]) if further else ""

    def refuse_gone(self) -> None:
        """What an open file says that was deleted or replaced is nobody's memory any more.

        Raises LedgerError.
        """
        if identity(self.path) != self._file:
            raise LedgerError(f"The ledger {self.path} was deleted or replaced.")

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
        new: NewRun,
        *,
        rows: Iterable[PlannedRow | LeftOut] | None,
        skipped: Mapping[str, int],
    ) -> Sender:
        """Records the run and puts its audience into the ledger, in one transaction.

        Rows of earlier runs keep their state; what is still owed is planned anew, and due at once.
        As long as nobody was handed anything, the run counts as the first. `rows` None: everyone
        whom the ledger knows, as planned. `skipped` is read when `rows` are through. Call `hold`
        before. Raises LedgerError: nothing is written, or the run has begun and mailed nobody.
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
            with transaction(self._database):
                run = self.runs.begin(new, token, rows, skipped)
                self._record_use(new.now, new.issue)
        except BaseException:
            journal.remove()
            raise
        try:
            # The file alone, without its log, shall know of the run: whoever copies it finds out.
            begun = self.uses.generation()
            is_whole = checkpoint(self._database)
            self._publish_use(begun if is_whole else None)
            self._view = self._view or open_beside(self.path)
        except BaseException:
            journal.abandon()
            raise
        if is_whole:
            journal.brought_in(0)
        self._base = base = BaseFile(
            self._database, self.path, self._file, journal_path(self.path, token)
        )
        return Sender(self._database, self._view, self.path, new.issue, run, journal, base)

    def end_run(self, sender: Sender, now: datetime, counts: Mapping[State, int]) -> None:
        """`counts`: of the run's audience, as it stands now. Raises LedgerError."""
        with transaction(self._database):
            issue = self.runs.end(sender.run, now, counts, sender.journal.marks)
            self._record_use(now, issue)  # a copy from the middle of the run is older than this
        self._publish_use()

    def _record_use(self, now: datetime, issue: str) -> None:
        if not self._is_rehearsal:
            self.uses.record("send", now, issue=issue)

    def _publish_use(self, in_file: Generation | None = None) -> None:
        if not self._is_rehearsal:
            self.uses.publish(in_file=in_file)

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


def open_ledger(path: Path, *, may_be_new: bool = True, is_rehearsal: bool = False) -> Ledger:
    """The ledger at this path, made if there is none and there may be none.

    `is_rehearsal`: nobody's mail depends on it, and copies of it do no harm. Raises LedgerError,
    OutdatedLedger.
    """
    had_log = has_write_ahead_log(path)
    if not is_rehearsal:
        refuse_another_log(path)
    database = open_to_write(path, may_be_new=may_be_new)
    return Ledger(database, path, had_log=had_log, is_rehearsal=is_rehearsal)


def read_ledger(path: Path) -> Ledger | None:
    """An existing ledger to look at; nothing is written. None if there is none.

    Raises LedgerError.
    """
    is_under_another = lies_under_another_log(path)
    database = open_to_read(path)
    if database is None:
        return None
    return Ledger(database, path, is_under_another_log=is_under_another)
