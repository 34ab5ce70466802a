"""What a dead sender's journal says of a row is its fate; what it does not say leaves it owed."""

from __future__ import annotations

import pytest

from newsletter_mailer.store.claims import ClaimedRow, Claims, Settled
from newsletter_mailer.store.ledger_store import LedgerStore
from newsletter_mailer.store.states import State
from tests.store.dead_sender import (
    DIED,
    Act,
    an_earlier_attempt,
    another,
    answered,
    dies,
    dot,
    marked,
    nothing,
    put_back,
    recovered,
)
from tests.store.scene import ALL, ANN, BEN, CY, Desk


@pytest.mark.parametrize(
    ("act", "state", "reply", "attempts"),
    [
        (nothing, State.QUEUED, "", 0),
        (put_back, State.QUEUED, "", 0),
        (another, State.QUEUED, "", 0),
        (an_earlier_attempt, State.QUEUED, "", 0),
        (marked, State.UNKNOWN, DIED, 1),
        (answered(State.SENT, 250, "queued as 1"), State.SENT, "250 queued as 1", 1),
        (answered(State.DEFERRED, 451, "later"), State.DEFERRED, "451 later", 1),
        (answered(State.DEFERRED, 550, "no relay"), State.DEFERRED, "550 no relay", 1),
        (answered(State.REFUSED, 554, "spam"), State.REFUSED, "554 spam", 1),
        (answered(State.UNKNOWN, None, "line lost"), State.UNKNOWN, "line lost", 1),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_mark_has_its_state(
    store: LedgerStore, act: Act, state: State, reply: str, attempts: int
) -> None:
    dies(store, act)

    assert recovered(store) == (state, reply, attempts)


def test_what_the_ledger_has_already_is_not_taken_from_the_journal(store: LedgerStore) -> None:
    def act(claims: Claims, row: ClaimedRow) -> None:
        slot = dot(claims, row)
        claims.journal.answer(slot, State.SENT, 250, None, "queued")
        sent = Settled(id=row.id, state=State.SENT, code=250, reply="queued", at=1.0)
        claims.record_and_claim([sent], 0, due={})
        claims.journal.answer(slot, State.REFUSED, 550, None, "never said")

    dies(store, act)

    assert recovered(store)[:2] == (State.SENT, "250 queued")


def test_several_dead_senders_are_told_apart(store: LedgerStore) -> None:
    dan = "dan@example.org"
    with store.open() as ledger:
        ledger.hold()
        desk = Desk(ledger)
        first = desk.begin(ANN, BEN)
        marked(first, desk.claimed(first)[0])
        second = desk.begin(CY, dan)
        marked(second, desk.claimed(second)[1])
        first.journal.abandon()
        second.journal.abandon()

    with store.open() as ledger:
        ledger.hold()
        assert Desk(ledger).states == {
            **dict.fromkeys([*ALL, dan], State.QUEUED),
            ANN: State.UNKNOWN,
            dan: State.UNKNOWN,
        }
