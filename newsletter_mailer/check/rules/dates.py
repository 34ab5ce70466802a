"""Dates in the text: days, times and years that cannot be right, or that readers may misread."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from newsletter_mailer.check.dates.english_dates import DateMention, dates_in
from newsletter_mailer.check.dates.english_times import likely_times
from newsletter_mailer.check.dates.mentioned import day_meant, is_english
from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.moments import MONTHS, WEEKDAYS, Moment

_HALF_A_YEAR = timedelta(days=183)
#: Where clocks show GMT in winter and BST in summer.
BRITISH_ZONES = frozenset(
    {
        "Europe/London",
        "Europe/Belfast",
        "Europe/Guernsey",
        "Europe/Isle_of_Man",
        "Europe/Jersey",
        "GB",
    }
)

_MONTH_WORDS = re.compile(r"\b(?P<which>this|next|last)\s{1,4}month\b", re.IGNORECASE)
#: What may stand between "next month" and its date.
_BESIDE = re.compile(r"[\s,:(–—-]{0,4}(?:(?:on|is)\s{1,3})?(?:the\s{1,3})?", re.I)
_MONTHS_AWAY = {"last": -1, "this": 0, "next": 1}
_ORDINAL = re.compile(
    r"(?<!\w)(?P<number>[0-9]{1,4})(?P<ending>st(?!\s?[0-9]{1,2}\s?lbs?\b)|nd|rd|th)(?![\w-])"
)


@check("weekday-mismatch", Severity.ERROR)
def weekday_mismatch(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A weekday that is not that date's: "Monday 23 September 2025" was a Tuesday.

    Readers believe one of the two, and half of them the wrong one. If the year is missing, the next
    such date from the issue's date on is meant, or the last one if it went by in the three months
    before; the message then says which year was assumed.

    Look the date up where it came from, then correct the weekday or the day.
    """
    for found in subject.dates:
        weekday, day = found.mention.weekday, found.day
        if weekday is None or day is None or weekday == day.weekday():
            continue
        yield ask.finding(
            found.source,
            f'"{found.words}" is not a {WEEKDAYS[weekday]} but a {WEEKDAYS[day.weekday()]}'
            f"{found.assumption}.",
            f"Write {_spoken(day)}, or, if the weekday is right, {_spoken(_near(day, weekday))}.",
        )


