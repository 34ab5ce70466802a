"""A date that a text names: where it stands, and what its parts mean as they are written."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from newsletter_mailer.check.dates.english_times import TimeMention

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class DateMention(NamedTuple):
    """A date at `text[start:end]`. Its parts are as written, so they may make no date."""

    start: int
    end: int
    day: int
    month: int
    year: int | None = None  #: None: not given
    weekday: int | None = None  #: 0 is Monday; None: not given
    clock: TimeMention | None = None  #: the time beside it
    is_ambiguous: bool = False  #: in digits that are another date in American order
    part: Literal["", "first", "last"] = ""  #: of a span of days: `first` is followed by its `last`

    @property
    def is_possible(self) -> bool:
        return self.in_year(self.year or 2000) is not None

    def in_year(self, year: int) -> date | None:
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None


def weekday_written(written: str | None) -> int | None:
    """0 is Monday. None also for "sat" and "sun" in small letters: words of their own."""
    if not written or (len(written) <= 3 and written.islower()):
        return None
    return _WEEKDAYS.index(written[:3].lower())


def month_written(written: str) -> int:
    """From 1 on."""
    return _MONTHS.index(written[:3].lower()) + 1


def year_written(written: str | None) -> int | None:
    """Of four digits, or of two from 2020 to 2049; None for what hardly is a year."""
    if written is None:
        return None
    year = int(written)
    if len(written) == 2:
        return 2000 + year if 20 <= year <= 49 else None
    return year if 1900 <= year <= 2199 else None
