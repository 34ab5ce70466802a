"""Dates in the text, wording: days and months that readers may take for others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from newsletter_mailer.check.dates.date_mention import DateMention
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.dates_in_text import DateInText, day_meant
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.moments import MONTHS, Moment
from newsletter_mailer.lazy_patterns import lazy_pattern

_HALF_A_YEAR = timedelta(days=183)
_MONTH_WORDS = lazy_pattern(r"\b(?P<which>this|next|last)\s{1,4}month\b", re.IGNORECASE)
#: What may stand between "next month" and its date.
_BESIDE = lazy_pattern(r"[\s,:(–—-]{0,4}(?:(?:on|is)\s{1,3})?(?:the\s{1,3})?", re.I)
_MONTHS_AWAY = {"last": -1, "this": 0, "next": 1}


@check("missing-year", Severity.INFO, each=DateInText)
def missing_year(found: DateInText, ask: Ask) -> Iterator[Finding]:
    """A date without a year that lies more than six months after the issue's date.

    In August, "12 March" may be the last or the next one. Months near by need no year.
    """
    today = ask.context.issue.date
    if found.is_assumed and found.day is not None and found.day - today > _HALF_A_YEAR:
        yield ask.finding(
            found.source,
            f'"{found.words}" has no year, and the next one is more than six months away.',
            f"Write {Moment(found.day).date_text}, if that is meant.",
        )


@check("ambiguous-date", Severity.INFO, each=DateInText)
def ambiguous_date(found: DateInText, ask: Ask) -> Iterator[Finding]:
    """A date in digits that another reader takes for another day: 03/04/2025.

    In British order that is 3 April, in American order 4 March. A month in letters can only be read
    one way, and screen readers say it properly (GOV.UK style guide, "Dates").
    """
    if found.mention.is_ambiguous and found.day is not None:
        other = found.mention.day, MONTHS[found.mention.month - 1]
        yield ask.finding(
            found.source,
            f'"{found.words}" can be read as {other[0]} {other[1]}, or as '
            f"{found.mention.month} {MONTHS[found.mention.day - 1]}.",
            f"Write {found.day.day} {MONTHS[found.day.month - 1]} {found.day.year}.",
        )


@check("month-wording", Severity.WARNING, each=Passage, language="en")
def month_wording(passage: Passage, ask: Ask) -> Iterator[Finding]:
    """Words such as "this month" and "next month" that do not fit the date beside them.

    The words count from the issue's date: "next month, on 15 October" is wrong in an August issue.
    Dates elsewhere in the sentence are left alone.

    Where the issue is sent in another month than its date says, each of these words is pointed out
    as information: readers count from the day on which they read.
    """
    today = ask.context.issue.date
    is_other_month = (ask.context.at.year, ask.context.at.month) != (today.year, today.month)
    text = passage.text
    if "month" not in text and "MONTH" not in text and "Month" not in text:
        return
    dates = passage.dates
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
                f"in {MONTHS[ask.context.at.month - 1]}.",
                f"Write {MONTHS[wanted[1] - 1]} instead.",
                Severity.INFO,
            )


def _month_away(day: date, months: int) -> tuple[int, int]:
    """Year and month."""
    count = day.year * 12 + day.month - 1 + months
    return count // 12, count % 12 + 1


def _is_beside(words: re.Match[str], mention: DateMention, text: str) -> bool:
    """`next month on 15 October`, `15 October (next month)`."""
    if mention.start >= words.end():
        return _BESIDE.fullmatch(text, words.end(), mention.start) is not None
    return _BESIDE.fullmatch(text, mention.end, words.start()) is not None
