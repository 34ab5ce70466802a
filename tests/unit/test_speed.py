"""Progress in numbers: each reader once, the rate of late, and how long it will take."""

from __future__ import annotations

import pytest

from newsletter_mailer.cli.results.send_speed import Score, rate_text
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.store.claims import ClaimedRow
from newsletter_mailer.store.states import State


def ended(
    state: State, *, count: int = 1, is_again: bool = False
) -> list[tuple[ClaimedRow, Outcome]]:
    row = ClaimedRow(
        id=1,
        address="ann@example.org",
        mailbox="ann@example.org",
        domain="example.org",
        variant="full",
        values={},
        message_id="1@example.org",
        attempt=2 if is_again else 1,
        is_again=is_again,
    )
    return [(row, Outcome(state))] * count


def test_a_line_tells_counts_rate_and_time_left() -> None:
    score = Score(1_204, now=100.0)
    score.add([*ended(State.SENT, count=600), *ended(State.DEFERRED, count=2)], now=110.0)

    assert score.line(110.0) == ("602 of 1,204 (50 %): 600 sent, 2 deferred; 60/s, 10 s left")


def test_one_who_was_put_off_and_tried_again_counts_once() -> None:
    score = Score(2, now=0.0)
    score.add(ended(State.DEFERRED, count=2), now=1.0)
    score.add(ended(State.SENT, is_again=True), now=5.0)
    score.add(ended(State.REFUSED, is_again=True), now=6.0)

    assert (score.done, score.outcomes_text()) == (2, "1 sent, 1 refused")
    assert score.seconds_left(6.0) is None


def test_the_rate_is_that_of_late() -> None:
    score = Score(10_000, now=0.0)
    for second in range(1, 61):
        score.add(ended(State.SENT, count=100), now=float(second))
    for second in range(61, 121):
        score.add(ended(State.SENT, count=10), now=float(second))

    assert score.rate(120.0) == pytest.approx(10, rel=0.1)


def test_nothing_yet_is_no_prediction() -> None:
    score = Score(10, now=0.0)

    assert score.seconds_left(5.0) is None
    assert score.pace_text(5.0) == "0/s"
    assert Score(0, now=0.0).share == 1.0


@pytest.mark.parametrize(
    ("per_second", "says"),
    [(2_900.4, "2,900/s"), (1.4, "1/s"), (0.5, "30/min"), (0.01, "36/h"), (0, "0/s")],
)
def test_a_rate_is_told_in_a_unit_that_fits(per_second: float, says: str) -> None:
    assert rate_text(per_second) == says
