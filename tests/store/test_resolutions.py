"""Only a person or a log settles what nobody can know, and who did is kept."""

from __future__ import annotations

import pytest

from newsletter_mailer.store.resolutions import Fate
from newsletter_mailer.store.runs import By
from newsletter_mailer.store.states import TRANSITIONS, State
from tests.store.scene import ALL, ANN, BEN, CY, ISSUE, LATER, NOW, Desk


@pytest.mark.parametrize("decision", list(State))
@pytest.mark.parametrize("state", list(State))
def test_only_unknown_rows_are_resolved_and_only_two_ways(
    desk: Desk, state: State, decision: State
) -> None:
    desk.put(desk.begin(ANN), state)

    if decision in TRANSITIONS[State.UNKNOWN]:
        assert desk.resolve(decision) == ([ANN] if state is State.UNKNOWN else [])
    else:
        with pytest.raises(ValueError, match="cannot become"):
            desk.resolve(decision)

    may = state is State.UNKNOWN and decision in TRANSITIONS[State.UNKNOWN]
    assert desk.states == {ANN: decision if may else state}


def test_a_refused_row_is_owed_again_with_the_same_message_id(desk: Desk) -> None:
    claims = desk.begin(ANN)
    (first,) = desk.claimed(claims)
    desk.settle(claims, {ANN: (State.REFUSED, 550, "no")})

    assert desk.resolve(State.QUEUED, of=State.REFUSED) == [ANN]

    (second,) = desk.claimed(desk.begin(ANN, now=LATER))
    assert first.message_id == second.message_id


def test_unknown_rows_are_told_by_address_with_when_their_answer_was_lost(desk: Desk) -> None:
    claims = desk.begin(*ALL)
    rows = {row.address: row for row in desk.claimed(claims)}
    lost = (State.UNKNOWN, None, "line lost")
    desk.settle(claims, {CY: lost, ANN: lost, BEN: (State.SENT, 250, "")})

    unknown = desk.ledger.resolutions.unknown(ISSUE)
    assert [(one.address, one.message_id, one.at) for one in unknown] == [
        (one, rows[one].message_id, NOW) for one in (ANN, CY)
    ]


def test_who_settled_what_is_kept_and_is_a_use(desk: Desk) -> None:
    claims = desk.begin(ANN, BEN)
    desk.claim(claims)
    desk.settle(claims, {ANN: (State.UNKNOWN, None, "line lost"), BEN: (State.SENT, 250, "")})
    before = desk.ledger.generation()

    settled = desk.ledger.resolutions.settle(
        ISSUE,
        {ANN: Fate(State.SENT, "sent: relay"), BEN: Fate(State.SENT, "sent: relay")},
        how="evidence",
        by=By("cy", "laptop"),
        now=LATER,
        log="mail.log",
    )

    assert settled == [ANN]
    (told,) = desk.ledger.resolutions.all(ISSUE)
    assert (told.at, told.by, told.how, told.log) == (
        LATER,
        By("cy", "laptop"),
        "evidence",
        "mail.log",
    )
    assert ([*told.addresses], told.before) == ([ANN], {ANN: (State.UNKNOWN, "line lost", NOW)})
    assert desk.ledger.generation().number > before.number


def test_where_nothing_is_settled_nothing_is_kept(desk: Desk) -> None:
    desk.put(desk.begin(ANN), State.SENT)
    before = desk.ledger.generation()

    assert desk.resolve(State.SENT) == []

    assert [*desk.ledger.resolutions.all(ISSUE)] == []
    assert desk.ledger.generation() == before


def test_what_was_settled_is_told_in_that_order(desk: Desk) -> None:
    desk.put(desk.begin(ANN), State.UNKNOWN)
    desk.resolve(State.QUEUED)
    desk.put(desk.begin(ANN), State.UNKNOWN)
    desk.resolve(State.SENT, how="assume-sent")

    assert [one.how for one in desk.ledger.resolutions.all(ISSUE)] == ["resend", "assume-sent"]
    assert desk.states == {ANN: State.SENT}
