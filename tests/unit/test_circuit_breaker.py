"""When a run stops because there is no sense in going on, though nobody is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.scopes import Scope, Then, Verdict
from newsletter_mailer.deliver.answers.stop_reasons import AnswersLost, EverythingPutOff
from newsletter_mailer.deliver.circuit_breaker import (
    FAILURES_IN_A_ROW,
    LOSSES,
    RESTS_IN_A_ROW,
    CircuitBreaker,
)
from newsletter_mailer.deliver.pace import LONGEST_REST
from newsletter_mailer.errors import CannotConnect, LoginRefused
from newsletter_mailer.store.states import State

NOW, LATER = 1_000.0, 2_000.0
FULL = Outcome(State.DEFERRED, 452, "4.3.1", "no space left")
BUSY = Verdict(scope=Scope.RELAY, then=Then.SLOWER, means="It is busy.", do="Wait.")


def test_a_server_that_takes_nothing_however_long_it_rests_stops_the_run() -> None:
    breaker = CircuitBreaker(NOW)
    told = [breaker.rests(FULL, BUSY, NOW) for _ in range(RESTS_IN_A_ROW)]

    assert {*told[:-1]} == {None}
    assert isinstance(told[-1], EverythingPutOff)
    assert "452 4.3.1 no space left. It is busy. Wait." in str(told[-1])


def test_while_there_is_time_to_try_again_a_server_may_rest_as_often_as_it_likes() -> None:
    breaker = CircuitBreaker(LATER)

    assert {breaker.rests(FULL, BUSY, NOW) for _ in range(10 * RESTS_IN_A_ROW)} == {None}
    assert breaker.rests(FULL, BUSY, LATER) is not None


@pytest.mark.parametrize("is_another", [True, False])
@pytest.mark.parametrize(
    ("rest", "patience", "is_over"),
    [
        (LONGEST_REST, NOW, False),
        (LONGEST_REST + 1, NOW, True),
        (LATER - NOW, LATER, False),
        (LATER - NOW + 1, LATER, True),
        (float("inf"), LATER, True),
    ],
)
def test_a_rest_that_ends_when_the_time_is_up_stops_the_run_at_once(
    rest: float, patience: float, is_over: bool, is_another: bool
) -> None:
    """Also if it is asked for by the answer to a message that left before the rest began."""
    asked = replace(BUSY, rest=rest)
    told = CircuitBreaker(patience).rests(FULL, asked, NOW, is_another=is_another)

    assert isinstance(told, EverythingPutOff) is is_over


def test_answers_that_were_under_way_when_a_rest_began_are_none_of_their_own() -> None:
    breaker = CircuitBreaker(NOW)
    told = {breaker.rests(FULL, BUSY, NOW, is_another=False) for _ in range(2 * RESTS_IN_A_ROW)}

    assert told == {None}


def test_a_message_that_is_taken_ends_the_rests() -> None:
    breaker = CircuitBreaker(NOW)
    for _ in range(3 * RESTS_IN_A_ROW):
        assert breaker.rests(FULL, BUSY, NOW) is None
        breaker.heard(State.SENT)


def test_a_server_that_starts_anew_loses_every_connection_once_and_stops_nothing() -> None:
    breaker = CircuitBreaker(NOW)
    told = [breaker.lost(began=NOW, now=NOW + 1 + number / 1_000) for number in range(16)]

    assert {*told} == {None}
    assert breaker.is_wary


def test_connections_that_are_lost_one_after_the_other_stop_the_run_early() -> None:
    breaker = CircuitBreaker(NOW)
    told = []
    for number in range(LOSSES):
        breaker.heard(State.SENT)
        told.append(breaker.lost(began=NOW + number + 0.1, now=NOW + number + 1))

    assert {*told[:-1]} == {None}
    assert isinstance(told[-1], AnswersLost)


def test_a_loss_now_and_then_is_an_accident() -> None:
    breaker = CircuitBreaker(NOW)
    for number in range(10 * LOSSES):
        assert breaker.lost(began=NOW + number + 0.1, now=NOW + number + 1) is None
        for _ in range(50):
            breaker.heard(State.SENT)
        assert not breaker.is_wary


@pytest.mark.parametrize("fault", [CannotConnect("no answer"), LoginRefused("wrong")])
def test_a_refused_login_is_hopeless_at_once_and_silence_after_a_while(
    fault: CannotConnect,
) -> None:
    breaker = CircuitBreaker(NOW)
    hopeless = []
    for _ in range(FAILURES_IN_A_ROW):
        breaker.failed()
        hopeless.append(breaker.is_hopeless(fault, LATER))

    assert hopeless[-1]
    assert all(one is isinstance(fault, LoginRefused) for one in hopeless[:-1])


def test_connections_are_tried_for_as_long_as_asked_each_time_later() -> None:
    breaker = CircuitBreaker(LATER)
    waits = [breaker.failed() for _ in range(12)]

    assert waits == sorted(waits)
    assert waits[0] == 0.5
    assert waits[-1] == 60.0
    assert not breaker.is_hopeless(CannotConnect("no answer"), NOW)


@pytest.mark.parametrize(
    ("state", "is_closing", "is_over"),
    [
        (State.SENT, False, True),
        (State.REFUSED, False, True),
        (State.DEFERRED, False, True),
        (State.DEFERRED, True, False),
        (State.UNKNOWN, False, False),
    ],
)
def test_failures_are_over_once_the_server_says_what_became_of_a_message(
    state: State, is_closing: bool, is_over: bool
) -> None:
    breaker = CircuitBreaker(NOW)
    breaker.failed()
    breaker.heard(state, is_closing=is_closing)

    assert (breaker.failures == 0) is is_over