@check("impossible-date", Severity.ERROR)
def impossible_date(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A date or a time in the text that does not exist: 31 September, 30/02/2025, 25:00.

    Dates in digits are read in British order, the day first: 09/23/2025 has a month 23.
    """
    for found in subject.dates:
        mention = found.mention
        if found.day is not None or (mention.year is None and mention.is_possible):
            continue
        yield ask.finding(
            found.source, f'"{found.words}": {_why_impossible(mention)}.', _instead(mention)
        )
    if not is_english(subject.issue):
        return
    for passage in subject.passages:
        beside = {one.clock.start for one in dates_in(passage.text) if one.clock is not None}
        for clock in likely_times(passage.text):
            if not clock.is_possible and (clock.is_certain or clock.start in beside):
                yield ask.finding(
                    passage.at(clock.start, clock.end),
                    f'"{passage.text[clock.start : clock.end]}" is not a time of day.',
                    "Write the time as it is meant, such as 9:30am or 14:00.",
                )


@check("ends-before-it-starts", Severity.ERROR)
def ends_before_it_starts(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A span of time or of days in the text that runs backwards: "11:00 - 09:30".

    What lasts overnight (22:00 - 02:00) is left alone, and so is 10:30 - 3:00, which everybody
    reads as the afternoon. Of the fields starts and ends of an event the rule bad-date takes care.
    """
    if not is_english(subject.issue):
        return
    for passage in subject.passages:
        text = passage.text
        dates = dates_in(text)
        beside = {one.clock.start for one in dates if one.clock is not None}
        for clock in likely_times(text):
            if clock.is_backwards and (clock.is_certain or clock.start in beside):
                yield ask.finding(
                    passage.at(clock.start, clock.end),
                    f'"{text[clock.start : clock.end]}" ends before it begins.',
                    "Correct one of the two times.",
                )
        for first, last in pairwise(dates):
            if first.part != "first" or last.part != "last" or first.clock or last.clock:
                continue
            year = first.year or last.year or subject.issue.date.year
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


@check("wrong-ordinal", Severity.WARNING)
def wrong_ordinal(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A number with another number's ending: 2st April, 21th, 11st.

    Often the day was changed and its ending was not, so that the day is worth a second look. A
    weight (12st 4lb) is not meant.
    """
    if not is_english(subject.issue):
        return
    for passage in subject.passages:
        for found in _ORDINAL.finditer(passage.text):
            ending = _ordinal_ending(int(found["number"]))
            if found["ending"] != ending:
                yield ask.finding(
                    passage.at(*found.span()),
                    f'"{found[0]}": no number {found["number"]} ends in "{found["ending"]}".',
                    f"Write {found['number']}{ending}, if that is the number that is meant.",
                )


@check("missing-year", Severity.INFO)
def missing_year(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A date without a year that lies more than six months after the issue's date.

    In August, "12 March" may be the last or the next one. Months near by need no year.
    """
    today = subject.issue.date
    for found in subject.dates:
        if found.is_assumed and found.day is not None and found.day - today > _HALF_A_YEAR:
            yield ask.finding(
                found.source,
                f'"{found.words}" has no year, and the next one is more than six months away.',
                f"Write {_spoken(found.day)}, if that is meant.",
            )


@check("ambiguous-date", Severity.INFO)
def ambiguous_date(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A date in digits that another reader takes for another day: 03/04/2025.

    In British order that is 3 April, in American order 4 March. A month in letters can only be read
    one way, and screen readers say it properly (GOV.UK style guide, "Dates").
    """
    for found in subject.dates:
        if found.mention.is_ambiguous and found.day is not None:
            other = found.mention.day, MONTHS[found.mention.month - 1]
            yield ask.finding(
                found.source,
                f'"{found.words}" can be read as {other[0]} {other[1]}, or as '
                f"{found.mention.month} {MONTHS[found.mention.day - 1]}.",
                f"Write {found.day.day} {MONTHS[found.day.month - 1]} {found.day.year}.",
            )


@check("month-wording", Severity.WARNING)
def month_wording(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """Words such as "this month" and "next month" that do not fit the date beside them.

    The words count from the issue's date: "next month, on 15 October" is wrong in an August issue.
    Dates elsewhere in the sentence are left alone.

    Where the issue is sent in another month than its date says, each of these words is pointed out
    as information: readers count from the day on which they read.
    """
    if not is_english(subject.issue):
        return
    today = subject.issue.date
    is_other_month = (subject.at.year, subject.at.month) != (today.year, today.month)
    for passage in subject.passages:
        text = passage.text
        if "month" not in text and "MONTH" not in text and "Month" not in text:
            continue
        dates = dates_in(text)
        for words in _MONTH_WORDS.finditer(text):
            wanted = _month_away(today, _MONTHS_AWAY[words["which"].lower()])
            beside = next((one for one in dates if _is_beside(words, one, text)), None)
            day = None if beside is None else day_meant(beside, today)
            if beside is not None and day is not None and (day.year, day.month) != wanted:
                yield ask.finding(
                    passage.at(*words.span()),
                    f'"{words[0]}" is {MONTHS[wanted[1] - 1]} {wanted[0]} in this issue, but the '
                    f'date beside it is "{" ".join(text[beside.start : beside.end].split())}".',
                    f"Leave out {words[0]}, or correct the date.",
                )
            elif is_other_month:
                yield ask.finding(
                    passage.at(*words.span()),
                    f'"{words[0]}" is meant from {MONTHS[today.month - 1]}, but the issue is sent '
                    f"in {MONTHS[subject.at.month - 1]}.",
                    f"Write {MONTHS[wanted[1] - 1]} instead.",
                    Severity.INFO,
                )


@check("wrong-timezone-letters", Severity.WARNING)
def wrong_timezone_letters(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """GMT on a summer's day, or BST on a winter's: "10:00 GMT on 15 July" is an hour off.

    British Summer Time lasts from the last Sunday in March to the last Sunday in October. Who reads
    GMT in July, abroad or in a calendar that understands it, comes an hour late. Looked at where
    the newsletter's timezone is that of the United Kingdom.
    """
    if not is_english(subject.issue) or subject.settings.zone.key not in BRITISH_ZONES:
        return
    for passage in subject.passages:
        if "GMT" not in passage.text.upper() and "BST" not in passage.text.upper():
            continue
        days = {
            one.clock.start: day_meant(one, subject.issue.date)
            for one in dates_in(passage.text)
            if one.clock is not None
        }
        starts = passage.section.starts if passage.section is not None else None
        for clock in likely_times(passage.text):
            day = days.get(clock.start) or (starts.day_date if starts is not None else None)
            if not clock.letters or day is None:
                continue
            begins = clock.begins or time(12)
            right = datetime.combine(day, begins, subject.settings.zone).tzname()
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


def _month_away(day: date, months: int) -> tuple[int, int]:
    """Year and month."""
    count = day.year * 12 + day.month - 1 + months
    return count // 12, count % 12 + 1


def _is_beside(words: re.Match[str], mention: DateMention, text: str) -> bool:
    """`next month on 15 October`, `15 October (next month)`."""
    if mention.start >= words.end():
        return _BESIDE.fullmatch(text, words.end(), mention.start) is not None
    return _BESIDE.fullmatch(text, mention.end, words.start()) is not None
