"""Whoever objected is never mailed again, and is told apart from who has a message under way."""

from __future__ import annotations

from newsletter_mailer.store.ledger import Ledger
from newsletter_mailer.store.states import State
from tests.store.scene import ALL, ANN, BEN, ISSUE, LATER, NOW, Desk


def test_a_suppressed_reader_is_never_claimed_and_stays_owed(desk: Desk) -> None:
    claims = desk.begin(*ALL)
    desk.ledger.suppressions.add(ANN, "unsubscribed", NOW)

    assert desk.claim(claims) == ALL[1:]
    assert desk.states[ANN] is State.QUEUED


def test_whoever_objects_with_a_row_in_hand_must_not_be_mailed(desk: Desk) -> None:
    rows = desk.claimed(desk.begin(ANN, BEN))
    desk.ledger.suppressions.add(ANN, "unsubscribed", NOW)
    claims = desk.begin(BEN, now=LATER)

    assert {row.address: claims.must_not_be_mailed(row) for row in rows} == {ANN: True, BEN: False}
    assert desk.ledger.people.being_mailed(ANN) == [ISSUE]
    assert desk.ledger.people.being_mailed("nobody@example.org") == []


def test_whoever_objects_during_a_run_is_skipped_at_its_end(desk: Desk) -> None:
    claims = desk.begin(*ALL)
    desk.ledger.suppressions.add(ANN, "complained", NOW)
    suppressed = desk.ledger.figures.suppressed_in(ISSUE, claims.run)
    assert suppressed == {"complained": {State.QUEUED: 1}}

    claims.end(LATER)

    assert claims.skipped == {"complained": 1}
    assert desk.ledger.counts(ISSUE, claims.run) == {State.QUEUED: 2}
    (run,) = desk.ledger.runs.all(ISSUE)
    assert (run.planned, run.skipped) == (2, {"complained": 1})
    assert [*desk.ledger.figures.skips(ISSUE)] == [(ANN, "complained", claims.run)]


def test_suppression_is_told_changed_and_lifted(ledger: Ledger) -> None:
    assert ledger.suppressions.among(ALL) == {}
    ledger.suppressions.add(ANN, "bounced", NOW)
    ledger.suppressions.add(ANN, "complained", LATER)
    ledger.suppressions.add(BEN, "manual", NOW)

    assert ledger.suppressions.among(ALL) == {ANN: "complained", BEN: "manual"}
    assert [*ledger.suppressions.all()] == [
        (ANN, "complained", "2030-01-15T10:00:00.000000+00:00"),
        (BEN, "manual", "2030-01-15T09:00:00.000000+00:00"),
    ]
    assert ledger.suppressions.remove(ANN, NOW)
    assert not ledger.suppressions.remove(ANN, NOW)
    assert ledger.suppressions.among(ALL) == {BEN: "manual"}


def test_it_is_a_use_that_an_older_copy_lacks_but_not_in_one(ledger: Ledger) -> None:
    before = ledger.generation()
    ledger.suppressions.add(ANN, "manual", NOW, is_use=False)
    assert ledger.generation() == before

    ledger.suppressions.add(ANN, "manual", NOW)
    added = ledger.generation()
    ledger.suppressions.remove(ANN, NOW)
    removed = ledger.generation()
    ledger.suppressions.remove(ANN, NOW)

    numbers = [one.number for one in (before, added, removed, ledger.generation())]
    assert numbers == sorted({*numbers}), "also where nobody had been suppressed"
