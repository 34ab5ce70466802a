"""A run is recorded with its audience, all of it or nothing, and what it left is planned anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.ledger import IssueSoFar, Ledger
from newsletter_mailer.store.ledger_store import LedgerStore
from newsletter_mailer.store.runs import By, Composed, LeftOut, NewRun, PlannedRow, RunRecord
from newsletter_mailer.store.states import State
from tests.store.scene import ALL, ANN, BEN, CY, ISSUE, LATER, NOW, Desk, new_run, planned


def test_message_ids_are_stable_and_all_different(store: LedgerStore) -> None:
    def ids(ledger: Ledger) -> dict[str, str]:
        ledger.hold()
        claims = Desk(ledger).begin(*ALL)
        rows = Desk(ledger).claimed(claims)
        claims.give_back({row.id: 0.0 for row in rows})
        return {row.address: row.message_id for row in rows}

    with store.open() as ledger:
        first = ids(ledger)
    with store.open() as again:
        assert ids(again) == first

    assert len({*first.values()}) == len(ALL)
    assert all(one.endswith("@example.org") for one in first.values())


def test_a_later_run_with_other_readers_touches_nobody_else(desk: Desk) -> None:
    first = desk.begin(ANN, BEN, variant="old")
    desk.claim(first, 1)
    desk.settle(first, {ANN: (State.SENT, 250, "")})
    second = desk.begin(ANN, CY, now=LATER, variant="new")

    rows = desk.claimed(second, 10)

    assert [(row.address, row.variant) for row in rows] == [(CY, "new")]
    assert desk.ledger.counts(ISSUE, second.run) == {State.SENT: 1, State.SENDING: 1}
    assert desk.states[BEN] is State.QUEUED


def test_what_is_still_owed_is_planned_anew_and_what_was_sent_stays(desk: Desk) -> None:
    first = desk.begin(ANN, BEN, variant="old")
    desk.claim(first, 1)
    desk.settle(first, {ANN: (State.SENT, 250, "")})

    (row,) = desk.claimed(desk.begin(ANN, BEN, variant="new"))

    assert (row.address, row.variant) == (BEN, "new")
    assert {one.address: one.variant for one in desk.ledger.deliveries(ISSUE)} == {
        ANN: "old",
        BEN: "new",
    }


@pytest.mark.parametrize("reached", [State.SENT, State.UNKNOWN, State.DEFERRED, State.REFUSED])
def test_the_issues_date_is_that_of_the_first_run_that_handed_anything_over(
    desk: Desk, reached: State
) -> None:
    desk.put(desk.begin(ANN), reached)
    desk.begin(ANN, BEN, now=LATER)

    record = desk.ledger.issue(ISSUE)

    assert record is not None
    is_kept = reached in (State.SENT, State.UNKNOWN)
    assert record.date == (NOW if is_kept else LATER)
    assert record.files == {"10-letter.md": "c0ffee"}
    assert desk.ledger.has_reached_anybody(ISSUE) is is_kept


def test_a_run_is_recorded_with_who_and_where_its_filters_and_who_was_skipped(desk: Desk) -> None:
    claims = desk.begin(ANN, left_out=[LeftOut(BEN, "bounced"), LeftOut(CY, "bounced")])
    claims.end(LATER)

    assert claims.skipped == {"bounced": 2}
    assert desk.ledger.runs.last(ISSUE) == claims.run
    assert desk.ledger.runs.all(ISSUE) == [
        RunRecord(
            number=claims.run,
            began=NOW,
            ended=LATER,
            by=By("ann", "desk"),
            filters={"regions": ["dudley"]},
            content_hash="c0ffee",
            planned=1,
            skipped={"bounced": 2},
            counts={State.QUEUED: 1},
        )
    ]


def test_runs_are_told_oldest_first_each_with_its_issue(desk: Desk) -> None:
    first = desk.begin(ANN)
    first.end(NOW)
    other = desk.begin(ANN, issue="2030-02")
    other.end(NOW)
    second = desk.begin(ANN, now=LATER)

    runs = desk.ledger.runs
    assert [(one.number, one.ended) for one in runs.all(ISSUE)] == [
        (first.run, NOW),
        (second.run, None),
    ]
    assert (runs.last(ISSUE), runs.last("2030-02")) == (second.run, other.run)


def test_what_was_sent_is_kept_by_variant_as_long_as_the_content_is_the_same(desk: Desk) -> None:
    def digests(variant: str, digest: str, content: str) -> Mapping[str, str]:
        run = replace(
            new_run(),
            content_hash=content,
            variants={variant: ["letter"]},
            newsletter={"name": content},
            composed=Composed(version="1", template="regional", digests={variant: digest}),
        )
        desk.ledger.begin_run(run, [planned(ANN)]).end(NOW)
        record = desk.ledger.issue(ISSUE)
        assert record is not None
        assert (record.content_hash, record.newsletter) == (content, {"name": content})
        assert (record.composed.version, record.composed.template) == ("1", "regional")
        return record.composed.digests

    assert digests("full", "a", "c0ffee") == {"full": "a"}
    assert digests("dudley", "b", "c0ffee") == {"full": "a", "dudley": "b"}
    assert digests("full", "c", "c0ffee") == {"full": "c", "dudley": "b"}
    assert digests("full", "d", "another") == {"full": "d"}


def test_a_run_that_cannot_begin_leaves_nothing(desk: Desk) -> None:
    def rows() -> Iterator[PlannedRow]:
        yield planned(ANN)
        raise RuntimeError("the list broke")

    ledger, before = desk.ledger, desk.ledger.generation()
    with pytest.raises(RuntimeError, match="the list broke"):
        ledger.begin_run(new_run(), rows())

    assert ledger.so_far(ISSUE) == IssueSoFar()
    assert (ledger.runs.all(ISSUE), ledger.runs.last(ISSUE)) == ([], 0)
    assert ledger.generation() == before
    desk.begin(*ALL)
    assert ledger.counts(ISSUE) == {State.QUEUED: 3}


def test_without_lists_everyone_is_mailed_as_planned_but_who_objected(desk: Desk) -> None:
    desk.begin(*ALL).end(NOW)
    desk.ledger.suppressions.add(BEN, "complained", NOW)

    claims = desk.ledger.begin_run(new_run(now=LATER), None)

    assert claims.skipped == {"complained": 1}
    assert desk.claim(claims) == [ANN, CY]


def test_whoever_left_the_lists_is_mailed_no_more_without_them(desk: Desk) -> None:
    desk.begin(*ALL).end(NOW)
    roll_call = desk.ledger.begin_run(
        new_run_with_all_lists(), [planned(ANN), LeftOut(BEN), LeftOut(CY, is_reader=False)]
    )
    roll_call.end(NOW)

    claims = desk.ledger.begin_run(new_run(now=LATER), None)

    assert desk.claim(claims) == [ANN, BEN]
    assert [(one.why, one.address) for one in desk.ledger.figures.no_longer_mailed(ISSUE)] == [
        ("left", CY)
    ]


def new_run_with_all_lists() -> NewRun:
    return replace(new_run(), is_roll_call=True)


def test_who_is_named_gets_it_once_more_and_nobody_else(desk: Desk) -> None:
    first = desk.begin(*ALL)
    desk.claim(first, 2)
    desk.settle(first, {ANN: (State.SENT, 250, "ok"), BEN: (State.SENT, 250, "ok")})
    first.end(NOW)

    claims = desk.ledger.begin_run(new_run(now=LATER, again=[ANN]), None)

    assert desk.claim(claims) == [ANN]
    assert desk.states == {ANN: State.SENDING, BEN: State.SENT, CY: State.QUEUED}
    (told,) = desk.ledger.resolutions.all(ISSUE)
    assert (told.how, told.by.who, [*told.addresses]) == ("again", "ann", [ANN])
    assert told.before[ANN].reply == "250 ok"


def test_who_does_not_have_it_cannot_be_sent_it_again(desk: Desk) -> None:
    desk.begin(*ALL).end(NOW)

    with pytest.raises(LedgerError, match="does not say of ann@"):
        desk.ledger.begin_run(new_run(now=LATER, again=[ANN]), None)

    assert desk.ledger.runs.last(ISSUE) == 1
    assert desk.states == dict.fromkeys(ALL, State.QUEUED)


def test_what_is_known_of_an_issue_is_read_at_once(desk: Desk) -> None:
    claims = desk.begin(*ALL)
    desk.claim(claims, 2)
    desk.settle(claims, {ANN: (State.SENT, 250, "")})

    so_far = desk.ledger.so_far(ISSUE)

    assert so_far.record == desk.ledger.issue(ISSUE)
    assert so_far.counts == {State.SENT: 1, State.SENDING: 1, State.QUEUED: 1}
    assert [(row.address, row.state) for row in so_far.left] == [(BEN, State.QUEUED)]
    assert so_far.has_reached_anybody
    assert desk.ledger.so_far("2030-02") == IssueSoFar()


def test_each_run_is_a_use_that_an_older_copy_lacks(desk: Desk) -> None:
    before = desk.ledger.generation()
    claims = desk.begin(ANN)
    begun = desk.ledger.generation()
    claims.end(NOW + timedelta(minutes=1))

    assert before.number < begun.number < desk.ledger.generation().number
