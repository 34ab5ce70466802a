"""When a run stops because there is no sense in going on, though nobody is refused."""

from __future__ import annotations

import pytest

from newsletter_mailer.deliver.breaker import (
    FAILURES_IN_A_ROW,
    LOSSES,
    RESTS_IN_A_ROW,
    Breaker,
)
from newsletter_mailer.deliver.replies import Outcome
from newsletter_mailer.deliver.scopes import Scope, Then, Verdict
from newsletter_mailer.deliver.stopping import AnswersLost, EverythingPutOff
from newsletter_mailer.errors import CannotConnect, LoginRefused
from newsletter_mailer.store.states import State

NOW, LATER = 1_000.0, 2_000.0
SENT = Outcome(State.SENT, 250)
REFUSED = Outcome(State.REFUSED, 554, "5.7.1", "we do not like it")
FULL = Outcome(State.DEFERRED, 452, "4.3.1", "no space left")
BUSY = Verdict(scope=Scope.RELAY, then=Then.SLOWER, means="It is busy.", do="Wait.")


def test_a_server_that_takes_nothing_however_long_it_rests_stops_the_run() -> None:
    breaker = Breaker(NOW)
    told = [breaker.rests(FULL, BUSY, NOW) for _ in range(RESTS_IN_A_ROW)]

    assert {*told[:-1]} == {None}
    assert isinstance(told[-1], EverythingPutOff)
    assert "452 4.3.1 no space left. It is busy. Wait." in str(told[-1])


def test_while_there_is_time_to_try_again_a_server_may_rest_as_often_as_it_likes() -> None:
    breaker = Breaker(LATER)

    assert {breaker.rests(FULL, BUSY, NOW) for _ in range(10 * RESTS_IN_A_ROW)} == {None}
    assert breaker.rests(FULL, BUSY, LATER) is not None


def test_a_message_that_is_taken_ends_the_rests() -> None:
    breaker = Breaker(NOW)
    for _ in range(3 * RESTS_IN_A_ROW):
        assert breaker.rests(FULL, BUSY, NOW) is None
        breaker.heard(SENT)


def test_a_server_that_starts_anew_loses_every_connection_once_and_stops_nothing() -> None:
    breaker = Breaker(NOW)
    told = [breaker.lost(began=NOW, now=NOW + 1 + number / 1_000) for number in range(16)]

    assert {*told} == {None}
    assert breaker.is_wary


def test_connections_that_are_lost_one_after_the_other_stop_the_run_early() -> None:
    breaker = Breaker(NOW)
    told = []
    for number in range(LOSSES):
        breaker.heard(SENT)
        told.append(breaker.lost(began=NOW + number + 0.1, now=NOW + number + 1))

    assert {*told[:-1]} == {None}
    assert isinstance(told[-1], AnswersLost)


def test_a_loss_now_and_then_is_an_accident() -> None:
    breaker = Breaker(NOW)
    for number in range(10 * LOSSES):
        assert breaker.lost(began=NOW + number + 0.1, now=NOW + number + 1) is None
        for _ in range(50):
            breaker.heard(SENT)
        assert not breaker.is_wary


@pytest.mark.parametrize("fault", [CannotConnect("no answer"), LoginRefused("wrong")])
def test_a_refused_login_is_hopeless_at_once_and_silence_after_a_while(
    fault: CannotConnect,
) -> None:
    breaker = Breaker(NOW)
    hopeless = []
    for _ in range(FAILURES_IN_A_ROW):
        breaker.failed()
        hopeless.append(breaker.is_hopeless(fault, LATER))

    assert hopeless[-1]
    assert all(one is isinstance(fault, LoginRefused) for one in hopeless[:-1])


def test_connections_are_tried_for_as_long_as_asked_each_time_later() -> None:
    breaker = Breaker(LATER)
    waits = [breaker.failed() for _ in range(12)]

    assert waits == sorted(waits)
    assert waits[0] == 0.5
    assert waits[-1] == 60.0
    assert not breaker.is_hopeless(CannotConnect("no answer"), NOW)


@pytest.mark.parametrize(
    ("outcome", "is_over"),
    [
        (SENT, True),
        (REFUSED, True),
        (Outcome(State.DEFERRED, 450), True),
        (Outcome(State.DEFERRED, 421), False),
        (Outcome(State.UNKNOWN, 354), False),
        (Outcome(State.UNKNOWN), False),
    ],
)
def test_failures_are_over_once_the_server_says_what_became_of_a_message(
    outcome: Outcome, is_over: bool
) -> None:
    breaker = Breaker(NOW)
    breaker.failed()
    breaker.heard(outcome)

    assert (breaker.failures == 0) is is_over
