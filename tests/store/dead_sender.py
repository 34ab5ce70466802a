"""A sender that claims Ann's row, does something with it, and is gone."""

from __future__ import annotations

from collections.abc import Callable

from newsletter_mailer.store.claims import ClaimedRow, Claims
from newsletter_mailer.store.ledger_store import LedgerStore
from newsletter_mailer.store.states import State
from tests.store.scene import ANN, ISSUE, Desk

Act = Callable[[Claims, ClaimedRow], None]

DIED = "the sender died before it read the answer"


def dies(store: LedgerStore, act: Act) -> None:
    with store.open() as ledger:
        ledger.hold()
        desk = Desk(ledger)
        claims = desk.begin(ANN)
        (row,) = desk.claimed(claims)
        act(claims, row)
        claims.journal.abandon()


def recovered(store: LedgerStore) -> tuple[State, str, int]:
    """Ann's row as the next sender finds it: state, reply, attempts."""
    with store.open() as ledger:
        ledger.hold()
        (row,) = ledger.deliveries(ISSUE)
        return row.state, row.reply, row.attempts


def nothing(claims: Claims, row: ClaimedRow) -> None:
    """It was claimed, and perhaps begun."""


def dot(claims: Claims, row: ClaimedRow) -> int:
    slot = claims.journal.mark(row.id, row.attempt)
    assert slot is not None
    return slot


def marked(claims: Claims, row: ClaimedRow) -> None:
    dot(claims, row)


def put_back(claims: Claims, row: ClaimedRow) -> None:
    claims.journal.release([dot(claims, row)])


def another(claims: Claims, row: ClaimedRow) -> None:
    claims.journal.mark(row.id + 1, row.attempt)


def an_earlier_attempt(claims: Claims, row: ClaimedRow) -> None:
    claims.journal.mark(row.id, row.attempt - 1)


def answered(state: State, code: int | None, reply: str) -> Act:
    def act(claims: Claims, row: ClaimedRow) -> None:
        claims.journal.answer(dot(claims, row), state, code, "2.0.0" if code else None, reply)

    act.__name__ = f"answered {state} {code}"
    return act
