"""When a run stops because there is no sense in going on."""

from __future__ import annotations

import pytest

from newsletter_mailer.deliver.breaker import (
    FAILURES_IN_A_ROW,
    REFUSED_IN_A_ROW,
    RESTS_IN_A_ROW,
    Breaker,
    EverythingPutOff,
    RunRefused,
    asks_for_patience,
)
from newsletter_mailer.deliver.replies import Outcome
from newsletter_mailer.errors import CannotConnect, LoginRefused
from newsletter_mailer.store.states import State

NOW, LATER = 1_000.0, 2_000.0
SENT = Outcome(State.SENT, 250)
REFUSED = Outcome(State.REFUSED, 554, "5.7.1", "we do not like it")
FULL = Outcome(State.DEFERRED, 452, "4.3.1", "no space left")


def test_refusals_in_a_row_stop_the_run_with_the_servers_words() -> None:
    breaker = Breaker(NOW)
    heard = [breaker.heard(REFUSED) for _ in range(REFUSED_IN_A_ROW)]

    assert {*heard[:-1]} == {None}
    assert isinstance(heard[-1], RunRefused)
    assert "554 we do not like it" in str(heard[-1])


def test_refusals_between_others_are_the_readers() -> None:
    breaker = Breaker(NOW)
    for _ in range(REFUSED_IN_A_ROW):
        assert breaker.heard(REFUSED) is None
        assert breaker.heard(SENT) is None


def test_a_server_that_takes_nothing_however_long_it_rests_stops_the_run() -> None:
    breaker = Breaker(NOW)
    told = [breaker.rests(FULL, NOW) for _ in range(RESTS_IN_A_ROW)]

    assert {*told[:-1]} == {None}
    assert isinstance(told[-1], EverythingPutOff)
    assert "452 no space left" in str(told[-1])


def test_while_there_is_time_to_try_again_a_server_may_rest_as_often_as_it_likes() -> None:
    breaker = Breaker(LATER)

    assert {breaker.rests(FULL, NOW) for _ in range(10 * RESTS_IN_A_ROW)} == {None}
    assert breaker.rests(FULL, LATER) is not None


def test_a_message_that_is_taken_ends_the_rests() -> None:
    breaker = Breaker(NOW)
    for _ in range(3 * RESTS_IN_A_ROW):
        assert breaker.rests(FULL, NOW) is None
        breaker.heard(SENT)


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


@pytest.mark.parametrize(
    ("code", "reply", "asks"),
    [
        (421, "too many connections", True),
        (451, "4.3.0 local error", True),
        (452, "no space left", True),
        (450, "mailbox busy", False),
        (451, "Greylisted, come back in 300 seconds", False),
        (451, "Grey-listing in action", False),
        (554, "no", False),
    ],
)
def test_greylisting_puts_off_one_message_not_all(code: int, reply: str, asks: bool) -> None:
    assert asks_for_patience(Outcome(State.DEFERRED, code, None, reply)) is asks
