"""Dates in the text: days, times and spans that cannot be right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from newsletter_mailer.check.dates.british_zones import BRITISH_ZONES
from newsletter_mailer.check.dates.date_mention import DateMention
from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.dates_in_text import DateInText, day_meant
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.moments import MONTHS, WEEKDAYS, Moment
from newsletter_mailer.lazy_patterns import lazy_pattern

_ORDINAL = lazy_pattern(
    r"(?<!\w)(?P<number>[0-9]{1,4})(?P<ending>st(?!\s?[0-9]{1,2}\s?lbs?\b)|nd|rd|th)(?![\w-])"
)


@check("weekday-mismatch", Severity.ERROR, each=DateInText)
def weekday_mismatch(found: DateInText, ask: Ask) -> Iterator[Finding]:
    """A weekday that is not that date's: "Monday 23 September 2025" was a Tuesday.

    Readers believe one of the two, and half of them the wrong one. If the year is missing, the next
    such date from the issue's date on is meant, or the last one if it went by in the three months
    before; the message then says which year was assumed.

    Look the date up where it came from, then correct the weekday or the day.
    """
    weekday, day = found.mention.weekday, found.day
    if weekday is None or day is None or weekday == day.weekday():
        return
    yield ask.finding(
        found.source,
        f'"{found.words}" is not a {WEEKDAYS[weekday]} but a {WEEKDAYS[day.weekday()]}'
        f"{found.assumption}.",
        f"Write {_spoken(day)}, or, if the weekday is right, {_spoken(_near(day, weekday))}.",
    )


@check("impossible-date", Severity.ERROR, each=DateInText)
def impossible_date(found: DateInText, ask: Ask) -> Iterator[Finding]:
    """A date or a time in the text that does not exist: 31 September, 30/02/2025, 25:00.

    Dates in digits are read in British order, the day first: 09/23/2025 has a month 23.
    """
    mention = found.mention
    if found.day is None and (mention.year is not None or not mention.is_possible):
        yield ask.finding(
            found.source, f'"{found.words}": {_why_impossible(mention)}.', _instead(mention)
        )


@also("impossible-date", each=Passage, language="en")
def impossible_time(passage: Passage, ask: Ask) -> Iterator[Finding]:
    beside = {one.clock.start for one in passage.dates if one.clock is not None}
    for clock in passage.times:
        if not clock.is_possible and (clock.is_certain or clock.start in beside):
            yield ask.finding(
                passage.at(clock.start, clock.end),
                f'"{passage.text[clock.start : clock.end]}" is not a time of day.',
                "Write the time as it is meant, such as 9:30am or 14:00.",
            )


@check("ends-before-it-starts", Severity.ERROR, each=Passage, language="en")
def ends_before_it_starts(passage: Passage, ask: Ask) -> Iterator[Finding]:
    """A span of time or of days in the text that runs backwards: "11:00 - 09:30".

    What lasts overnight (22:00 - 02:00) is left alone, and so is 10:30 - 3:00, which everybody
    reads as the afternoon. Of the fields starts and ends of an event the rule bad-date takes care.
    """
    text = passage.text
    dates = passage.dates
    beside = {one.clock.start for one in dates if one.clock is not None}
    for clock in passage.times:
        if clock.is_backwards and (clock.is_certain or clock.start in beside):
            yield ask.finding(
                passage.at(clock.start, clock.end),
                f'"{text[clock.start : clock.end]}" ends before it begins.',
                "Correct one of the two times.",
            )
    for first, last in pairwise(dates):
        if first.part != "first" or last.part != "last" or first.clock or last.clock:
            continue
        year = first.year or last.year or ask.context.issue.date.year
        begins, ends = first.in_year(year), last.in_year(last.year or year)
        if begins is None or ends is None or begins < ends:
            continue
        if last.year is None and first.month > last.month:
            continue  # from December to January
        yield ask.finding(
            passage.at(first.start, last.end),
            f'"{" ".join(text[first.start : last.end].split())}" ends before it begins.',
            "Correct one of the two dates.",
        )


@check("wrong-ordinal", Severity.WARNING, each=Passage, language="en")
def wrong_ordinal(passage: Passage, ask: Ask) -> Iterator[Finding]:
    """A number with another number's ending: 2st April, 21th, 11st.

    Often the day was changed and its ending was not, so that the day is worth a second look. A
    weight (12st 4lb) is not meant.
    """
    for found in _ORDINAL.finditer(passage.text):
        ending = _ordinal_ending(int(found["number"]))
        if found["ending"] != ending:
            yield ask.finding(
                passage.at(*found.span()),
                f'"{found[0]}": no number {found["number"]} ends in "{found["ending"]}".',
                f"Write {found['number']}{ending}, if that is the number that is meant.",
            )


@check("wrong-timezone-letters", Severity.WARNING, each=Passage, language="en")
def wrong_timezone_letters(passage: Passage, ask: Ask) -> Iterator[Finding]:
    """GMT on a summer's day, or BST on a winter's: "10:00 GMT on 15 July" is an hour off.

    British Summer Time lasts from the last Sunday in March to the last Sunday in October. Who reads
    GMT in July, abroad or in a calendar that understands it, comes an hour late. Looked at where
    the newsletter's timezone is that of the United Kingdom.
    """
    if ask.context.settings.zone.key not in BRITISH_ZONES:
        return
    if "GMT" not in passage.text.upper() and "BST" not in passage.text.upper():
        return
    days = {
        one.clock.start: day_meant(one, ask.context.issue.date)
        for one in passage.dates
        if one.clock is not None
    }
    starts = passage.section.starts if passage.section is not None else None
    for clock in passage.times:
        day = days.get(clock.start) or (starts.day_date if starts is not None else None)
        if not clock.letters or day is None:
            continue
        begins = clock.begins or time(12)
        right = datetime.combine(day, begins, ask.context.settings.zone).tzname()
        if right != clock.letters:
            yield ask.finding(
                passage.at(clock.start, clock.end),
                f"On {Moment(day).date_text} clocks show {right}, not {clock.letters}.",
                f"Write {right}, or leave the letters out.",
            )


def _ordinal_ending(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _spoken(day: date) -> str:
    return Moment(day).date_text


def _near(day: date, weekday: int) -> date:
    """The nearest day with that weekday."""
    ahead = (weekday - day.weekday()) % 7
    return day + timedelta(days=ahead if ahead <= 3 else ahead - 7)


def _why_impossible(mention: DateMention) -> str:
    if not 1 <= mention.month <= 12:
        return f"there is no month {mention.month}"
    month = MONTHS[mention.month - 1]
    year = f" {mention.year}" if mention.year is not None and mention.month == 2 else ""
    return f"{month}{year} has no day {mention.day}"


def _instead(mention: DateMention) -> str:
    if mention.month > 12 and 1 <= mention.day <= 12 and mention.year is not None:
        return f"Write {mention.month} {MONTHS[mention.day - 1]} {mention.year}, if that is meant."
    return "Look the date up and write it anew."
