"""When the next message may go."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.deliver.pace import Pace, Window

LONDON = ZoneInfo("Europe/London")
NOON = datetime(2030, 1, 15, 12, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("begins", "ends", "now", "opens"),
    [
        ("09:00", "17:00", "2030-01-15T08:59:59", "2030-01-15T09:00"),
        ("09:00", "17:00", "2030-01-15T09:00:00", "2030-01-15T09:00"),
        ("09:00", "17:00", "2030-01-15T16:59:59", "2030-01-15T16:59:59"),
        ("09:00", "17:00", "2030-01-15T17:00:00", "2030-01-16T09:00"),
        ("09:00", "17:00", "2030-01-31T23:00:00", "2030-02-01T09:00"),
        ("22:00", "06:00", "2030-01-15T12:00:00", "2030-01-15T22:00"),
        ("22:00", "06:00", "2030-01-15T23:00:00", "2030-01-15T23:00"),
        ("22:00", "06:00", "2030-01-15T03:00:00", "2030-01-15T03:00"),
        ("22:00", "06:00", "2030-01-15T06:00:00", "2030-01-15T22:00"),
        ("09:00", "09:00", "2030-01-15T12:00:00", "2030-01-15T12:00"),
        # The clocks go forward on 31 March 2030, and back on 27 October.
        ("09:00", "17:00", "2030-03-30T18:00:00", "2030-03-31T09:00"),
        ("09:00", "17:00", "2030-10-26T18:00:00", "2030-10-27T09:00"),
    ],
)
def test_a_window_opens_at_its_local_hour(begins: str, ends: str, now: str, opens: str) -> None:
    window = Window(time.fromisoformat(begins), time.fromisoformat(ends), LONDON)

    assert window.opens(at(now)) == at(opens)


hours = st.builds(time, st.integers(0, 23), st.integers(0, 59))
moments = st.integers(0, 2 * 365 * 86_400).map(lambda seconds: NOON + timedelta(seconds=seconds))


@given(hours, hours, moments)
def test_a_window_opens_within_a_day_and_then_it_is_open(
    begins: time, ends: time, now: datetime
) -> None:
    window = Window(begins, ends, LONDON)
    opens = window.opens(now)

    assert now <= opens <= now + timedelta(hours=25)
    assert window.opens(opens) == opens


def test_without_a_limit_everything_goes_at_once() -> None:
    pace = Pace()

    assert [pace.wait_until(NOON) for _ in range(3)] == [NOON] * 3


def test_a_rate_is_spread_evenly() -> None:
    pace = Pace(per_minute=30)

    assert [(pace.wait_until(NOON) - NOON).total_seconds() for _ in range(4)] == [0, 2, 4, 6]


def test_a_pause_earns_no_burst() -> None:
    pace = Pace(per_minute=60)
    pace.wait_until(NOON)
    later = NOON + timedelta(hours=1)

    assert pace.wait_until(later) == later
    assert pace.wait_until(later) == later + timedelta(seconds=1)


def test_a_rate_does_not_lead_out_of_the_window() -> None:
    pace = Pace(per_minute=1, window=Window(time(9), time(12, 1), UTC))

    assert pace.wait_until(NOON + timedelta(seconds=30)) == NOON + timedelta(seconds=30)
    assert pace.wait_until(NOON + timedelta(seconds=31)) == NOON + timedelta(hours=21)


@given(st.floats(0.1, 10_000), st.lists(st.floats(0, 1000), max_size=30))
def test_never_more_than_the_rate_whatever_the_clock_does(
    rate: float, seconds: list[float]
) -> None:
    pace = Pace(per_minute=rate)
    gone = [pace.wait_until(NOON + timedelta(seconds=second)) for second in seconds]

    gaps = [(late - early).total_seconds() for early, late in itertools.pairwise(gone)]
    assert all(gap >= 60 / rate - 1e-5 for gap in gaps)
