"""Dates and times as people write them in front matter, and as readers see them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

_DATE = r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
_TIME = r"(?P<time>[0-9]{1,2}:[0-9]{2})(?::[0-9]{2})?"
_ZONE = r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?"
_MOMENT = re.compile(rf"{_DATE}(?:[T ]+{_TIME}\s*{_ZONE})?")
_TIME_ALONE = re.compile(r"(?P<time>[0-9]{1,2}:[0-9]{2})")
_YEARS = range(1900, 3000)  #: others are slips of the pen

#: English names: `strftime` would follow the machine's locale.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class BadMoment(ValueError):
    """Not a date. The text says why, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, a date with a time, or neither yet (`tbc`)."""

    day_date: date | None = None
    clock: datetime | None = None  #: aware; None for a date without a time

    @property
    def tbc(self) -> bool:
        return self.day_date is None

    @property
    def _day(self) -> date:
        if self.day_date is None:
            raise BadMoment("This date is still to be confirmed.")
        return self.day_date

    @property
    def day(self) -> str:
        return "" if self.tbc else str(self._day.day)

    @property
    def weekday(self) -> str:
        return "" if self.tbc else WEEKDAYS[self._day.weekday()]

    @property
    def weekday_short(self) -> str:
        return self.weekday[:3]

    @property
    def month(self) -> str:
        return "" if self.tbc else MONTHS[self._day.month - 1]

    @property
    def month_short(self) -> str:
        return self.month[:3]

    @property
    def year(self) -> str:
        return "" if self.tbc else str(self._day.year)

    @property
    def time(self) -> str | None:
        """`10am`, `9:30am`, `midday`; None without a time."""
        return None if self.clock is None else _time_text(self.clock)

    @property
    def iso(self) -> str:
        if self.clock is not None:
            return self.clock.isoformat(timespec="minutes")
        return "" if self.tbc else self._day.isoformat()

    @property
    def date_text(self) -> str:
        if self.tbc:
            return "Date to be confirmed"
        return f"{self.weekday} {self.day} {self.month} {self.year}"

    @property
    def text(self) -> str:
        return self.date_text if self.clock is None else f"{self.date_text}, {self.time}"

    def end(self, zone: tzinfo) -> datetime | None:
        """The instant when it is over: a day ends at 24:00. None while unconfirmed."""
        if self.clock is not None or self.tbc:
            return self.clock
        return datetime.combine(self._day + timedelta(days=1), time(), zone)


def parse_moment(text: str, zone: tzinfo, *, day_of: Moment | None = None) -> Moment:
    """`2025-10-15`, `2025-10-15 09:30`, `tbc`; with `day_of` also `11:00`, on that day.

    Raises BadMoment.
    """
    text = text.strip()
    if text.casefold() in ("tbc", "tba"):
        return Moment()
    alone = _TIME_ALONE.fullmatch(text)
    if alone and day_of is not None and day_of.day_date is not None:
        return _with_time(day_of.day_date, alone["time"], zone)
    found = _MOMENT.fullmatch(text)
    if not found:
        raise BadMoment(f'"{text}" is not a date')
    day = _day(found["date"])
    if not found["time"]:
        return Moment(day)
    return _with_time(day, found["time"], _zone(found["zone"], zone))


def parse_day(text: str) -> Moment:
    """`2025-09-22`. Raises BadMoment."""
    text = text.strip()
    if not re.fullmatch(_DATE, text):
        raise BadMoment(f'"{text}" is not a date')
    return Moment(_day(text))


def refuse_span(starts: Moment, ends: Moment) -> None:
    """Raises BadMoment for an end that lies before the beginning, or gives it a time it lacks."""
    if starts.day_date is None or ends.day_date is None:
        return
    if starts.clock is None and ends.clock is not None and starts.day_date == ends.day_date:
        raise BadMoment("The event ends at a time, but starts does not say when it begins")
    is_early = ends.day_date < starts.day_date
    if starts.clock is not None and ends.clock is not None:
        is_early = ends.clock <= starts.clock
    if is_early:
        raise BadMoment(f"The event would end ({ends.text}) before it begins ({starts.text})")


def span_text(starts: Moment, ends: Moment | None) -> str:
    """`Tuesday 23 September 2025, 10am to midday`."""
    if starts.tbc or ends is None or ends.tbc or ends == starts:
        return starts.text
    if starts.day_date == ends.day_date:
        return f"{starts.text} to {ends.time}" if starts.clock and ends.clock else starts.text
    if starts.clock or ends.clock:
        return f"{starts.text} to {ends.text}"
    first = f"{starts.weekday} {starts.day}"
    if starts.year != ends.year:
        first = starts.text
    elif starts.month != ends.month:
        first = f"{first} {starts.month}"
    return f"{first} to {ends.text}"


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadMoment(f'there is no day "{text}" in the calendar') from None
    if day.year not in _YEARS:
        raise BadMoment(f'the year of "{text}" cannot be meant')
    return day


def _with_time(day: date, clock: str, zone: tzinfo) -> Moment:
    hour, minute = map(int, clock.split(":"))
    try:
        return Moment(day, datetime.combine(day, time(hour, minute), zone))
    except ValueError:
        raise BadMoment(f'"{clock}" is not a time of day') from None


def _zone(text: str | None, default: tzinfo) -> tzinfo:
    if text is None:
        return default
    try:
        offset = datetime.strptime(text, "%z").tzinfo
    except ValueError:
        raise BadMoment(f'"{text}" is not an offset from UTC') from None
    return offset if offset is not None else default


def _time_text(clock: datetime) -> str:
    if (clock.hour, clock.minute) == (12, 0):
        return "midday"
    hour = clock.hour % 12 or 12
    minutes = f":{clock.minute:02}" if clock.minute else ""
    return f"{hour}{minutes}{'am' if clock.hour < 12 else 'pm'}"
