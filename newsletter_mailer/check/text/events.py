"""The days and times in front matter: what is an event, what is a deadline, when each is over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from newsletter_mailer.findings import Source
from newsletter_mailer.issue.model import Section
from newsletter_mailer.issue.moments import Moment


class Deadline(NamedTuple):
    """A field that names the last day, or the last moment, for something."""

    section: Section
    name: str
    moment: Moment
    day: date

    @property
    def source(self) -> Source:
        return field_source(self.section, self.name)


class Event(NamedTuple):
    """A section with a day on which it takes place."""

    section: Section
    starts: Moment
    day: date  #: of its beginning
    last_day: date
    over: datetime  #: a day ends at 24:00; without `ends`, the moment when it begins

    @property
    def title(self) -> str:
        return f'"{self.section.title.plain()}"'

    @property
    def source(self) -> Source:
        return field_source(self.section, "starts")

    def begins(self, zone: tzinfo) -> datetime:
        """Its moment, or the beginning of its day."""
        return self.starts.clock or datetime.combine(self.day, time(), zone)


def field_source(section: Section, name: str) -> Source:
    return section.source.at(section.field_lines.get(name, 1))


def event_of(section: Section, zone: tzinfo) -> Event | None:
    """None for what is no event, or has no day yet. `zone`: the newsletter's."""
    starts, ends = section.starts, section.ends
    if starts is None or starts.day_date is None:
        return None
    is_ending = ends is not None and not ends.tbc
    last = ends if ends is not None and is_ending else starts
    over = last.end(zone)
    if over is None or last.day_date is None:
        return None
    return Event(
        section=section, starts=starts, day=starts.day_date, last_day=last.day_date, over=over
    )


def deadlines_of(section: Section, words: Set[str]) -> Iterator[Deadline]:
    """The deadlines among its fields: those with one of the words in their names: register_by."""
    own = ("starts", "ends") if section.kind.is_event else ()
    for name, value in section.fields.items():
        if name in own or not isinstance(value, Moment) or value.day_date is None:
            continue
        if not words.isdisjoint(re.split(r"[_-]", name.lower())):
            yield Deadline(section=section, name=name, moment=value, day=value.day_date)


def days_of(event: Event, most: int) -> Iterator[date]:
    """Its days; of an event that lasts longer than `most`, only the first."""
    count = (event.last_day - event.day).days + 1
    for number in range(count if count <= most else 1):
        yield event.day + timedelta(days=number)
