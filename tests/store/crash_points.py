"""A sender may die between any two steps: nobody gets two, nobody is lost, little is in doubt.

The steps are those of the engine, in any order that it may take them. What the server took is known
from its side.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from newsletter_mailer.store.claims import ClaimedRow, Claims, Settled
from newsletter_mailer.store.ledger import Ledger
from newsletter_mailer.store.ledger_store import LedgerStore
from newsletter_mailer.store.resolutions import Fate
from newsletter_mailer.store.runs import By, NewRun, PlannedRow
from newsletter_mailer.store.states import OWED, State

ISSUE = "2030-01"
NOW = datetime(2030, 1, 15, 9, 0, tzinfo=UTC)
READERS = [f"reader{number}@example.org" for number in range(6)]
CODES = {State.SENT: 250, State.DEFERRED: 451, State.REFUSED: 550}


@dataclass
class Flight:
    """A claimed row: not begun (no slot), marked, or decided by the server and not heard."""

    row: ClaimedRow
    slot: int | None = None
    decided: State | None = None


class CrashPoints(RuleBasedStateMachine):
    """One machine, one ledger, one sender after the other."""

    def __init__(self, made: Callable[[Path], LedgerStore]) -> None:
        """`made`: see `stores.KEPT`."""
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = made(Path(self.folder.name))
        self.ledger: Ledger | None = None
        self.sender: Claims | None = None
        self.flights: dict[int, Flight] = {}
        self.settled: list[Settled] = []
        self.spent: list[int] = []
        self.accepted: Counter[str] = Counter()  #: by the server
        self.resent: Counter[str] = Counter()  #: a person said so
        self.in_doubt: set[str] = set()  #: nobody can know
        self.audience: set[str] = set()  #: of the run
        self.objected: set[str] = set()
        self.is_begun = False

    @precondition(lambda self: self.sender is None)
    @rule()
    def a_sender_starts(self) -> None:
        self.begin(READERS)
        self.is_begun = True

    @precondition(lambda self: self.sender is None and self.is_begun)
    @rule(data=st.data())
    def a_sender_mails_some_again_that_a_person_named(self, data: st.DataObject) -> None:
        """Those who have it; whoever is not named stays as they are."""
        with self.store.open() as ledger:
            ledger.hold()
            sent = [row.address for row in ledger.deliveries(ISSUE, State.SENT)]
        if sent:
            named = data.draw(st.lists(st.sampled_from(sent), min_size=1, unique=True))
            self.begin(named, again=named)
            self.resent.update(named)

    def begin(self, readers: Sequence[str], again: Sequence[str] = ()) -> None:
        self.ledger = self.opened()
        self.ledger.hold()
        self.nothing_is_in_flight_and_only_what_must_be_is_in_doubt()
        rows = [PlannedRow(address=one, mailbox=one, variant="", values={}) for one in readers]
        self.sender = self.ledger.begin_run(
            NewRun(
                issue=ISSUE,
                now=NOW,
                content_hash="",
                files={},
                filters={},
                is_roll_call=not again,
                again=again,
                host="example.org",
            ),
            rows=None if again else rows,
        )
        self.audience = {*readers}

    def opened(self) -> Ledger:
        return self.store.open()

    @precondition(lambda self: self.is_begun)
    @rule(address=st.sampled_from(READERS))
    def somebody_objects(self, address: str) -> None:
        with self.store.open() as other:
            other.suppressions.add(address, "unsubscribed", NOW)
        self.objected.add(address)

    @precondition(lambda self: self.sender)
    @rule(count=st.integers(0, 4))
    def it_records_and_claims(self, count: int) -> None:
        sender = self.at_work()
        rows = sender.record_and_claim(self.settled, count, due=dict.fromkeys(OWED, 1e12))
        sender.journal.release(self.spent)
        self.settled, self.spent = [], []
        for row in rows:
            assert row.id not in self.flights
            assert row.address in self.audience - self.objected
            self.flights[row.id] = Flight(row)

    @precondition(lambda self: self.choose())
    @rule(data=st.data())
    def it_marks_a_dot(self, data: st.DataObject) -> None:
        flight = data.draw(st.sampled_from(self.choose()))
        if self.at_work().must_not_be_mailed(flight.row):
            assert flight.row.address in self.objected
            self.at_work().give_back({flight.row.id: 0.0})
            del self.flights[flight.row.id]
            return
        assert flight.row.address not in self.objected
        flight.slot = self.at_work().journal.mark(flight.row.id, flight.row.attempt)
        assert flight.slot is not None

    @precondition(lambda self: self.choose(marked=True))
    @rule(data=st.data(), decided=st.sampled_from([State.SENT, State.SENT, *CODES]))
    def a_dot_reaches_the_server(self, data: st.DataObject, decided: State) -> None:
        flight = data.draw(st.sampled_from(self.choose(marked=True)))
        flight.decided = decided
        if decided is State.SENT:
            self.accepted[flight.row.address] += 1

    @precondition(lambda self: self.choose(decided=True))
    @rule(data=st.data())
    def it_reads_an_answer(self, data: st.DataObject) -> None:
        flight = data.draw(st.sampled_from(self.choose(decided=True)))
        assert flight.decided is not None
        self.settle(flight, flight.decided, CODES[flight.decided])

    @precondition(lambda self: self.choose(decided=True))
    @rule(data=st.data())
    def a_line_is_lost_after_the_dot(self, data: st.DataObject) -> None:
        flight = data.draw(st.sampled_from(self.choose(decided=True)))
        self.in_doubt.add(flight.row.address)
        self.settle(flight, State.UNKNOWN, None)

    @precondition(lambda self: self.choose(marked=True))
    @rule(data=st.data(), again=st.booleans())
    def a_line_is_lost_before_the_dot(self, data: st.DataObject, again: bool) -> None:
        flight = data.draw(st.sampled_from(self.choose(marked=True)))
        assert flight.slot is not None
        if again:
            self.at_work().journal.release([flight.slot])
            flight.slot = None
        else:
            self.settle(flight, State.DEFERRED, None)

    @precondition(lambda self: self.choose())
    @rule()
    def it_gives_back_what_was_not_begun(self) -> None:
        rows = {flight.row.id: 0.0 for flight in self.choose()}
        self.at_work().give_back(rows)
        for row in rows:
            del self.flights[row]

    @precondition(lambda self: self.sender)
    @rule()
    def it_ends_well(self) -> None:
        for flight in self.choose(decided=True):
            assert flight.decided is not None
            self.settle(flight, flight.decided, CODES[flight.decided])
        for flight in self.choose(marked=True):
            self.settle(flight, State.DEFERRED, None)
        self.it_records_and_claims(0)
        if self.choose():
            self.it_gives_back_what_was_not_begun()
        assert self.ledger is not None
        self.at_work().end(NOW)
        left = self.ledger.counts(ISSUE, self.at_work().run)
        assert not self.audience <= self.objected or not {*OWED} & left.keys()
        assert self.ledger.left(ISSUE) == []
        self.is_gone()

    @precondition(lambda self: self.sender)
    @rule()
    def it_is_killed(self) -> None:
        for flight in self.flights.values():
            if flight.slot is not None:
                self.in_doubt.add(flight.row.address)
        self.at_work().journal.abandon()
        self.is_gone()

    @precondition(lambda self: self.sender is None and self.is_begun)
    @rule(state=st.sampled_from([State.QUEUED, State.SENT]))
    def a_person_settles_what_is_unknown(self, state: State) -> None:
        with self.store.open() as ledger:
            ledger.hold()
            unknown = [row.address for row in ledger.resolutions.unknown(ISSUE)]
            fates = dict.fromkeys(unknown, Fate(state, "by hand"))
            ledger.resolutions.settle(ISSUE, fates, how="resend", by=By(), now=NOW)
        if state is State.QUEUED:
            self.resent.update(unknown)
        self.in_doubt.difference_update(unknown)

    @precondition(lambda self: self.sender is None and self.is_begun)
    @rule()
    def a_person_has_the_refused_ones_tried_again(self) -> None:
        with self.store.open() as ledger:
            ledger.hold()
            refused = [row.address for row in ledger.deliveries(ISSUE, State.REFUSED)]
            fates = dict.fromkeys(refused, Fate(State.QUEUED, "by hand"))
            settled = ledger.resolutions.settle(
                ISSUE, fates, how="retry", by=By(), now=NOW, of=State.REFUSED
            )
        assert settled == refused

    def at_work(self) -> Claims:
        assert self.sender is not None
        return self.sender

    def choose(self, *, marked: bool = False, decided: bool = False) -> list[Flight]:
        """Those that were not begun; with their mark, and no answer; with an answer not heard."""
        if self.sender is None:
            return []
        return [
            flight
            for flight in self.flights.values()
            if (flight.decided is not None) == decided
            and (decided or (flight.slot is not None) == marked)
        ]

    def settle(self, flight: Flight, state: State, code: int | None) -> None:
        assert flight.slot is not None
        self.at_work().journal.answer(flight.slot, state, code, None, "words")
        self.spent.append(flight.slot)
        self.settled.append(Settled(id=flight.row.id, state=state, code=code, at=1.0))
        del self.flights[flight.row.id]

    def is_gone(self) -> None:
        assert self.ledger is not None
        self.ledger.close()
        self.ledger = self.sender = None
        self.flights, self.settled, self.spent = {}, [], []

    def nothing_is_in_flight_and_only_what_must_be_is_in_doubt(self) -> None:
        assert self.ledger is not None
        rows = {row.address: row.state for row in self.ledger.deliveries(ISSUE)}
        assert sorted(rows) == (READERS if self.is_begun else [])
        assert State.SENDING not in rows.values()
        assert {one for one, state in rows.items() if state is State.UNKNOWN} == self.in_doubt
        for address, state in rows.items():
            if state in (*OWED, State.REFUSED):
                assert self.accepted[address] <= self.resent[address], "would be sent again"

    @invariant()
    def nobody_has_two(self) -> None:
        for address, count in self.accepted.items():
            assert count <= 1 + self.resent[address]

    def teardown(self) -> None:
        """All is sent in the end: nobody is lost."""
        try:
            if self.sender is not None:
                self.it_is_killed()
            with self.store.open() as ledger:
                for address in self.objected:
                    ledger.suppressions.remove(address, NOW)
            self.objected.clear()
            self.a_sender_starts()
            self.it_records_and_claims(len(READERS))
            for flight in self.choose():
                flight.slot = self.at_work().journal.mark(flight.row.id, flight.row.attempt)
                flight.decided = State.SENT
                self.accepted[flight.row.address] += 1
            self.it_ends_well()
            self.nobody_has_two()
            with self.store.open() as ledger:
                for row in ledger.deliveries(ISSUE):
                    assert row.state in (State.SENT, State.REFUSED, State.UNKNOWN)
                assert ledger.counts(ISSUE).get(State.UNKNOWN, 0) == len(self.in_doubt)
        finally:
            if self.ledger is not None:
                self.ledger.close()
            self.folder.cleanup()
