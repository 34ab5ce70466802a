"""When a deferred message is tried again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.deliver.backoff import (
    FIRST_DELAY,
    LONGEST_DELAY,
    LOST_DELAY,
    delay_after,
    delay_after_loss,
)
from newsletter_mailer.deliver.smtp.greylisting import GREYLISTED, wait_in


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        ("Greylisted, see http://postgrey.example/help/x.html", GREYLISTED),
        ("Greylisting in action, please come back later", GREYLISTED),
        ("Grey-listed", GREYLISTED),
        ("graylist: try again", GREYLISTED),
        ("Please try again later", GREYLISTED),
        ("Greylisted for 60 seconds", 60),
        ("Greylisted, retry in 5 minutes", 300),
        ("You have been greylisted. Come back in 90s.", 90),
        ("Too fast: wait 10 mins", 600),
        ("Try again in 1 minute", 60),
        ("Greylisted: please come back in 00:05:00", 300),
        ("Greylisted, try again in 0:00:40 or later", 40),
        ("Greylisted for 1 hour", 3600),
        ("You are greylisted, come back in 1h", 3600),
        ("Come back in 00:02:30", 150),
        ("Greylisted since 23:59:59", GREYLISTED),
        ("Greylisted for 4000 minutes", GREYLISTED),
        ("Greylisted for 0 seconds", GREYLISTED),
        ("Internal error after 30 seconds", FIRST_DELAY),
        ("Mailbox busy", FIRST_DELAY),
        ("", FIRST_DELAY),
    ],
)
def test_a_server_that_says_how_long_gets_that(reply: str, seconds: float) -> None:
    first = delay_after(wait_in(reply), 1, 0.5)

    assert seconds <= first <= seconds + 5


def test_the_pauses_double_up_to_a_limit() -> None:
    delays = [delay_after(None, attempt, 0.5) for attempt in range(1, 12)]

    assert delays[:4] == [FIRST_DELAY * factor for factor in (1, 2, 4, 8)]
    assert delays[-1] == LONGEST_DELAY
    assert delays == sorted(delays)


def test_who_is_still_greylisted_is_tried_as_others_are() -> None:
    assert delay_after(wait_in("Greylisted"), 2, 0.5) == 2 * FIRST_DELAY


def test_a_line_that_was_lost_is_no_reason_to_wait_long() -> None:
    assert delay_after_loss(1, 0.5) == LOST_DELAY
    assert delay_after_loss(99, 0.5) <= 600


def test_many_that_were_deferred_at_once_do_not_come_back_at_once() -> None:
    delays = {delay_after(None, 1, jitter / 10) for jitter in range(11)}

    assert len(delays) == 11
    assert min(delays) >= 0.8 * FIRST_DELAY - 1e-9
    assert max(delays) <= 1.2 * FIRST_DELAY + 1e-9


@given(st.text(max_size=60), st.integers(1, 10_000), st.floats(0, 1))
def test_every_pause_is_finite_and_no_longer_than_an_hour_and_a_little(
    reply: str, attempt: int, jitter: float
) -> None:
    for delay in (
        delay_after(wait_in(reply), attempt, jitter),
        delay_after_loss(attempt, jitter),
    ):
        assert 0 < delay <= 2 * LONGEST_DELAY + 5
