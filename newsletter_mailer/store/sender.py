"""What one run may do with the rows of its audience: claim them, and say what became of them."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any  # columns of a row

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.base_file import BaseFile
from newsletter_mailer.store.database import explained, transaction
from newsletter_mailer.store.journal import Journal
from newsletter_mailer.store.rows import ClaimedRow, Settled
from newsletter_mailer.store.states import OWED, TRANSITIONS, State
from newsletter_mailer.store.suppressions import Suppressions

#: When a row is due that is not to be tried in this run; the next one makes it due anew.
NOT_IN_THIS_RUN = 1e15


class Sender:
    """Of the process that holds the ledger's lock. Not for two threads at once."""

    def __init__(
        self,
        database: sqlite3.Connection,
        view: sqlite3.Connection,
        path: Path,
        issue: str,
        run: int,
        journal: Journal,
        base: BaseFile,
    ) -> None:
        """`view`: a second connection, for what is looked up while the first one is at work."""
        self._database, self._path = database, path
        self._issue, self.run = issue, run
        self._base = base
        self._suppressions = Suppressions(view)
        self._deferred: set[int] = set()  #: rows claimed that were
        self.journal = journal
        self.server = ""  #: what rows are settled with
        self._commits = 0
        self._fault: LedgerError | None = None
        self._is_contested = False  #: somebody else changed the ledger, or what this run claimed

    def record_and_claim(
        self,
        settled: Sequence[Settled],
        count: int,
        *,
        due: Mapping[State, float],
        pace: Mapping[str, float] = {},  # never changed
        refused: Sequence[int] = (),
    ) -> list[ClaimedRow]:
        """Records how attempts ended and claims the next `count` rows that are due.

        One transaction, so one fsync for both. Suppressed addresses are never claimed; they keep
        their state. `due`: the states that may be sent, in order of preference, and until when a
        row of each must be due. `pace`: by limit, the moment until which it is used up.
        `refused`: rows that this run deferred and whose fault turned out to be the reader's.
        Raises LedgerError, also if a row is not as this run left it.
        """
        if not due.keys() <= {*OWED}:
            raise ValueError(f"only {', '.join(OWED)} rows may be sent")
        if self._fault is not None and count:
            raise self._fault
        self.refuse_another_file()
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
                    owed = self._owed(database, state, moment, count - len(rows))
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
        """Claimed rows that were never begun are what they were: row -> when it is due."""
        with transaction(self._database) as database:
            self._give_back(database, rows)
        self._deferred -= rows.keys()

    def rest(self, domains: Sequence[str], claimed: Sequence[int]) -> None:
        """Nobody of these domains is tried any more in this run. `claimed`: rows that are to be
        given back. Raises LedgerError; then all is as it was.
        """
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
        """Whether somebody said so by now. In any thread, while another records and claims."""
        return self._suppressions.has(row.address)

    def withdraw(self) -> dict[str, int]:
        """Whoever is owed it and must not be mailed by now is not of this run's audience any more.

        How many, by reason. Raises LedgerError.
        """
        about = {"issue": self._issue, "run": self.run}
        with transaction(self._database) as database:
            rows = database.execute(
                "SELECT reason, id, address FROM suppression CROSS JOIN delivery USING (address) "
                "WHERE issue = :issue AND run = :run AND state IN ('queued', 'deferred')",
                about,
            ).fetchall()
            reasons = Counter(reason for reason, _, _ in rows)
            database.executemany(
                "INSERT INTO skip VALUES (?, ?, ?, ?) ON CONFLICT (issue, address) "
                "DO UPDATE SET reason = excluded.reason, run = excluded.run",
                [(self._issue, address, reason, self.run) for reason, _, address in rows],
            )
            database.executemany(
                "UPDATE delivery SET run = 0 WHERE id = ?", [(row,) for _, row, _ in rows]
            )
            (skipped,) = database.execute(
                "SELECT skipped FROM run WHERE id = :run", about
            ).fetchone()
            database.execute(
                "UPDATE run SET planned = planned - ?, skipped = ? WHERE id = ?",
                (len(rows), json.dumps(Counter(json.loads(skipped)) + reasons), self.run),
            )
        return dict(reasons)

    def next_due(self) -> dict[State, tuple[float, int]]:
        """By owed state: when its first row is due, and how many there are that will be."""
        with explained():
            rows = self._database.execute(
                "SELECT state, min(due), count(*) FROM delivery INDEXED BY delivery_owed "
                "WHERE issue = ? AND run = ? AND state IN ('queued', 'deferred') AND due < ? "
                "AND address NOT IN (SELECT address FROM suppression) GROUP BY state",
                (self._issue, self.run, NOT_IN_THIS_RUN),
            )
            return {State(state): (first, count) for state, first, count in rows}

    def pace(self) -> dict[str, float]:
        """What earlier runs used up of the limits."""
        with explained():
            return dict(self._database.execute("SELECT name, free_at FROM pace"))

    def close(self) -> None:
        """Its journal goes, unless the next sender has to read there what the ledger lacks.

        Raises LedgerError.
        """
        left = 1
        try:
            self.refuse_another_file()
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
                    item.state.value,
                    item.code,
                    item.enhanced,
                    item.reply,
                    self.server,
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
                f"The ledger {self._path} is used by another sender at the same time: of "
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

    def _owed(
        self, database: sqlite3.Connection, state: State, due: float, count: int
    ) -> list[ClaimedRow]:
        """Those due first come first, and domains alternate, as the index has them."""
        rows = database.execute(
            "SELECT id, address, mailbox, domain, variant, field_values, message_id, attempts + 1, "
            "state = 'deferred' AND claimed = :run "
            "FROM delivery INDEXED BY delivery_owed "
            "WHERE issue = :issue AND run = :run AND state = :state AND due <= :due "
            "AND state IN ('queued', 'deferred') "
            "AND address NOT IN (SELECT address FROM suppression) ORDER BY due, turn LIMIT :count",
            {
                "issue": self._issue,
                "run": self.run,
                "state": state.value,
                "due": due,
                "count": count,
            },
        )
        with explained():
            return [_claimed(row) for row in rows]

    def refuse_another_file(self) -> None:
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
            f"The ledger {self._path} was deleted or replaced while it was used. No further "
            "message leaves. Put the old file back if you can; who got the issue stands there."
        )


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
