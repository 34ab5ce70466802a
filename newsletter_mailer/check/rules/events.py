"""Events and deadlines: what contradicts itself, and what readers were told before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.dates_in_text import DateInText, lead
from newsletter_mailer.check.text.events import Deadline, Event
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.earlier_issues import EarlierIssue
from newsletter_mailer.issue.front_matter import read_front_matter
from newsletter_mailer.issue.merge_text import MergeText
from newsletter_mailer.issue.model import Section
from newsletter_mailer.issue.moments import BadMoment, Moment, parse_moment
from newsletter_mailer.lazy_patterns import lazy_pattern

#: What is done after an event has a deadline after it.
_AFTERWARDS = lazy_pattern(
    r"\b(?:feedback|survey|evaluation|questionnaire|slides|recordings?|certificates?|claims?"
    r"|expenses|afterwards|report)\b",
    re.IGNORECASE,
)
_TIME_LABEL = lazy_pattern(r"\b(?:time|times)\s{0,2}:\s{0,3}\Z", re.IGNORECASE)
_REMINDER = lazy_pattern(
    r"\b(?:remind(?:er|s)?|last\s+(?:chance|few|places|call)|final\s+(?:places|call|few)|still\s+"
    r"(?:time|places)|(?:few|some|more)\s+places|places\s+(?:left|remain)|not\s+too\s+late)\b",
    re.IGNORECASE,
)
_MOVED = lazy_pattern(
    r"\b(?:new\s+(?:date|time)|re-?scheduled|postponed|moved|brought\s+forward|put\s+back"
    r"|change\s+of\s+(?:date|time)|(?:date|time)s?\s+(?:has|have)\s+(?:been\s+)?changed)\b",
    re.IGNORECASE,
)


@check("deadline-after-event", Severity.ERROR, each=Deadline)
def deadline_after_event(deadline: Deadline, ask: Ask) -> Iterator[Finding]:
    """A deadline that comes after its event has begun: book by 20 October for 15 October.

    Deadlines in the event's own text are looked at as well, but for those of feedback, surveys and
    claims. One on the day of the event is fine.
    """
    event = ask.context.events.get(deadline.section.slug)
    if event is None:
        return
    begins, last = event.starts.clock, deadline.moment.clock
    is_late = deadline.day > event.day
    if begins is not None and last is not None:
        is_late = last > begins
    if is_late:
        yield ask.finding(
            deadline.source,
            f"The deadline, {deadline.moment.text}, comes after the event has begun: "
            f"{event.starts.text}.",
            "Correct the deadline, or the event's date.",
        )


@also("deadline-after-event", each=DateInText)
def deadline_in_text_after_event(found: DateInText, ask: Ask) -> Iterator[Finding]:
    event = _event_around(found.section, ask.context)
    if event is None or not found.is_deadline or found.day is None or found.day <= event.day:
        return
    if not _AFTERWARDS.search(lead(found.passage.text, found.mention.start)):
        yield ask.finding(
            found.source,
            f'The deadline "{found.words}" comes after the event has begun: {event.starts.text}.',
            "Correct the deadline, or the event's date.",
        )


@check("contradicting-date", Severity.WARNING, each=DateInText)
def contradicting_date(found: DateInText, ask: Ask) -> Iterator[Finding]:
    """An event whose words name another day or time than its starts does.

    In the title every date is the event's own, so that another day there is an error. In the text
    only a date that is announced counts ("takes place on", "Date:"), and a time after "Time:";
    deadlines and history are left alone. A date in the title of an event that is still tbc is told
    of too.
    """
    section = found.section
    if section is None or section.starts is None or found.day is None or found.is_deadline:
        return
    is_title = found.passage.where == "title"
    if not is_title and not found.is_announced:
        return
    event = _event_around(section, ask.context)
    if event is None:
        if is_title:
            yield ask.finding(
                found.source,
                f'The title names "{found.words}", but starts is still tbc.',
                f"Write starts: {found.day.isoformat()}, or leave the date out of the title.",
            )
    elif not _is_on(found, event):
        yield ask.finding(
            found.source,
            f'"{found.words}" is not the day of the event, {section.starts.date_text}.',
            "Correct the words, or starts.",
            Severity.ERROR if is_title else Severity.WARNING,
        )


@also("contradicting-date", each=Passage, language="en")
def contradicting_time(passage: Passage, ask: Ask) -> Iterator[Finding]:
    event = _event_around(passage.section, ask.context)
    if event is None or event.starts.clock is None or event.last_day != event.day:
        return
    begins = event.starts.clock.time()
    for clock in passage.times:
        if not clock.is_certain or clock.begins is None or clock.may_begin_at(begins):
            continue
        label = passage.text[max(0, clock.start - 12) : clock.start]
        if passage.where == "title" or _TIME_LABEL.search(label):
            yield ask.finding(
                passage.at(clock.start, clock.end),
                f'"{passage.text[clock.start : clock.end]}" is not when the event begins, '
                f"{event.starts.time}.",
                "Correct the words, or starts.",
            )


def _event_around(section: Section | None, context: CheckContext) -> Event | None:
    """The event that a section is, if its day is known."""
    return None if section is None else context.events.get(section.slug)


@check("repeated-event", Severity.WARNING)
def repeated_event(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """An event that an earlier issue announced: the same again, or with another date.

    It is the same if the title is, or the link and the date. Repeated on purpose it should say so
    ("reminder", "last places"), and then nothing is found. If the earlier issue named another day
    or time, who read it has the old one in the calendar: the text should say that it has changed
    ("new date", "postponed", "moved"). What was tbc, or was over before this issue, is no matter.
    """
    events = context.events.values()
    listed = {(_title(event.section), event.starts.iso) for event in events}
    for event in events:
        told = _told_before(event, context)
        if told is None:
            continue
        file, starts = told
        words = f"{event.section.title.plain()}\n{event.section.body.plain()}"
        if starts == event.starts:
            if not _REMINDER.search(words):
                yield ask.finding(
                    event.source,
                    f"{event.title} stood in an earlier issue, {file}.",
                    'Leave it out, or say that it is a reminder: "Last places", "Reminder".',
                )
        elif (_title(event.section), starts.iso) not in listed and not _MOVED.search(words):
            yield ask.finding(
                event.source,
                f"{event.title} is on {event.starts.text}, but an earlier issue, {file}, said "
                f"{starts.text}.",
                'If the date is right, tell readers that it has changed: "New date", "Postponed".',
            )


def _told_before(event: Event, context: CheckContext) -> tuple[str, Moment] | None:
    """Where the latest earlier issue announced it, and for when."""
    title = _title(event.section)
    link = event.section.fields.get("link")
    target = link.plain() if isinstance(link, MergeText) else ""
    for issue in context.earlier:
        told = [*_same_event(issue, title, target, event, context)]
        for file, starts in told:
            if starts == event.starts:
                return file, starts
        if told:
            return told[-1]
    return None


def _same_event(
    issue: EarlierIssue, title: str, target: str, event: Event, context: CheckContext
) -> Iterator[tuple[str, Moment]]:
    """Events of an earlier issue that are the same, and were to come when this one is dated."""
    for file, text in issue.sections.items():
        if "starts:" not in text or not ((target and target in text) or title in _folded(text)):
            continue
        values = read_front_matter(text, file).values
        try:
            starts = parse_moment(str(values.get("starts", "tbc")), context.settings.zone)
        except BadMoment:
            continue
        if starts.day_date is None or starts.day_date < context.issue.date:
            continue
        is_same_title = bool(title) and _folded(str(values.get("title", ""))) == title
        if is_same_title or (target and values.get("link") == target and starts == event.starts):
            yield file, starts


def _title(section: Section) -> str:
    return _folded(section.title.plain())


@lru_cache(maxsize=512)
def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _is_on(found: DateInText, event: Event) -> bool:
    """Whether the date is one of the event's days; its year may be missing."""
    if found.day is None:
        return True
    if not found.is_assumed:
        return event.day <= found.day <= event.last_day
    days = (found.mention.in_year(year) for year in {event.day.year, event.last_day.year})
    return any(day is not None and event.day <= day <= event.last_day for day in days)
