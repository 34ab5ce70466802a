"""An open ledger in a SQLite file."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter_mailer.errors import (
    DamagedLedger,
    LedgerBusy,
    LedgerError,
    NewsletterError,
    OutdatedLedger,
)
from newsletter_mailer.store.claims import LeftRow
from newsletter_mailer.store.figures import DeliveryRecord
from newsletter_mailer.store.generation import Generation, Witness
from newsletter_mailer.store.journal.file import JournalFile
from newsletter_mailer.store.ledger import IssueSoFar
from newsletter_mailer.store.runs import IssueRecord, LeftOut, NewRun, PlannedRow
from newsletter_mailer.store.sqlite.abandoned_rows import left_rows
from newsletter_mailer.store.sqlite.base_file import BaseFile
from newsletter_mailer.store.sqlite.claims import SqliteClaims
from newsletter_mailer.store.sqlite.database import open_beside
from newsletter_mailer.store.sqlite.deliveries import deliveries_of, states_of
from newsletter_mailer.store.sqlite.doubt import doubt_at, doubt_of
from newsletter_mailer.store.sqlite.figures import SqliteFigures, counts_in
from newsletter_mailer.store.sqlite.file_state import file_state
from newsletter_mailer.store.sqlite.integrity import refuse_damaged
from newsletter_mailer.store.sqlite.journals import journal_path
from newsletter_mailer.store.sqlite.lock import FileLock, acquire, identity
from newsletter_mailer.store.sqlite.people import SqlitePeople
from newsletter_mailer.store.sqlite.recovery import recover
from newsletter_mailer.store.sqlite.resolutions import SqliteResolutions
from newsletter_mailer.store.sqlite.runs import SqliteRuns, issue_record
from newsletter_mailer.store.sqlite.suppressions import SqliteSuppressions
from newsletter_mailer.store.sqlite.transactions import at_one_moment, transaction
from newsletter_mailer.store.sqlite.use_history import Uses
from newsletter_mailer.store.sqlite.write_ahead_log import bring_in, checkpoint
from newsletter_mailer.store.states import OWED, State

if TYPE_CHECKING:
    from types import TracebackType


class SqliteLedger:
    """store.ledger.Ledger"""

    def __init__(
        self,
        database: sqlite3.Connection,
        path: Path,
        *,
        had_log: bool = True,
        is_only_looked_at: bool = False,
        is_rehearsal: bool = False,
    ) -> None:
        """`had_log`: whether its write-ahead log was there before it was opened."""
        self._database = database
        self._view: sqlite3.Connection | None = None  #: of a sender
        self._base: BaseFile | None = None  #: of a sender
        self._is_held = False  #: and is the one that counts
        self._had_log, self._is_rehearsal = had_log, is_rehearsal
        self._is_only_looked_at = is_only_looked_at
        self._lock, self._file, self._opened = FileLock(path), identity(path), file_state(path)
        self.path = path
        self.uses = Uses(database, path, is_rehearsal=is_rehearsal)
        self.suppressions = SqliteSuppressions(database, self.uses)
        self.resolutions = SqliteResolutions(database, self.uses)
        self.figures = SqliteFigures(database)
        self.runs = SqliteRuns(database)
        self.people = SqlitePeople(database)

    def __enter__(self) -> SqliteLedger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if isinstance(fault, DamagedLedger) and self._changed_while_looked_at:
                raise LedgerBusy(
                    f"Another send has just begun with {self.path.name}, and it was read while it "
                    "changed. Run the command again."
                ) from None
            if isinstance(fault, Exception) and not isinstance(fault, NewsletterError):
                refuse_damaged(self._database, self.path)
        finally:
            self.close()

    @property
    def _changed_while_looked_at(self) -> bool:
        return self._is_only_looked_at and file_state(self.path) != self._opened

    def close(self) -> None:
        if self._view is not None:
            self._view.close()
        if self._is_held:
            self._bring_in()
        self._database.close()
        self._lock.release()  # and not before: see `lock`

    def hold(self, witnesses: Sequence[Witness] = ()) -> None:
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
            if bring_in(self._database):
                self.uses.publish(in_file=last)

    def doubt(self, witnesses: Sequence[Witness] = ()) -> str:
        if self._is_rehearsal:
            return ""
        if self._is_only_looked_at:
            return doubt_at(self.path, witnesses)
        return doubt_of(self._database, self.path, witnesses)

    def refuse_gone(self) -> None:
        if identity(self.path) != self._file:
            raise LedgerError(f"The ledger {self.path} was deleted or replaced.")

    @property
    def id(self) -> str:
        return self.uses.ledger_id

    def generation(self) -> Generation:
        return self.uses.generation()

    def left_for(self) -> str:
        return self.uses.left_for()

    def was_told_of_place(self) -> bool:
        return self.uses.told_of() == str(self.path)

    def note_told_of_place(self) -> None:
        self.uses.note_told()

    def issue(self, issue: str) -> IssueRecord | None:
        return issue_record(self._database, issue)

    def begin_run(self, new: NewRun, rows: Iterable[PlannedRow | LeftOut] | None) -> SqliteClaims:
        if not self._is_held:
            raise RuntimeError("begin_run without hold: two senders could mail the same readers")
        token = secrets.token_hex(8)
        try:
            journal = JournalFile(journal_path(self.path, token), token)
        except OSError as fault:
            raise LedgerError(
                f"The sender's journal beside {self.path} cannot be made: {fault.strerror}. "
                "No message leaves without it."
            ) from None
        try:
            with transaction(self._database):
                run = self.runs.begin(new, token, rows)
                self.uses.record("send", new.now, issue=new.issue)
        except BaseException:
            journal.remove()
            raise
        try:
            # The file alone, without its log, shall know of the run: whoever copies it finds out.
            begun = self.uses.generation()
            is_whole = checkpoint(self._database)
            self.uses.publish(in_file=begun if is_whole else None)
            self._view = self._view or open_beside(self.path)
        except BaseException:
            journal.abandon()
            raise
        if is_whole:
            journal.brought_in(0)
        self._base = base = BaseFile(
            self._database, self.path, self._file, journal_path(self.path, token)
        )
        return SqliteClaims(self._database, self._view, run, self.uses, journal, base)

    def so_far(self, issue: str) -> IssueSoFar:
        with at_one_moment(self._database):
            left = self.left(issue)
            return IssueSoFar(
                record=self.issue(issue),
                counts=self.counts(issue),
                left=tuple(left),
                has_reached_anybody=self._has_reached_anybody(issue, left),
            )

    def counts(self, issue: str, run: int | None = None) -> dict[State, int]:
        return counts_in(self._database, issue, run)

    def has_reached_anybody(self, issue: str) -> bool:
        return self._has_reached_anybody(issue, self.left(issue))

    def _has_reached_anybody(self, issue: str, left: Iterable[LeftRow]) -> bool:
        reached = any(row.state not in OWED for row in left)
        return reached or self.figures.was_handed_over(issue)

    def left(self, issue: str) -> list[LeftRow]:
        return [*left_rows(self._database, self.path, issue)]

    def states(self, issue: str, addresses: Sequence[str]) -> dict[str, State]:
        return states_of(self._database, issue, addresses)

    def deliveries(self, issue: str, state: State | None = None) -> Iterator[DeliveryRecord]:
        return deliveries_of(self._database, issue, state)
