"""When the next message may go."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.deliver.pace import FIRST_REST, LONGEST_REST, Pace, Window

LONDON = ZoneInfo("Europe/London")
NOON = datetime(2030, 1, 15, 12, 0, tzinfo=UTC)
NOW = NOON.timestamp()
DUDLEY, TENANT, OTHER = "dudley.example.org", "council.onmicrosoft.com", "example.net"


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


def leaving(pace: Pace, *domains: str, now: float = NOW) -> list[float]:
    """Messages that are ready now, one after the other: seconds from noon until each leaves."""
    gone = []
    for domain in domains:
        at = max(pace.opens(now), pace.opens_for(domain, now))
        at = max(pace.opens(at), at)
        pace.take(domain, at)
        gone.append(round(at - NOW, 3))
    return gone


def test_without_a_limit_everything_goes_at_once() -> None:
    pace = Pace()

    assert leaving(pace, OTHER, OTHER, OTHER) == [0, 0, 0]
    assert not pace.has_limits
    assert pace.used_up() == {}


def test_a_rate_is_spread_evenly() -> None:
    assert leaving(Pace(per_minute=30), OTHER, DUDLEY, OTHER, OTHER) == [0, 2, 4, 6]


def test_a_pause_earns_no_burst() -> None:
    pace = Pace(per_minute=60)
    leaving(pace, OTHER)

    assert leaving(pace, OTHER, OTHER, now=NOW + 3600) == [3600, 3601]


def test_a_rate_does_not_lead_out_of_the_window() -> None:
    pace = Pace(per_minute=1, window=Window(time(9), time(12, 1), UTC))

    assert leaving(pace, OTHER, now=NOW + 30) == [30]
    assert leaving(pace, OTHER, now=NOW + 31) == [21 * 3600]


@given(st.floats(0.1, 10_000), st.lists(st.floats(0, 1000), max_size=30))
def test_never_more_than_the_rate_whatever_the_clock_does(
    rate: float, seconds: list[float]
) -> None:
    pace = Pace(per_minute=rate)
    gone = [leaving(pace, OTHER, now=NOW + second)[0] for second in seconds]

    assert all(late - early >= 60 / rate - 2e-3 for early, late in itertools.pairwise(gone))


def test_a_limit_of_a_domain_holds_for_it_alone() -> None:
    pace = Pace(by_domain={DUDLEY: 6})

    assert leaving(pace, DUDLEY, OTHER, DUDLEY, OTHER, DUDLEY) == [0, 0, 10, 0, 20]


def test_a_pattern_limits_each_domain_that_fits_by_itself() -> None:
    pace = Pace(by_domain={"*.onmicrosoft.com": 6})

    assert leaving(pace, TENANT, "b.onmicrosoft.com", TENANT, OTHER, OTHER) == [0, 0, 10, 0, 0]
    assert leaving(pace, "onmicrosoft.com", "onmicrosoft.com") == [0, 0], "no dot, no fit"


def test_the_first_pattern_that_fits_counts() -> None:
    pace = Pace(by_domain={DUDLEY: 60, "*.example.org": 6, "*": 1})

    assert leaving(pace, DUDLEY, DUDLEY) == [0, 1]
    assert leaving(pace, "a.example.org", "a.example.org") == [0, 10]
    assert leaving(pace, OTHER, OTHER) == [0, 60]


def test_the_rate_for_all_and_that_of_a_domain_both_hold() -> None:
    pace = Pace(per_minute=60, by_domain={DUDLEY: 6})

    assert leaving(pace, DUDLEY, OTHER, OTHER, DUDLEY) == [0, 1, 2, 10]


def test_a_limit_that_was_used_up_stays_so_in_the_next_run() -> None:
    first, second = (Pace(per_minute=1, by_domain={DUDLEY: 0.5}) for _ in range(2))
    leaving(first, DUDLEY)
    assert first.used_up() == {"": NOW + 60, DUDLEY: NOW + 120}
    assert first.used_up() == {}, "only what is new"

    second.restore({"": NOW + 60, DUDLEY: NOW + 120}, NOW + 10)

    assert leaving(second, OTHER, DUDLEY, now=NOW + 10) == [60, 120]


def test_a_faster_run_waits_only_as_long_as_its_own_rate_asks() -> None:
    pace = Pace(per_minute=60)
    pace.restore({"": NOW + 3600}, NOW)

    assert leaving(pace, OTHER) == [1]


def test_a_clock_that_was_set_back_does_not_stop_the_run() -> None:
    pace = Pace(per_minute=60, by_domain={DUDLEY: 6})
    pace.restore({"": NOW, DUDLEY: NOW}, NOW - 365 * 86_400)

    gone = leaving(pace, DUDLEY, now=NOW - 365 * 86_400)

    assert gone == [10 - 365 * 86_400]


def test_what_was_used_up_of_a_limit_that_is_gone_holds_nobody_back() -> None:
    pace = Pace()
    pace.restore({"": NOW + 60, DUDLEY: NOW + 60}, NOW)

    assert leaving(pace, DUDLEY) == [0]


def test_a_server_that_asks_for_patience_is_left_alone_longer_each_time() -> None:
    pace = Pace()
    rests = []
    now = NOW
    for _ in range(9):
        pace.slow_down(now)
        rests.append(pace.opens(now) - now)
        now = pace.opens(now)

    assert rests == [FIRST_REST, 2, 4, 8, 16, 32, LONGEST_REST, LONGEST_REST, LONGEST_REST]


def test_several_lines_that_are_told_at_once_are_one_request() -> None:
    pace = Pace()
    for _ in range(4):
        pace.slow_down(NOW + 0.1)

    assert pace.opens(NOW) == NOW + 0.1 + FIRST_REST


def test_a_server_that_takes_messages_again_is_trusted_again_by_and_by() -> None:
    pace = Pace()
    pace.slow_down(NOW)
    pace.slow_down(NOW + 10)
    for _ in range(100):
        pace.go_on()
    pace.slow_down(NOW + 20)

    assert pace.opens(NOW + 20) == NOW + 20 + FIRST_REST


@given(
    st.floats(1, 600),
    st.dictionaries(st.sampled_from([DUDLEY, OTHER, "*"]), st.floats(1, 600)),
    st.lists(st.tuples(st.sampled_from([DUDLEY, OTHER, TENANT]), st.floats(0, 30)), max_size=30),
    st.integers(0, 29),
)
def test_no_limit_is_ever_exceeded_also_over_a_restart(
    rate: float, limits: dict[str, float], ready: list[tuple[str, float]], restart: int
) -> None:
    pace = Pace(per_minute=rate, by_domain=limits)
    used: dict[str, float] = {}
    gone: list[tuple[str, float]] = []
    now = NOW
    for number, (domain, later) in enumerate(ready):
        if number == restart:
            pace = Pace(per_minute=rate, by_domain=limits)
            pace.restore(used, now)
        now += later
        gone.append((domain, leaving(pace, domain, now=now)[0]))
        used.update(pace.used_up())
        now = NOW + gone[-1][1]

    def kept(moments: list[float], limit: float) -> bool:
        return all(late - early > 60 / limit - 0.01 for early, late in itertools.pairwise(moments))

    assert kept([moment for _, moment in gone], rate)
    for domain in {domain for domain, _ in gone}:
        pattern = next((name for name in limits if name in (domain, "*")), None)
        if pattern is not None:
            assert kept([moment for name, moment in gone if name == domain], limits[pattern])
