"""A run's claims in the ledger's file, and the two ways in which it ends."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.claims import NOT_IN_THIS_RUN, ClaimedRow, Due, Settled
from newsletter_mailer.store.journal.file import JournalFile
from newsletter_mailer.store.sqlite.audience import withdraw
from newsletter_mailer.store.sqlite.base_file import BaseFile
from newsletter_mailer.store.sqlite.due_rows import owed_rows
from newsletter_mailer.store.sqlite.figures import counts_in
from newsletter_mailer.store.sqlite.runs import BegunRun, SqliteRuns
from newsletter_mailer.store.sqlite.sqlite_errors import explained
from newsletter_mailer.store.sqlite.suppressions import is_suppressed
from newsletter_mailer.store.sqlite.transactions import transaction
from newsletter_mailer.store.sqlite.use_history import Uses
from newsletter_mailer.store.states import OWED, TRANSITIONS, State


class SqliteClaims:
    """store.claims.Claims"""

    def __init__(
        self,
        database: sqlite3.Connection,
        view: sqlite3.Connection,
        begun: BegunRun,
        uses: Uses,
        journal: JournalFile,
        base: BaseFile,
    ) -> None:
        """`view`: a second connection, for what is looked up while the first one is at work."""
        self._database, self._view, self._uses, self._base = database, view, uses, base
        self._issue, self.run = begun.issue, begun.id
        self.skipped = begun.skipped
        self.journal = journal
        self._deferred: set[int] = set()  #: rows claimed that were
        self._server = ""
        self._commits = 0
        self._fault: LedgerError | None = None
        self._is_over = False
        self._is_contested = False  #: somebody else changed the ledger, or what this run claimed

    def settle_with(self, server: str) -> None:
        self._server = server

    def record_and_claim(
        self,
        settled: Sequence[Settled],
        count: int,
        *,
        due: Mapping[State, float],
        pace: Mapping[str, float] = {},  # never changed
        refused: Sequence[int] = (),
    ) -> list[ClaimedRow]:
        """One transaction, so one fsync for both."""
        if not due.keys() <= {*OWED}:
            raise ValueError(f"only {', '.join(OWED)} rows may be sent")
        if self._is_over:
            raise RuntimeError("record_and_claim after end")
        if self._fault is not None and count:
            raise self._fault
        self._refuse_another_file()
        with transaction(self._database) as database:
            self._settle(database, settled)
            self._refuse(database, refused)
            database.executemany(
                "INSERT INTO pace VALUES (?, ?) ON CONFLICT (name) DO UPDATE "
                "SET free_at = excluded.free_at",
                pace.items(),
            )
            rows: list[ClaimedRow] = []
            for state, moment in due.items():
                if len(rows) < count:
                    owed = owed_rows(
                        database, self._issue, self.run, state, moment, count - len(rows)
                    )
                    if state is State.DEFERRED:
                        self._deferred.update(row.id for row in owed)
                    rows += owed
            claimed = database.execute(
                "UPDATE delivery SET state = 'sending', attempts = attempts + 1, claimed = ? "
                "WHERE id IN (SELECT value FROM json_each(?)) AND state IN ('queued', 'deferred')",
                (self.run, json.dumps([row.id for row in rows])),
            )
            self._refuse_other_count(claimed.rowcount, len(rows))
            self._count_commit(database)
        self._commits += 1
        self._tell_of_commit()
        return rows

    def _tell_of_commit(self) -> None:
        """What goes wrong behind a commit keeps the next rows from being claimed: it is done."""
        try:
            self.journal.committed(self._commits)
            if self._base.committed():
                self.journal.brought_in(self._commits)
        except LedgerError as fault:
            self._fault = fault

    def give_back(self, rows: Mapping[int, float]) -> None:
        with transaction(self._database) as database:
            self._give_back(database, rows)
        self._deferred -= rows.keys()

    def rest(self, domains: Sequence[str], claimed: Sequence[int]) -> None:
        with transaction(self._database) as database:
            self._give_back(database, dict.fromkeys(claimed, NOT_IN_THIS_RUN))
            database.execute(
                "UPDATE delivery SET due = ? WHERE issue = ? AND run = ? "
                "AND state IN ('queued', 'deferred') "
                "AND domain IN (SELECT value FROM json_each(?))",
                (NOT_IN_THIS_RUN, self._issue, self.run, json.dumps(domains)),
            )
        self._deferred.difference_update(claimed)

    def must_not_be_mailed(self, row: ClaimedRow) -> bool:
        return is_suppressed(self._view, row.address)

    def end(self, now: datetime) -> None:
        self._is_over = True
        try:
            self._refuse_another_file()
            with transaction(self._database) as database:
                skipped = withdraw(database, self._issue, self.run, self.skipped)
                counts = counts_in(database, self._issue, self.run)
                SqliteRuns(database).end(self.run, now, counts, self.journal.marks)
                # A copy from the middle of the run is older than this.
                self._uses.record("send", now, issue=self._issue)
            self.skipped = skipped
            self._uses.publish()
        except BaseException:
            self.journal.abandon()
            raise
        self._close()

    def next_due(self) -> dict[State, Due]:
        with explained():
            rows = self._database.execute(
                "SELECT state, min(due), count(*) FROM delivery INDEXED BY delivery_owed "
                "WHERE issue = ? AND run = ? AND state IN ('queued', 'deferred') AND due < ? "
                "AND address NOT IN (SELECT address FROM suppression) GROUP BY state",
                (self._issue, self.run, NOT_IN_THIS_RUN),
            )
            return {State(state): Due(first, count) for state, first, count in rows}

    @property
    def pace(self) -> dict[str, float]:
        with explained():
            return dict(self._database.execute("SELECT name, free_at FROM pace"))

    def _close(self) -> None:
        """Its journal goes, unless the next sender has to read there what the ledger lacks.

        Raises LedgerError.
        """
        left = 1
        try:
            self._refuse_another_file()
            with explained():
                (left,) = self._database.execute(
                    "SELECT count(*) FROM delivery WHERE claimed = ? AND state = 'sending'",
                    (self.run,),
                ).fetchone()
        finally:
            if left or self._is_contested:
                self.journal.abandon()
            else:
                self.journal.remove()

    def _settle(self, database: sqlite3.Connection, settled: Sequence[Settled]) -> None:
        """Only rows that this run sends: an outcome that comes too late changes nothing."""
        for item in settled:
            if item.state not in TRANSITIONS[State.SENDING]:
                raise ValueError(f"an attempt cannot end as {item.state}")
        done = database.executemany(
            "UPDATE delivery SET state = ?, code = ?, enhanced = ?, reply = ?, server = ?, at = ?,"
            " due = ? WHERE id = ? AND state = 'sending' AND claimed = ?",
            [
                (
                    item.state._value_,  # `value` is a call
                    item.code,
                    item.enhanced,
                    item.reply,
                    self._server,
                    int(item.at * 1000),
                    item.due,
                    item.id,
                    self.run,
                )
                for item in settled
            ],
        )
        self._refuse_other_count(done.rowcount, len(settled))
        self._deferred.difference_update(item.id for item in settled)

    def _give_back(self, database: sqlite3.Connection, rows: Mapping[int, float]) -> None:
        given = database.executemany(
            "UPDATE delivery SET state = ?, attempts = attempts - 1, due = ? "
            "WHERE id = ? AND state = 'sending' AND claimed = ?",
            [
                (State.DEFERRED if row in self._deferred else State.QUEUED, due, row, self.run)
                for row, due in rows.items()
            ],
        )
        self._refuse_other_count(given.rowcount, len(rows))

    def _count_commit(self, database: sqlite3.Connection) -> None:
        database.execute("UPDATE run SET commits = ? WHERE id = ?", (self._commits + 1, self.run))

    def _refuse_other_count(self, changed: int, expected: int) -> None:
        """Whoever else changes these rows may mail them: this run ends. Raises LedgerError."""
        if expected and changed != expected:
            self._is_contested = True
            raise LedgerError(
                f"The ledger {self._base.path} is used by another sender at the same time: of "
                f"{expected} rows that this run holds it had changed {expected - changed}. No "
                "further message leaves. Look who else sends with it, then run send again."
            )

    def _refuse(self, database: sqlite3.Connection, rows: Sequence[int]) -> None:
        done = database.executemany(
            "UPDATE delivery SET state = 'refused', due = 0 "
            "WHERE id = ? AND state = 'deferred' AND claimed = ?",
            [(row, self.run) for row in rows],
        )
        self._refuse_other_count(done.rowcount, len(rows))

    def _refuse_another_file(self) -> None:
        """SQLite would go on writing into a file that was deleted: a memory that nobody has.

        If another one is in its place, or it was overwritten, the journal says that it knows more
        than the ledger: whatever stands there afterwards mails nobody. Raises LedgerError.
        """
        if self._base.is_as_it_was:
            return
        if not self._base.is_gone:
            self._is_contested = True
            self.journal.contradict()
        raise LedgerError(
            f"The ledger {self._base.path} was deleted or replaced while it was used. No further "
            "message leaves. Put the old file back if you can; who got the issue stands there."
        )
