"""Everyone planned is in exactly one state, and every way to count them says the same."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta, timezone

from newsletter_mailer.store.figures import Moment, Tally, Trouble
from newsletter_mailer.store.runs import LeftOut
from newsletter_mailer.store.states import State
from tests.store.scene import ALL, ANN, BEN, CY, ISSUE, NOW, Desk


def mixed(desk: Desk) -> int:
    """One sent, one refused, one unknown, one queued, one in hand. The run's number."""
    claims = desk.begin(*ALL, "dee@example.org", "eve@example.org")
    desk.claim(claims, 4)
    desk.settle(
        claims,
        {
            ANN: (State.SENT, 250, "queued as 1"),
            BEN: (State.REFUSED, 550, "no such user"),
            CY: (State.UNKNOWN, None, "line lost"),
        },
    )
    return claims.run


def test_an_outcome_is_kept_with_its_reply_and_shown(desk: Desk) -> None:
    mixed(desk)

    assert [(one.address, one.state, one.reply) for one in desk.ledger.deliveries(ISSUE)] == [
        (ANN, State.SENT, "250 queued as 1"),
        (BEN, State.REFUSED, "550 no such user"),
        (CY, State.UNKNOWN, "line lost"),
        ("dee@example.org", State.SENDING, ""),
        ("eve@example.org", State.QUEUED, ""),
    ]
    assert [one.address for one in desk.ledger.deliveries(ISSUE, State.REFUSED)] == [BEN]
    assert desk.ledger.states(ISSUE, [ANN, BEN, "nobody@example.org"]) == {
        ANN: State.SENT,
        BEN: State.REFUSED,
    }


def test_all_counts_agree(desk: Desk) -> None:
    run = mixed(desk)
    figures = desk.ledger.figures

    rows = Counter(row.state for row in desk.ledger.deliveries(ISSUE))
    tried = Counter({one.state: one.count for one in figures.tallies(ISSUE)})

    assert desk.ledger.counts(ISSUE) == desk.ledger.counts(ISSUE, run) == rows
    assert tried + Counter(figures.untried(ISSUE)) == rows


def test_what_became_of_those_tried_is_told_together(desk: Desk) -> None:
    run = mixed(desk)

    def tally(state: State, code: int | None) -> Tally:
        return Tally(state, run, "example.org", "everyone", code, None, 1)

    assert {*desk.ledger.figures.tallies(ISSUE)} == {
        tally(State.SENT, 250),
        tally(State.REFUSED, 550),
        tally(State.UNKNOWN, None),
    }
    assert {*desk.ledger.figures.troubles(ISSUE)} == {
        Trouble(State.REFUSED, 550, None, "no such user", BEN, 1),
        Trouble(State.UNKNOWN, None, None, "line lost", CY, 1),
    }


def test_when_attempts_ended_is_told_by_run_and_second(desk: Desk) -> None:
    run = mixed(desk)

    second = int(NOW.timestamp())
    assert {*desk.ledger.figures.moments(ISSUE)} == {
        Moment(run, second, state, 1) for state in (State.SENT, State.REFUSED, State.UNKNOWN)
    }


def test_an_outcomes_moment_is_the_same_in_any_timezone(desk: Desk) -> None:
    claims = desk.begin(ANN)
    desk.claim(claims)
    desk.settle(claims, {ANN: (State.SENT, 250, "")})
    in_india = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))

    (row,) = desk.ledger.deliveries(ISSUE)
    assert row.at == in_india


def test_who_is_owed_it_is_remembered_with_what_was_planned(desk: Desk) -> None:
    assert desk.ledger.figures.remembered(ISSUE) is None
    mixed(desk)
    desk.ledger.suppressions.add("eve@example.org", "manual", NOW)

    remembered = desk.ledger.figures.remembered(ISSUE)

    assert remembered is not None
    assert remembered.owed == {"everyone": 1}, "dee, in hand"
    assert remembered.sections == {"everyone": ["letter"]}
    assert remembered.content_hashes == {"c0ffee"}
    assert remembered.counts[State.SENT] == 1
    assert remembered.skipped == {"manual": 1}
    assert [*desk.ledger.figures.suppressed_readers(ISSUE)] == [("eve@example.org", "manual")]


