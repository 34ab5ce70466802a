"""A row is claimed once, by who may send it, and moves only along the drawn ways."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.states import OWED, TRANSITIONS, State
from tests.store.scene import ALL, ANN, BEN, CY, ISSUE, LATER, NOW, Desk

RESTING = ["eve@resting.example", "fay@resting.example", "gil@resting.example"]


def test_a_claimed_row_carries_all_that_its_message_needs(desk: Desk) -> None:
    (row,) = desk.claimed(desk.begin("zoë@example.org"), 10)

    assert (row.address, row.mailbox) == ("zoë@example.org", "Zoë@Example.Org")
    assert row.domain == "example.org"
    assert (row.variant, row.values) == ("everyone", {"a": "b"})
    assert row.message_id.endswith("@example.org")
    assert row.message_id.isascii()
    assert row.attempt == 1


def test_nobody_is_claimed_twice(desk: Desk) -> None:
    claims = desk.begin(*ALL)

    assert desk.claim(claims, 2) + desk.claim(claims, 2) + desk.claim(claims, 2) == ALL


@pytest.mark.parametrize("state", list(State))
def test_only_owed_rows_are_claimed(desk: Desk, state: State) -> None:
    desk.put(desk.begin(ANN), state)

    again = desk.begin(ANN, now=LATER)

    assert desk.claim(again) == ([ANN] if state in OWED else [])


@pytest.mark.parametrize("state", [one for one in State if one not in OWED])
def test_what_is_not_owed_cannot_be_asked_for(desk: Desk, state: State) -> None:
    claims = desk.begin(ANN)
    desk.put(claims, state)

    with pytest.raises(ValueError, match="may be sent"):
        desk.claim(claims, states=[state])


@pytest.mark.parametrize("end", list(State))
@pytest.mark.parametrize("begun", list(State))
def test_an_outcome_moves_a_row_only_along_the_drawn_ways(
    desk: Desk, begun: State, end: State
) -> None:
    claims = desk.begin(ANN)
    desk.put(claims, begun)

    moved = begun is State.SENDING and end in TRANSITIONS[begun]
    if moved:
        desk.settle(claims, {ANN: (end, None, "")})
    else:
        refusal = LedgerError if end in TRANSITIONS[State.SENDING] else ValueError
        with pytest.raises(refusal, match=r"another sender|cannot end"):
            desk.settle(claims, {ANN: (end, None, "")})

    assert desk.states == {ANN: end if moved else begun}


@pytest.mark.parametrize("state", list(State))
def test_a_row_given_back_is_owed_again_if_it_was_claimed(desk: Desk, state: State) -> None:
    claims = desk.begin(ANN)
    desk.put(claims, state)

    if state is State.SENDING:
        claims.give_back({desk.numbers[ANN]: 0.0})
    else:
        with pytest.raises(LedgerError, match="another sender"):
            claims.give_back({desk.numbers[ANN]: 0.0})

    assert desk.states == {ANN: State.QUEUED if state is State.SENDING else state}


def test_a_row_that_is_held_back_is_what_it_was_before_and_due_when_it_may_leave(
    desk: Desk,
) -> None:
    claims = desk.begin(ANN, BEN)
    desk.claim(claims, 1)
    desk.settle(claims, {ANN: (State.DEFERRED, 451, "later")})
    rows = desk.claimed(claims)

    claims.give_back({row.id: LATER.timestamp() for row in rows})

    assert desk.states == {ANN: State.DEFERRED, BEN: State.QUEUED}
    assert desk.claim(claims, due=LATER - timedelta(seconds=1)) == []
    again = {row.address: row.attempt for row in desk.claimed(claims, due=LATER)}
    assert again == {ANN: 2, BEN: 1}, "it was no attempt"


@pytest.mark.parametrize("state", list(State))
def test_only_a_row_that_this_run_deferred_is_refused_after_all(desk: Desk, state: State) -> None:
    claims = desk.begin(ANN)
    desk.put(claims, state)
    refused = [desk.numbers[ANN]]

    if state is State.DEFERRED:
        claims.record_and_claim([], 0, due={}, refused=refused)
    else:
        with pytest.raises(LedgerError, match="another sender"):
            claims.record_and_claim([], 0, due={}, refused=refused)

    assert desk.states == {ANN: State.REFUSED if state is State.DEFERRED else state}


def test_a_row_that_an_earlier_run_deferred_is_not_refused_without_another_try(desk: Desk) -> None:
    desk.put(desk.begin(ANN), State.DEFERRED)
    again = desk.begin(ANN, now=LATER)

    with pytest.raises(LedgerError, match="another sender"):
        again.record_and_claim([], 0, due={}, refused=[desk.numbers[ANN]])

    assert desk.states == {ANN: State.DEFERRED}


def test_a_row_says_whether_this_run_tried_it_before(desk: Desk) -> None:
    desk.put(desk.begin(ANN), State.DEFERRED)
    again = desk.begin(ANN, now=LATER)

    (first,) = desk.claimed(again)
    desk.settle(again, {ANN: (State.DEFERRED, 451, "later")})
    (second,) = desk.claimed(again)

    assert (first.is_again, second.is_again) == (False, True)


def test_a_row_that_somebody_else_changed_ends_the_run_and_nothing_of_it_is_recorded(
    desk: Desk,
) -> None:
    first = desk.begin(ANN, BEN)
    desk.claim(first)
    first.give_back({desk.numbers[ANN]: 0.0})
    second = desk.begin(ANN)
    desk.claim(second)

    with pytest.raises(LedgerError, match="another sender at the same time"):
        desk.settle(first, {BEN: (State.SENT, 250, ""), ANN: (State.REFUSED, 550, "no")})
    with pytest.raises(LedgerError, match="another sender at the same time"):
        first.give_back({desk.numbers[one]: 0.0 for one in (BEN, ANN)})

    assert desk.states == {ANN: State.SENDING, BEN: State.SENDING}


def test_a_domain_that_rests_is_claimed_by_the_next_run_and_nobody_waits_for_it(
    desk: Desk,
) -> None:
    claims = desk.begin(ANN, *RESTING)
    held = desk.claimed(claims, 2)
    mine = next(row for row in held if row.domain != "resting.example")

    claims.rest(["resting.example"], [row.id for row in held if row is not mine])

    assert desk.claim(claims) == []
    assert claims.next_due() == {}
    assert desk.states == {mine.address: State.SENDING, **dict.fromkeys(RESTING, State.QUEUED)}
    assert desk.claim(desk.begin(*RESTING, now=LATER)) == RESTING


def test_a_domain_that_cannot_be_told_to_rest_is_as_it_was(desk: Desk) -> None:
    """All of it or nothing: else rows given back would look like another sender's work."""
    claims = desk.begin(*RESTING)
    held = desk.claimed(claims, 1)[0].id
    with pytest.raises(LedgerError, match="another sender"):
        claims.rest(["resting.example"], [held, 1_000_000])
    assert claims.next_due() == {State.QUEUED: (0, 2)}

    claims.rest(["resting.example"], [held])

    assert desk.states == dict.fromkeys(RESTING, State.QUEUED)
    assert claims.next_due() == {}


