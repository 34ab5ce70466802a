"""An open ledger in memory."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import TracebackType

from newsletter_mailer.address import domain
from newsletter_mailer.errors import LedgerBusy, LedgerError, OutdatedLedger
from newsletter_mailer.store.claims import (
    Claims,
    LeftRow,
)
from newsletter_mailer.store.figures import (
    DeliveryRecord,
    reply_of,
)
from newsletter_mailer.store.generation import NEVER_USED, Generation, Witness, unknown
from newsletter_mailer.store.ledger import IssueSoFar
from newsletter_mailer.store.resolutions import Before
from newsletter_mailer.store.round_robin import RoundRobin
from newsletter_mailer.store.runs import Composed, IssueRecord, LeftOut, NewRun, PlannedRow
from newsletter_mailer.store.states import OWED, State
from tests.store.memory.claims import MemoryClaims
from tests.store.memory.figures import MemoryFigures
from tests.store.memory.journal import MemoryJournal
from tests.store.memory.parts import MemoryPeople, MemoryResolutions, MemoryRuns, MemorySuppressions
from tests.store.memory.tables import Memory, Row, Run, counts_of


class MemoryLedger:
    """store.ledger.Ledger"""

    def __init__(self, memory: Memory, *, is_rehearsal: bool = False) -> None:
        self.memory = memory
        self.suppressions = MemorySuppressions(memory)
        self.resolutions = MemoryResolutions(memory)
        self.figures = MemoryFigures(memory)
        self.runs = MemoryRuns(memory)
        self.people = MemoryPeople(memory)
        self.is_rehearsal = is_rehearsal

    def __enter__(self) -> MemoryLedger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def id(self) -> str:
        return self.memory.id

    def close(self) -> None:
        if self.memory.holder is self:
            self.memory.holder = None

    def hold(self, witnesses: Sequence[Witness] = ()) -> None:
        if self.memory.holder not in (None, self):
            raise LedgerBusy("Another send is at work with the ledger in memory.")
        if doubt := self.doubt(witnesses):
            raise OutdatedLedger(doubt)
        self.memory.holder = self
        for row in self.memory.tables.rows.values():
            if row.state is State.SENDING:
                row.state, row.code, row.enhanced, row.reply = self._fate(row)
                row.attempts -= row.state is State.QUEUED
        self.memory.journals.clear()

    def doubt(self, witnesses: Sequence[Witness] = ()) -> str:
        if self.is_rehearsal:
            return ""
        strange = unknown(witnesses, self.id, self.memory.tables.uses)
        return f"The ledger is older than {strange[0].file}." if strange else ""

    def refuse_gone(self) -> None:
        if not self.memory.id:
            raise LedgerError("The ledger was deleted.")

    def generation(self) -> Generation:
        return max(self.memory.tables.uses, default=NEVER_USED)

    def left_for(self) -> str:
        return ""

    def was_told_of_place(self) -> bool:
        return self.memory.was_told_of_place

    def note_told_of_place(self) -> None:
        self.memory.was_told_of_place = True

    def begin_run(self, new: NewRun, rows: Iterable[PlannedRow | LeftOut] | None) -> Claims:
        if self.memory.holder is not self:
            raise RuntimeError("begin_run without hold")
        journal = MemoryJournal()
        with self.memory.transaction() as tables:
            run = Run(new=new, token=journal.token)
            tables.runs.append(run)
            number = len(tables.runs)
            kept = tables.issues.get(new.issue)
            is_first = kept is None or not self.figures.was_handed_over(new.issue)
            tables.issues[new.issue] = IssueRecord(
                new.now if is_first or kept is None else kept.date,
                new.content_hash,
                new.files,
                new.newsletter,
                _composed(new, kept),
            )
            tables.variants.update({(new.issue, one): s for one, s in new.variants.items()})
            run.skipped = self._plan(new, number, rows)
            run.planned = sum(row.run == number for row in tables.of(new.issue))
            tables.use()
        self.memory.journals[journal.token] = journal
        return MemoryClaims(self.memory, number, journal)

    def _plan(
        self, new: NewRun, run: int, rows: Iterable[PlannedRow | LeftOut] | None
    ) -> Mapping[str, int]:
        """Who is skipped: how many, by reason."""
        if new.again:
            self._hand_over_again(new, run)
        elif rows is None:
            self._plan_as_before(new.issue, run)
        if rows is not None:
            return self._plan_anew(new, run, [*rows])
        skips = self.memory.tables.skips.items()
        return Counter(one.reason for (of, _), one in skips if (of, one.run) == (new.issue, run))

    def _plan_as_before(self, issue: str, run: int) -> None:
        tables = self.memory.tables
        for row in tables.of(issue):
            objected = tables.suppressions.get(row.planned.address)
            if objected and not row.has_left:
                tables.skip(issue, row.planned.address, objected.reason, run)
            elif not row.has_left:
                row.run, row.due = run, 0.0

    def _plan_anew(
        self, new: NewRun, run: int, rows: Sequence[PlannedRow | LeftOut]
    ) -> Mapping[str, int]:
        tables, turns = self.memory.tables, RoundRobin()
        left_out = [one for one in rows if isinstance(one, LeftOut)]
        for one in rows:
            if isinstance(one, PlannedRow):
                self._keep(new, run, one, turns.next(domain(one.mailbox)))
            elif one.reason:
                tables.skip(new.issue, one.address, one.reason, run)
        is_whole = all(one.reason for one in left_out)
        mailed = {row.planned.address for row in tables.of(new.issue) if row.run == run}
        for (of, address), skip in [*tables.skips.items()]:
            if of == new.issue and skip.run < run and (is_whole or address in mailed):
                del tables.skips[of, address]
        if new.is_roll_call:
            readers = mailed | {one.address for one in left_out if one.is_reader}
            for row in tables.of(new.issue):
                row.has_left = row.planned.address not in readers
        return Counter(one.reason for one in left_out if one.reason)

    def _keep(self, new: NewRun, run: int, planned: PlannedRow, turn: int) -> None:
        rows = self.memory.tables.rows
        row = rows.get((new.issue, planned.address))
        if row is None:
            row = rows[new.issue, planned.address] = Row(
                id=len(rows) + 1,
                issue=new.issue,
                planned=planned,
                message_id=f"{secrets.token_hex(16)}@{new.host}",
                run=run,
                planned_by=run,
                turn=turn,
            )
        row.run, row.turn, row.due, row.has_left = run, turn, 0.0, False
        if row.state in OWED:
            row.planned, row.planned_by = planned, run

    def _hand_over_again(self, new: NewRun, run: int) -> None:
        before = {}
        for address in new.again:
            row = self.memory.tables.rows.get((new.issue, address))
            if row is None or row.state is not State.SENT:
                raise LedgerError(
                    f"The ledger does not say of {address} that they have {new.issue}."
                )
            before[address] = Before(row.state, reply_of(row.code, row.reply), row.when)
            row.state, row.run, row.due, row.code, row.enhanced = State.QUEUED, run, 0, None, None
            row.reply = "to be mailed again: a person asked for it"
        self.resolutions.record(new.issue, before, "again", new.by, new.now)

    def issue(self, issue: str) -> IssueRecord | None:
        return self.memory.tables.issues.get(issue)

    def so_far(self, issue: str) -> IssueSoFar:
        return IssueSoFar(
            record=self.issue(issue),
            counts=self.counts(issue),
            left=tuple(self.left(issue)),
            has_reached_anybody=self.has_reached_anybody(issue),
        )

    def counts(self, issue: str, run: int | None = None) -> dict[State, int]:
        return counts_of(row for row in self.memory.tables.of(issue) if run in (None, row.run))

    def has_reached_anybody(self, issue: str) -> bool:
        reached = any(row.state not in OWED for row in self.left(issue))
        return reached or self.figures.was_handed_over(issue)

    def left(self, issue: str) -> list[LeftRow]:
        return [
            LeftRow(row.id, row.planned.address, row.planned.variant, *self._fate(row))
            for row in self.memory.tables.of(issue)
            if row.state is State.SENDING
        ]

    def states(self, issue: str, addresses: Sequence[str]) -> dict[str, State]:
        rows = self.memory.tables.of(issue)
        return {row.planned.address: row.state for row in rows if row.planned.address in addresses}

    def deliveries(self, issue: str, state: State | None = None) -> Iterator[DeliveryRecord]:
        for row in self.memory.tables.of(issue):
            if state in (None, row.state):
                yield DeliveryRecord(
                    row.planned.address,
                    row.state,
                    row.code,
                    row.enhanced,
                    row.reply,
                    row.planned.variant,
                    row.attempts,
                    row.when,
                )

    def _fate(self, row: Row) -> tuple[State, int | None, str | None, str]:
        journal = self.memory.journals.get(self.memory.tables.runs[row.claimed - 1].token)
        if journal is None:
            return State.UNKNOWN, None, None, "how far the sender came is not known"
        return journal.fate(row.id, row.attempts)


def _composed(new: NewRun, before: IssueRecord | None) -> Composed:
    """Of variants that only earlier runs of the same content had, theirs."""
    is_same = before is not None and before.content_hash == new.content_hash
    earlier = before.composed.digests if before is not None and is_same else {}
    now = {variant: new.composed.digests.get(variant, "") for variant in new.variants}
    known = {variant: digest for variant, digest in {**earlier, **now}.items() if digest}
    return replace(new.composed, digests=known)
