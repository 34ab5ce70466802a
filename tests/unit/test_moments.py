"""Dates and times are read as people write them, and shown as readers expect them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.issue.moments import BadMoment, Moment, parse_day, parse_moment, span_text

LONDON = ZoneInfo("Europe/London")


def moment(text: str) -> Moment:
    return parse_moment(text, LONDON)


@pytest.mark.parametrize(
    ("written", "shown", "iso"),
    [
        ("2025-10-15", "Wednesday 15 October 2025", "2025-10-15"),
        (" 2025-10-15 ", "Wednesday 15 October 2025", "2025-10-15"),
        ("2024-02-29", "Thursday 29 February 2024", "2024-02-29"),
        ("2025-10-15 09:30", "Wednesday 15 October 2025, 9:30am", "2025-10-15T09:30+01:00"),
        ("2025-10-15 9:30", "Wednesday 15 October 2025, 9:30am", "2025-10-15T09:30+01:00"),
        ("2025-10-15T09:30", "Wednesday 15 October 2025, 9:30am", "2025-10-15T09:30+01:00"),
        ("2025-10-15  09:30:59", "Wednesday 15 October 2025, 9:30am", "2025-10-15T09:30+01:00"),
        ("2025-12-15 09:30", "Monday 15 December 2025, 9:30am", "2025-12-15T09:30+00:00"),
        ("2025-10-15 00:00", "Wednesday 15 October 2025, 12am", "2025-10-15T00:00+01:00"),
        ("2025-10-15 00:05", "Wednesday 15 October 2025, 12:05am", "2025-10-15T00:05+01:00"),
        ("2025-10-15 12:00", "Wednesday 15 October 2025, midday", "2025-10-15T12:00+01:00"),
        ("2025-10-15 12:30", "Wednesday 15 October 2025, 12:30pm", "2025-10-15T12:30+01:00"),
        ("2025-10-15 23:59", "Wednesday 15 October 2025, 11:59pm", "2025-10-15T23:59+01:00"),
        ("2025-10-15 09:30Z", "Wednesday 15 October 2025, 9:30am", "2025-10-15T09:30+00:00"),
        ("2025-10-15 09:30 +02:00", "Wednesday 15 October 2025, 9:30am", "2025-10-15T09:30+02:00"),
        ("2025-10-15 09:30-0500", "Wednesday 15 October 2025, 9:30am", "2025-10-15T09:30-05:00"),
        ("tbc", "Date to be confirmed", ""),
        ("TBC", "Date to be confirmed", ""),
        ("tba", "Date to be confirmed", ""),
    ],
)
def test_a_date_reads_well(written: str, shown: str, iso: str) -> None:
    assert moment(written).text == shown
    assert moment(written).iso == iso


@pytest.mark.parametrize(
    "written",
    [
        "", "soon", "15 October 2025", "15/10/2025", "2025/10/15", "2025-10", "2025-1-5",
        "2025-02-29", "2025-13-01", "2025-00-10", "2025-04-31", "25-10-15", "0205-10-15",
        "9999-12-31", "2025-10-15 25:00", "2025-10-15 24:00", "2025-10-15 09:60", "2025-10-15 9",
        "2025-10-15 9.30", "2025-10-15 9am", "2025-10-15 09:30 BST", "2025-10-15 09:30+25:00",
        "2025-10-15 09:30+9", "11:00", "2025-10-15 09:30 to 11:00", "２０２５-10-15", "٢٠٢٥-10-15",
        "2025-10-15\n09:30 x", "tbc?",
    ],
)  # fmt: skip
def test_what_is_no_date_is_told(written: str) -> None:
    with pytest.raises(BadMoment):
        moment(written)


@pytest.mark.parametrize(
    "written", ["", "tbc", "2025-10-15 09:30", "2025-02-30", "soon", "0001-01-01"]
)
def test_a_day_is_a_date_without_a_time(written: str) -> None:
    with pytest.raises(BadMoment):
        parse_day(written)


def test_an_end_may_be_a_time_alone() -> None:
    starts = moment("2025-10-15 09:30")

    assert parse_moment("11:00", LONDON, day_of=starts) == moment("2025-10-15 11:00")
    with pytest.raises(BadMoment):
        parse_moment("11:00", LONDON, day_of=Moment())


@pytest.mark.parametrize(
    ("starts", "ends", "shown"),
    [
        ("2025-10-15", None, "Wednesday 15 October 2025"),
        ("2025-10-15", "2025-10-15", "Wednesday 15 October 2025"),
        ("2025-10-15", "tbc", "Wednesday 15 October 2025"),
        ("tbc", "2025-10-15", "Date to be confirmed"),
        ("2025-10-15 10:00", None, "Wednesday 15 October 2025, 10am"),
        ("2025-10-15 10:00", "2025-10-15 12:00", "Wednesday 15 October 2025, 10am to midday"),
        ("2025-10-15 10:00", "2025-10-15", "Wednesday 15 October 2025, 10am"),
        ("2025-10-15", "2025-10-16", "Wednesday 15 to Thursday 16 October 2025"),
        ("2025-10-31", "2025-11-01", "Friday 31 October to Saturday 1 November 2025"),
        ("2025-12-31", "2026-01-01", "Wednesday 31 December 2025 to Thursday 1 January 2026"),
        (
            "2025-10-15 10:00",
            "2025-10-16 12:30",
            "Wednesday 15 October 2025, 10am to Thursday 16 October 2025, 12:30pm",
        ),
    ],
)
def test_a_span_says_what_differs(starts: str, ends: str | None, shown: str) -> None:
    assert span_text(moment(starts), moment(ends) if ends else None) == shown


def test_a_day_ends_at_midnight_where_the_newsletter_is() -> None:
    assert parse_day("2025-09-22").end(LONDON) == datetime(2025, 9, 22, 23, 0, tzinfo=UTC)
    assert moment("2025-09-22 10:00").end(LONDON) == datetime(2025, 9, 22, 9, 0, tzinfo=UTC)
    assert moment("tbc").end(LONDON) is None


def test_the_parts_of_a_date_for_a_calendar_tile() -> None:
    when = moment("2025-09-02")

    assert (when.day, when.weekday_short, when.month_short, when.year) == (
        "2",
        "Tue",
        "Sep",
        "2025",
    )
    assert (moment("tbc").day, moment("tbc").weekday, moment("tbc").month) == ("", "", "")


@given(st.text(st.sampled_from("0123456789-: TZ+tbc"), max_size=25))
def test_any_text_is_a_date_or_told_never_a_crash(text: str) -> None:
    try:
        found = moment(text)
    except BadMoment:
        return
    assert found.text
    assert found.end(LONDON) or found.tbc