def test_the_queued_come_before_the_deferred_and_none_before_it_is_due(desk: Desk) -> None:
    claims = desk.begin(*ALL)
    desk.claim(claims, 2)
    desk.settle(claims, {ANN: (State.DEFERRED, 451, "")})
    desk.settle(claims, {BEN: (State.DEFERRED, 451, "")}, due=LATER)

    assert desk.claim(claims, 1, due=NOW) == [CY]
    assert desk.claim(claims, 5, due=NOW) == [ANN]
    assert desk.claim(claims, 5, due=NOW) == []
    assert desk.claim(claims, 5, due=LATER) == [BEN]


def test_only_the_asked_states_are_claimed(desk: Desk) -> None:
    claims = desk.begin(ANN, BEN)
    desk.claim(claims, 1)
    desk.settle(claims, {ANN: (State.DEFERRED, 451, "")})

    assert desk.claim(claims, states=[State.DEFERRED]) == [ANN]


def test_a_new_run_waits_for_no_pause_of_the_last_one(desk: Desk) -> None:
    claims = desk.begin(ANN)
    desk.claim(claims)
    desk.settle(claims, {ANN: (State.DEFERRED, 451, "later")})

    assert desk.claim(claims, due=NOW - timedelta(hours=1)) == []
    assert desk.claim(desk.begin(ANN), due=NOW - timedelta(hours=1)) == [ANN]


def test_what_is_owed_is_told_with_when_it_is_due(desk: Desk) -> None:
    claims = desk.begin(*ALL)
    desk.claim(claims, 2)
    desk.settle(claims, {ANN: (State.DEFERRED, 451, ""), BEN: (State.SENT, 250, "")})
    assert claims.next_due() == {State.QUEUED: (0, 1), State.DEFERRED: (NOW.timestamp(), 1)}

    desk.ledger.suppressions.add(ANN, "manual", NOW)
    assert claims.next_due() == {State.QUEUED: (0, 1)}
    desk.claim(claims)
    assert claims.next_due() == {}


def test_domains_take_turns(desk: Desk) -> None:
    mixed = [f"{n}@a.example" for n in range(4)] + [f"{n}@b.example" for n in range(2)]

    order = [address.partition("@")[2][0] for address in desk.claim(desk.begin(*mixed))]

    assert sorted(order[:2]) == sorted(order[2:4]) == ["a", "b"]
    assert order[4:] == ["a", "a"]


def test_what_is_used_up_of_a_limit_outlives_the_run(desk: Desk) -> None:
    first = desk.begin(ANN)
    first.record_and_claim([], 0, due={}, pace={"": 1.0, "example.org": 2.0})
    first.record_and_claim([], 0, due={}, pace={"example.org": 3.0})
    first.end(NOW)

    assert desk.begin(ANN, now=LATER).pace == {"": 1.0, "example.org": 3.0}


def test_a_run_that_is_over_claims_nothing(desk: Desk) -> None:
    claims = desk.begin(*ALL)
    claims.end(NOW)

    with pytest.raises(RuntimeError, match="after end"):
        desk.claim(claims)

    assert desk.states == dict.fromkeys(ALL, State.QUEUED)


def test_whether_a_reader_objected_can_be_asked_while_rows_are_claimed(desk: Desk) -> None:
    """In another thread, all the time."""
    claims = desk.begin(*ALL, *(f"{number}@b.example" for number in range(200)))
    rows = desk.claimed(claims, 2)
    desk.ledger.suppressions.add(rows[1].address, "manual", NOW)

    with ThreadPoolExecutor(1) as other:
        said = [other.submit(claims.must_not_be_mailed, row) for row in rows * 100]
        claimed = [desk.claim(claims, 1) for _ in range(100)]

    assert [one.result() for one in said] == [False, True] * 100
    assert len({row for rows in claimed for row in rows}) == 100


def test_issues_do_not_mix(desk: Desk) -> None:
    desk.begin(*ALL, issue="2030-02")

    assert desk.claim(desk.begin(ANN)) == [ANN]
    assert desk.ledger.counts(ISSUE) == {State.SENDING: 1}
    assert desk.ledger.counts("2030-02") == {State.QUEUED: 3}
