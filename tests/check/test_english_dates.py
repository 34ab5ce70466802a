"""Dates and times in running text are read as people mean them, and nothing else is."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.check.dates.date_mention import DateMention
from newsletter_mailer.check.dates.english_dates import dates_in
from newsletter_mailer.check.dates.english_times import TimeMention, likely_times
from newsletter_mailer.check.text.dates_in_text import day_meant
from newsletter_mailer.issue.moments import MONTHS, WEEKDAYS

TABLE = Path(__file__).with_suffix("").with_name("english_dates.txt")


def phrases() -> list[tuple[str, str]]:
    lines = TABLE.read_text("utf-8").splitlines()
    pairs = [line.partition("->") for line in lines if line and not line.startswith("#")]
    return [(unescaped(phrase.strip()), reading.strip()) for phrase, _, reading in pairs]


def unescaped(text: str) -> str:
    for written, meant in (("\\n", "\n"), ("\\u00a0", "\u00a0"), ("\\u202f", "\u202f")):
        text = text.replace(written, meant)
    return text


def reading(text: str) -> str:
    """What the table has after the arrow."""
    dates = dates_in(text)
    beside = {one.clock.start for one in dates if one.clock is not None}
    said = ""
    for one in dates:
        said += " to " if one.part == "last" else "; " if said else ""
        said += date_text(one)
    certain = (clock for clock in likely_times(text) if clock.is_certain)
    alone = [clock_text(clock) for clock in certain if clock.start not in beside]
    return "; ".join([*([said] if said else []), *alone])


def date_text(one: DateMention) -> str:
    month = MONTHS[one.month - 1][:3] if 1 <= one.month <= 12 else f"month {one.month}"
    words = [
        WEEKDAYS[one.weekday][:3] if one.weekday is not None else "",
        str(one.day),
        month,
        str(one.year or ""),
        "or American" if one.is_ambiguous else "",
        "" if one.is_possible else "impossible",
    ]
    said = " ".join(word for word in words if word)
    return said if one.clock is None else f"{said}, {clock_text(one.clock)}"


def clock_text(clock: TimeMention) -> str:
    if not clock.is_possible or clock.begins is None:
        return "impossible"
    said = f"{clock.begins:%H:%M}"
    if clock.ends is not None:
        said += f"-{clock.ends:%H:%M}"
    said += " backwards" if clock.is_backwards else ""
    return f"{said} {clock.letters}".strip()


@pytest.mark.parametrize(("phrase", "meaning"), phrases())
def test_a_phrase_is_read_as_it_is_meant(phrase: str, meaning: str) -> None:
    assert reading(phrase) == meaning


@pytest.mark.parametrize(("phrase", "meaning"), [one for one in phrases() if one[1]])
def test_a_phrase_is_read_the_same_in_a_sentence(phrase: str, meaning: str) -> None:
    assert reading(f"We look forward to it: {phrase}") == meaning
    assert reading(f"{phrase}; we look forward to it.") == meaning


def test_the_table_has_good_and_bad() -> None:
    meanings = [meaning for _, meaning in phrases()]

    assert len(meanings) >= 200
    assert meanings.count("") >= 80


def test_a_mention_says_where_it_stands() -> None:
    text = "Join us on Tuesday 23rd and 30th September 2025, 10am – noon, in Walsall."

    first, second = dates_in(text)

    assert text[first.start : first.end] == "Tuesday 23rd"
    assert text[second.start : second.end] == "30th September 2025"
    assert second.clock is not None
    assert text[second.clock.start : second.clock.end] == "10am – noon"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("22 September", date(2025, 9, 22)),
        ("29 August", date(2025, 8, 29)),
        ("22 July", date(2025, 7, 22)),  # just gone
        ("Tuesday 22 July", date(2025, 7, 22)),
        ("Wednesday 22 July", date(2026, 7, 22)),  # the next one is a Wednesday
        ("22 March", date(2026, 3, 22)),  # long gone: the next
        ("29 February", date(2028, 2, 29)),
        ("22 July 2024", date(2024, 7, 22)),
        ("31 September", None),
        ("29 February 2025", None),
    ],
)
def test_a_date_without_a_year_is_the_one_that_readers_think_of(
    written: str, meant: date | None
) -> None:
    (mention,) = dates_in(written)

    assert day_meant(mention, date(2025, 8, 29)) == meant


PIECES = st.sampled_from(
    [
        *(
            "1",
            "23",
            "2025",
            "/",
            ".",
            "-",
            "–",
            ":",
            ",",
            " ",
            "\n",
            "\u00a0",
            "'",
            "st",
            "th",
            "of",
        ),
        *(
            "Tuesday",
            "Sat",
            "May",
            "march",
            "Sept",
            "to",
            "and",
            "am",
            "pm",
            "noon",
            "GMT",
            "(",
            ")",
        ),
    ]
)


@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    dates, times = dates_in(text), likely_times(text)

    for found in (dates, times):
        places = [(one.start, one.end) for one in found]
        assert all(0 <= start < end <= len(text) for start, end in places)
        assert all(end <= start for (_, end), (start, _) in pairwise(places))
    for one in dates:
        day_meant(one, date(2025, 8, 29))


@pytest.mark.parametrize(
    "piece",
    [
        *("1", "1/", " ", "1 ", "1,", "1.", "1:", "23-", "12:", "23 and ", "1st ", "Tuesday "),
        *("may 1 ", "2025-09-", "10 - ", "10am to ", "23 September to ", "Tue 1 and "),
    ],
)
def test_a_hostile_text_is_read_in_one_pass(piece: str) -> None:
    """Were it more than one pass, the test suite would not end today."""
    assert len(dates_in(piece * 50_000)) <= 50_000
