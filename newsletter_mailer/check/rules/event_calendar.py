"""The calendar of events: their order, clashes, clock changes, bank holidays and weekends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from newsletter_mailer.check.context.audience_overlap import share_readers
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.dates.bank_holidays import bank_holidays, known_years
from newsletter_mailer.check.dates.british_zones import BRITISH_ZONES
from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.events import (
    Deadline,
    Event,
    days_of,
    field_source,
)
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.issue.model import Section
from newsletter_mailer.issue.moments import Moment

_WEEK = 7
_SATURDAY = 5


@check("events-out-of-order", Severity.WARNING)
def events_out_of_order(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """An event that stands after a later one, in a run of events that the same readers see.

    Readers look a list of dates through from the top and stop when they are past the day that they
    care for. Events whose date is tbc belong at the end. Files are ordered by their number.
    """
    for kind, run in groupby(context.issue.sections, key=lambda section: section.kind):
        if not kind.is_event:
            continue
        above: list[Section] = []
        for section in run:
            later = [
                one for one in above if share_readers(one, section) and _is_later(one, section)
            ]
            if later:
                latest = max(later, key=_order)
                yield ask.finding(
                    field_source(section, "starts"),
                    f'"{section.title.plain()}" ({_when(section)}) stands after '
                    f'"{latest.title.plain()}" ({_when(latest)}).',
                    f"Give the file a number below that of {later[0].slug}.md.",
                )
            above.append(section)


@check("events-at-once", Severity.WARNING)
def events_at_once(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """Two events that overlap in time, though the same readers are invited to both.

    Without an end an event counts as its first minute only. If one of two on the same day has no
    time, it is information: they may miss each other.
    """
    zone = context.settings.zone
    events = sorted(context.events.values(), key=lambda event: event.begins(zone))
    for at, first in enumerate(events):
        for second in events[at + 1 :]:
            if second.begins(zone) > first.over and second.day > first.last_day:
                break
            severity = _clash(first, second)
            if severity is None or not share_readers(first.section, second.section):
                continue
            one, other = sorted((first, second), key=lambda event: event.source)
            yield ask.finding(
                other.source,
                f"{other.title} ({other.starts.text}) and {one.title} ({one.starts.text}) "
                + (
                    "overlap, and the same readers are invited."
                    if severity is Severity.WARNING
                    else "are on the same day, and the time of one is open."
                ),
                "Check the times. If both are right, say in the text that there is a choice.",
                severity,
            )


@check("clock-change", Severity.WARNING, each=Event)
def clock_change(event: Event, ask: Ask) -> Iterator[Finding]:
    """An event whose time is in doubt because the clocks change.

    On the last Sunday in March the hour from 01:00 does not exist, on the last Sunday in October it
    comes twice, and on either day calendars and people disagree. Told of is an event with a time
    that begins on such a day or lasts over it (up to a week), in the newsletter's timezone.

    Write the offset from UTC, which leaves no doubt: starts: 2030-03-31 10:00+01:00.
    """
    zone, clock = ask.context.settings.zone, event.starts.clock
    if clock is None or clock.tzinfo is not zone:
        return
    hint = f"Check the time, and write it with its offset: {_with_offset(clock)}."
    if not _exists(clock, zone):
        why = "the clocks go forward, and there is no such time that day"
        shown = clock.astimezone(UTC).astimezone(zone)
        hint = f"Write the time that clocks will show, perhaps {shown:%Y-%m-%d %H:%M}."
    elif clock.utcoffset() != clock.replace(fold=1).utcoffset():
        why = "the clocks go back, and that time comes twice"
    elif change := _change(event, zone):
        why = f"the clocks change on {Moment(change).date_text}"
    else:
        return
    yield ask.finding(
        event.source,
        f"The time of {event.title}, {event.starts.text}, is in doubt: {why}.",
        hint,
    )


@check("bank-holiday", Severity.WARNING, each=Event)
def bank_holiday(event: Event, ask: Ask) -> Iterator[Finding]:
    """An event or a deadline on a bank holiday of England, when offices are closed.

    Substitute days count. Looked at where the newsletter's timezone is that of the United Kingdom;
    events of more than a week by their first day only. Bank holidays are known from 2000 to 2060; a
    date outside is information that nobody looked.
    """
    if ask.context.settings.zone.key not in BRITISH_ZONES:
        return
    names = bank_holidays("England")
    for day in days_of(event, _WEEK):
        if name := names.get(day):
            yield ask.finding(
                event.source,
                f"{event.title} is on a bank holiday, {name}: {Moment(day).date_text}.",
                "Check the date.",
            )
    yield from _unknown(event.day, event.source, ask)


@also("bank-holiday", each=Deadline)
def deadline_on_a_bank_holiday(deadline: Deadline, ask: Ask) -> Iterator[Finding]:
    if ask.context.settings.zone.key not in BRITISH_ZONES:
        return
    yield from _unknown(deadline.day, deadline.source, ask)
    if name := bank_holidays("England").get(deadline.day):
        yield ask.finding(
            deadline.source,
            f"The deadline is a bank holiday, {name}: {deadline.moment.date_text}.",
            "Check the date; the working day before may be meant.",
        )


@check("weekend", Severity.INFO, each=Event)
def weekend(event: Event, ask: Ask) -> Iterator[Finding]:
    """An event that begins on a Saturday or Sunday, or a deadline on one.

    It may be meant; often the year of a date was mistaken.
    """
    if event.day.weekday() >= _SATURDAY:
        yield ask.finding(
            event.source,
            f"{event.title} begins on a {event.starts.weekday}: {event.starts.date_text}.",
            "Check the date, if it is not meant for the weekend.",
        )


@also("weekend", each=Deadline)
def deadline_at_the_weekend(deadline: Deadline, ask: Ask) -> Iterator[Finding]:
    if deadline.day.weekday() >= _SATURDAY:
        yield ask.finding(
            deadline.source,
            f"The deadline is a {deadline.moment.weekday}: {deadline.moment.date_text}.",
            "Check the date; most readers look at their mail on working days.",
        )


def _order(section: Section) -> tuple[bool, date]:
    starts = section.starts
    day = starts.day_date if starts is not None else None
    return (day is None, day or date.max)


def _is_later(above: Section, below: Section) -> bool:
    """By day, and on the same day by time if both have one."""
    if above.starts is None or below.starts is None:
        return False
    if above.starts.clock is not None and below.starts.clock is not None:
        return above.starts.clock > below.starts.clock
    return _order(above) > _order(below)


def _when(section: Section) -> str:
    return section.starts.text if section.starts is not None and not section.starts.tbc else "tbc"


def _clash(first: Event, second: Event) -> Severity | None:
    begins, other = first.starts.clock, second.starts.clock
    if begins is not None and other is not None:
        is_clash = other < first.over or other == begins
        return Severity.WARNING if is_clash else None
    is_one_day = first.day == first.last_day == second.day == second.last_day
    return Severity.INFO if is_one_day else None


def _unknown(day: date, source: Source, ask: Ask) -> Iterator[Finding]:
    """Told of a day that is not in the table, so that silence means that it was looked at."""
    years = known_years()
    if day.year not in years:
        yield ask.finding(
            source,
            f"Whether {Moment(day).date_text} is a bank holiday is not known: the years {years[0]} "
            f"to {years[-1]} are.",
            "Check the year, or look into a calendar.",
            Severity.INFO,
        )


def _exists(clock: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks ever show that time: not in the hour that is left out in spring."""
    return clock.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == clock.replace(tzinfo=None)


def _change(event: Event, zone: ZoneInfo) -> date | None:
    """The day of the event on which the clocks change."""
    days = days_of(event, _WEEK)
    return next((d for d in days if _offset(d, zone) != _offset(d + timedelta(days=1), zone)), None)


def _offset(day: date, zone: ZoneInfo) -> timedelta | None:
    return datetime.combine(day, time(), zone).utcoffset()


def _with_offset(clock: datetime) -> str:
    return clock.isoformat(sep=" ", timespec="minutes")
