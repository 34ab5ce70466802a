"""A run's claims in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.claims import (
    NOT_IN_THIS_RUN,
    ClaimedRow,
    Due,
    Journal,
    Settled,
)
from newsletter_mailer.store.states import OWED, TRANSITIONS, State
from tests.store.memory.journal import MemoryJournal
from tests.store.memory.tables import Memory, Row, counts_of


class MemoryClaims:
    """store.claims.Claims"""

    def __init__(self, memory: Memory, run: int, journal: MemoryJournal) -> None:
        self.memory, self.run, self.memory_journal = memory, run, journal
        self.issue = memory.tables.runs[run - 1].new.issue
        self.deferred: set[int] = set()
        self.server = ""
        self.is_contested = self.is_over = False
        self.commits = 0
        self.fault: LedgerError | None = None

    @property
    def journal(self) -> Journal:
        return self.memory_journal

    @property
    def skipped(self) -> Mapping[str, int]:
        return self.memory.tables.runs[self.run - 1].skipped

    @property
    def pace(self) -> Mapping[str, float]:
        return self.memory.tables.pace

    def settle_with(self, server: str) -> None:
        self.server = server

    def record_and_claim(
        self,
        settled: Sequence[Settled],
        count: int,
        *,
        due: Mapping[State, float],
        pace: Mapping[str, float] = {},  # never changed
        refused: Sequence[int] = (),
    ) -> list[ClaimedRow]:
        if not due.keys() <= {*OWED}:
            raise ValueError("only owed rows may be sent")
        if self.is_over:
            raise RuntimeError("record_and_claim after end")
        if self.fault is not None and count:
            raise self.fault
        with self.memory.transaction() as tables:
            for item in settled:
                if item.state not in TRANSITIONS[State.SENDING]:
                    raise ValueError(f"an attempt cannot end as {item.state}")
                row = self._mine(item.id, State.SENDING)
                row.state, row.code, row.enhanced = item.state, item.code, item.enhanced
                row.reply, row.at, row.due = item.reply, item.at, item.due
                self.deferred.discard(item.id)
            for number in refused:
                self._mine(number, State.DEFERRED).state = State.REFUSED
            tables.pace.update(pace)
            chosen: list[tuple[Row, bool]] = []
            for state, moment in due.items():
                owed = [row for row in self._owed(state) if row.due <= moment]
                owed.sort(key=lambda row: (row.due, row.turn))
                for row in owed[: count - len(chosen)]:
                    is_again = state is State.DEFERRED and row.claimed == self.run
                    if state is State.DEFERRED:
                        self.deferred.add(row.id)
                    chosen.append((row, is_again))
            for row, _ in chosen:
                row.state, row.attempts, row.claimed = State.SENDING, row.attempts + 1, self.run
        self.commits += 1
        try:
            self.memory_journal.committed(self.commits)
        except LedgerError as fault:
            self.fault = fault
        return [_claimed(row, is_again) for row, is_again in chosen]

    def give_back(self, rows: Mapping[int, float]) -> None:
        with self.memory.transaction():
            self._give_back(rows)

    def rest(self, domains: Sequence[str], claimed: Sequence[int]) -> None:
        with self.memory.transaction():
            self._give_back(dict.fromkeys(claimed, NOT_IN_THIS_RUN))
            for row in [*self._owed(State.QUEUED), *self._owed(State.DEFERRED)]:
                if row.domain in domains:
                    row.due = NOT_IN_THIS_RUN

    def must_not_be_mailed(self, row: ClaimedRow) -> bool:
        return row.address in self.memory.tables.suppressions

    def next_due(self) -> dict[State, Due]:
        found = {}
        for state in OWED:
            due = [row.due for row in self._owed(state) if row.due < NOT_IN_THIS_RUN]
            if due:
                found[state] = Due(min(due), len(due))
        return found

    def end(self, now: datetime) -> None:
        self.is_over = True
        with self.memory.transaction() as tables:
            run = tables.runs[self.run - 1]
            skipped = Counter(run.skipped)
            for row in tables.of(self.issue):
                objected = tables.suppressions.get(row.planned.address)
                if row.run == self.run and row.state in OWED and objected:
                    tables.skip(self.issue, row.planned.address, objected.reason, self.run)
                    skipped[objected.reason] += 1
                    row.run = 0
                    run.planned -= 1
            run.skipped, run.ended = skipped, now
            run.counts = counts_of(row for row in tables.of(self.issue) if row.run == self.run)
            tables.use()
        is_left = any(
            row.state is State.SENDING and row.claimed == self.run
            for row in self.memory.tables.of(self.issue)
        )
        self.journal.abandon()
        if not (is_left or self.is_contested):
            del self.memory.journals[self.journal.token]

    def _owed(self, state: State) -> list[Row]:
        return [
            row
            for row in self.memory.tables.of(self.issue)
            if row.run == self.run
            and row.state is state
            and row.planned.address not in self.memory.tables.suppressions
        ]

    def _give_back(self, rows: Mapping[int, float]) -> None:
        for number, due in rows.items():
            row = self._mine(number, State.SENDING)
            row.state = State.DEFERRED if number in self.deferred else State.QUEUED
            row.attempts, row.due = row.attempts - 1, due

    def _mine(self, number: int, state: State) -> Row:
        """Raises LedgerError for a row that this run does not hold in that state."""
        for row in self.memory.tables.of(self.issue):
            if (row.id, row.state, row.claimed) == (number, state, self.run):
                return row
        self.is_contested = True
        raise LedgerError("The ledger is used by another sender at the same time.")


def _claimed(row: Row, is_again: bool) -> ClaimedRow:
    return ClaimedRow(
        id=row.id,
        address=row.planned.address,
        mailbox=row.planned.mailbox,
        domain=row.domain,
        variant=row.planned.variant,
        values=row.planned.values,
        message_id=row.message_id,
        attempt=row.attempts,
        is_again=is_again,
    )
