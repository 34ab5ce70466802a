"""The days and times in front matter: what is an event, what is a deadline, when each is over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from newsletter_mailer.check.subject import Subject
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.model import Section
from newsletter_mailer.issue.moments import Moment

#: Words in the name of a field that say: the last day for something.
_DEADLINE_WORDS = frozenset(
    {"apply", "book", "by", "close", "closes", "closing", "deadline", "due", "ends", "expires",
     "last", "register", "reply", "rsvp", "until"}
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A field that names the last day, or the last moment, for something."""

    section: Section
    name: str
    moment: Moment
    day: date

    @property
    def source(self) -> Source:
        return field_source(self.section, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
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


def events_of(subject: Subject) -> Sequence[Event]:
    """The events whose day is known, in the issue's order."""
    return [event for section in subject.issue.sections if (event := event_of(section, subject))]


def event_of(section: Section, subject: Subject) -> Event | None:
    """None for what is no event, or has no day yet."""
    starts, ends = section.starts, section.ends
    if starts is None or starts.day_date is None:
        return None
    zone = subject.settings.zone
    is_ending = ends is not None and not ends.tbc
    last = ends if ends is not None and is_ending else starts
    over = last.end(zone)
    if over is None or last.day_date is None:
        return None
    return Event(
        section=section, starts=starts, day=starts.day_date, last_day=last.day_date, over=over
    )


def deadlines_of(section: Section) -> Iterator[Deadline]:
    """The deadlines among its fields: those with a name such as closes or register_by."""
    own = ("starts", "ends") if section.kind.is_event else ()
    for name, value in section.fields.items():
        if name in own or not isinstance(value, Moment) or value.day_date is None:
            continue
        if not _DEADLINE_WORDS.isdisjoint(re.split(r"[_-]", name.lower())):
            yield Deadline(section=section, name=name, moment=value, day=value.day_date)


def share_readers(one: Section, other: Section) -> bool:
    """Whether somebody can see both."""
    return _meet(one.regions, other.regions) and _meet(one.roles, other.roles)


def _meet(one: frozenset[str], other: frozenset[str]) -> bool:
    return not one or not other or not one.isdisjoint(other)


def days_of(event: Event, most: int) -> Iterator[date]:
    """Its days; of an event that lasts longer than `most`, only the first."""
    count = (event.last_day - event.day).days + 1
    for number in range(count if count <= most else 1):
        yield event.day + timedelta(days=number)