def test_what_somebody_got_is_known_when_they_are_to_get_it_again(desk: Desk) -> None:
    mixed(desk)

    again = desk.ledger.figures.planned_for(ISSUE, [ANN])

    assert (again.owed, again.counts) == ({"everyone": 1}, {State.QUEUED: 1})
    assert again.content_hashes == {"c0ffee"}


def test_who_was_skipped_is_told_until_they_are_mailed(desk: Desk) -> None:
    bounced = LeftOut(BEN, "bounced")
    first = desk.begin(ANN, left_out=[bounced, LeftOut("readers line 7", "bad-address")])
    first.end(NOW)
    assert [*desk.ledger.figures.skips(ISSUE)] == [
        ("readers line 7", "bad-address", first.run),
        (BEN, "bounced", first.run),
    ]

    desk.begin(ANN, BEN).end(NOW)

    assert [*desk.ledger.figures.skips(ISSUE)] == []


def test_all_that_is_held_about_a_person_is_told(desk: Desk) -> None:
    claims = desk.begin(ANN)
    desk.claim(claims)
    desk.settle(claims, {ANN: (State.UNKNOWN, None, "line lost")})
    desk.resolve(State.SENT)
    desk.ledger.suppressions.add(ANN, "manual", NOW)

    held = desk.ledger.people.held_about(ANN)

    moment = NOW.isoformat(timespec="microseconds")
    assert held["suppressed"] == {"reason": "manual", "since": moment}
    assert held["issues"] == [
        {
            "issue": ISSUE,
            "mailbox": "Ann@Example.Org",
            "state": "sent",
            "at": NOW.isoformat(),
            "values": {"a": "b"},
        }
    ]
    assert held["settled"] == [
        {
            "issue": ISSUE,
            "at": moment,
            "who": "ann",
            "how": "resend",
            "before": {"state": "unknown", "reply": "line lost", "at": NOW.isoformat()},
        }
    ]
    assert desk.ledger.people.held_about("nobody@example.org")["issues"] == []


def test_who_was_skipped_is_held_about_them(desk: Desk) -> None:
    desk.begin(ANN, left_out=[LeftOut(BEN, "bounced")])

    held = desk.ledger.people.held_about(BEN)

    assert held["skipped"] == [{"issue": ISSUE, "reason": "bounced"}]
    assert (held["address"], held["issues"], held["suppressed"]) == (BEN, [], None)


def test_one_answer_that_several_got_is_told_once(desk: Desk) -> None:
    claims = desk.begin(*ALL)
    desk.claim(claims)
    no = (State.REFUSED, 550, "no such user")
    desk.settle(claims, {ANN: no, BEN: no, CY: (State.DEFERRED, 451, "later")})

    assert {*desk.ledger.figures.troubles(ISSUE)} == {
        Trouble(State.REFUSED, 550, None, "no such user", ANN, 2),
        Trouble(State.DEFERRED, 451, None, "later", CY, 1),
    }


def test_who_is_owed_it_and_objected_is_told_by_their_reason(desk: Desk) -> None:
    desk.begin(*ALL)
    for address in (ANN, BEN):
        desk.ledger.suppressions.add(address, "bounced", NOW)

    (told,) = desk.ledger.figures.no_longer_mailed(ISSUE)

    assert (told.why, told.state, told.count) == ("bounced", State.QUEUED, 2)
    assert (told.domain, told.variant, told.address) == ("example.org", "everyone", ANN)


def test_a_message_that_a_person_has_sent_again_was_handed_over_all_the_same(desk: Desk) -> None:
    figures = desk.ledger.figures
    desk.put(desk.begin(ANN), State.REFUSED)
    assert desk.resolve(State.QUEUED, of=State.REFUSED, how="retry") == [ANN]
    assert not figures.was_handed_over(ISSUE), "refused, and tried again"

    desk.put(desk.begin(ANN), State.UNKNOWN)
    assert desk.resolve(State.QUEUED) == [ANN]

    assert desk.states == {ANN: State.QUEUED}
    assert figures.was_handed_over(ISSUE)
    assert desk.ledger.has_reached_anybody(ISSUE)
