"""Events and deadlines: what is past, what contradicts itself, what readers were told before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache

from newsletter_mailer.check.dates.english_times import times_in
from newsletter_mailer.check.dates.mentioned import Mentioned, is_english, lead
from newsletter_mailer.check.dates.when import (
    Event,
    deadlines_of,
    event_of,
    events_of,
)
from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.earlier import EarlierIssue
from newsletter_mailer.issue.front_matter import read_front_matter
from newsletter_mailer.issue.merge import MergeText
from newsletter_mailer.issue.model import Section
from newsletter_mailer.issue.moments import BadMoment, Moment, parse_moment

#: Dates in the text that lie further back are history, whatever the words beside them.
_STALE = timedelta(days=400)

#: The rules of what is past. On purpose an issue may be sent all the same.
PAST_DATES = frozenset({"past-event", "past-deadline"})

#: What is done after an event has a deadline after it.
_AFTERWARDS = re.compile(
    r"\b(?:feedback|survey|evaluation|questionnaire|slides|recordings?|certificates?|claims?"
    r"|expenses|afterwards|report)\b",
    re.IGNORECASE,
)
_TIME_LABEL = re.compile(r"\b(?:time|times)\s{0,2}:\s{0,3}\Z", re.IGNORECASE)
_REMINDER = re.compile(
    r"\b(?:remind(?:er|s)?|last\s+(?:chance|few|places|call)|final\s+(?:places|call|few)|still\s+"
    r"(?:time|places)|(?:few|some|more)\s+places|places\s+(?:left|remain)|not\s+too\s+late)\b",
    re.IGNORECASE,
)
_MOVED = re.compile(
    r"\b(?:new\s+(?:date|time)|re-?scheduled|postponed|moved|brought\s+forward|put\s+back"
    r"|change\s+of\s+(?:date|time)|(?:date|time)s?\s+(?:has|have)\s+(?:been\s+)?changed)\b",
    re.IGNORECASE,
)


@check("past-event", Severity.ERROR)
def past_event(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """An event that is over when the issue is sent.

    It is over at its `ends`; without one, when it begins; without a time, at midnight after its
    day. In the text, a date counts that is announced ("takes place on", "join us on", "will be
    held on"); what a sentence in the past tense reports does not.

    It stops the first sending. Once the issue has gone to somebody it is a warning, so that the
    rest get theirs; and so it is where nobody is mailed (--dry-run, --sandbox).
    """
    severity = _severity(subject)
    for event in events_of(subject):
        if event.over <= subject.at:
            yield ask.finding(
                event.source,
                f"{event.title} is over when the issue is sent: it was on {event.starts.text}.",
                "Remove the event, or correct its date.",
                severity,
                gist=f"{event.section.title.plain()} ({event.starts.date_text})",
            )
    for found in subject.dates:
        if found.is_announced and _is_past(found, subject):
            yield ask.finding(
                found.source,
                f'"{found.words}" is announced, but past when the issue is sent{found.assumption}.',
                "Remove the announcement, or correct the date.",
                _text_severity(found, subject),
                gist=_place_of(found),
            )


@check("past-deadline", Severity.ERROR)
def past_deadline(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A deadline that has passed when the issue is sent.

    A field such as closes or register_by, or a date in the text that is called one: "deadline",
    "closes on", "book by", "apply by". A day ends at 24:00.

    It stops the first sending. Once the issue has gone to somebody it is a warning, so that the
    rest get theirs; and so it is where nobody is mailed (--dry-run, --sandbox).
    """
    severity = _severity(subject)
    for section in subject.issue.sections:
        for deadline in deadlines_of(section):
            over = deadline.moment.end(subject.settings.zone)
            if over is not None and over <= subject.at:
                label = section.kind.fields[deadline.name].label or deadline.name
                yield ask.finding(
                    deadline.source,
                    f"{label} {deadline.moment.text}: that has passed when the issue is sent.",
                    "Remove the section, or correct the date.",
                    severity,
                    gist=f"{section.title.plain()}: {label} {deadline.moment.date_text}",
                )
    for found in subject.dates:
        if found.is_deadline and _is_past(found, subject):
            yield ask.finding(
                found.source,
                f'The deadline "{found.words}" has passed when the issue is sent'
                f"{found.assumption}.",
                "Remove what can no longer be done, or correct the date.",
                _text_severity(found, subject),
                gist=_place_of(found),
            )


@check("deadline-after-event", Severity.ERROR)
def deadline_after_event(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A deadline that comes after its event has begun: book by 20 October for 15 October.

    Deadlines in the event's own text are looked at as well, but for those of feedback, surveys and
    claims. One on the day of the event is fine.
    """
    for event in events_of(subject):
        for deadline in deadlines_of(event.section):
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
    for found in subject.dates:
        own = None if found.section is None else event_of(found.section, subject)
        if own is None or not found.is_deadline or found.day is None or found.day <= own.day:
            continue
        if not _AFTERWARDS.search(lead(found.passage.text, found.mention.start)):
            yield ask.finding(
                found.source,
                f'The deadline "{found.words}" comes after the event has begun: {own.starts.text}.',
                "Correct the deadline, or the event's date.",
            )


@check("contradicting-date", Severity.WARNING)
def contradicting_date(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """An event whose words name another day or time than its starts does.

    In the title every date is the event's own, so that another day there is an error. In the text
    only a date that is announced counts ("takes place on", "Date:"), and a time after "Time:";
    deadlines and history are left alone. A date in the title of an event that is still tbc is told
    of too.
    """
    for found in subject.dates:
        section = found.section
        if section is None or section.starts is None or found.day is None or found.is_deadline:
            continue
        is_title = found.passage.where == "title"
        if not is_title and not found.is_announced:
            continue
        starts = section.starts
        event = event_of(section, subject)
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
                f'"{found.words}" is not the day of the event, {starts.date_text}.',
                "Correct the words, or starts.",
                Severity.ERROR if is_title else Severity.WARNING,
            )
    yield from _contradicting_times(subject, ask)


def _contradicting_times(subject: Subject, ask: Ask) -> Iterator[Finding]:
    if not is_english(subject.issue):
        return
    for passage in subject.passages:
        event = None if passage.section is None else event_of(passage.section, subject)
        if event is None or event.starts.clock is None or event.last_day != event.day:
            continue
        begins = event.starts.clock.time()
        for clock in times_in(passage.text):
            is_own = passage.where == "title" or _TIME_LABEL.search(
                passage.text[max(0, clock.start - 12) : clock.start]
            )
            if is_own and clock.begins is not None and not clock.may_begin_at(begins):
                yield ask.finding(
                    passage.at(clock.start, clock.end),
                    f'"{passage.text[clock.start : clock.end]}" is not when the event begins, '
                    f"{event.starts.time}.",
                    "Correct the words, or starts.",
                )


@check("repeated-event", Severity.WARNING)
def repeated_event(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """An event that an earlier issue announced: the same again, or with another date.

    It is the same if the title is, or the link and the date. Repeated on purpose it should say so
    ("reminder", "last places"), and then nothing is found. If the earlier issue named another day
    or time, who read it has the old one in the calendar: the text should say that it has changed
    ("new date", "postponed", "moved"). What was tbc, or was over before this issue, is no matter.
    """
    events = events_of(subject)
    listed = {(_title(event.section), event.starts.iso) for event in events}
    for event in events:
        told = _told_before(event, subject)
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


def _told_before(event: Event, subject: Subject) -> tuple[str, Moment] | None:
    """Where the latest earlier issue announced it, and for when."""
    title = _title(event.section)
    link = event.section.fields.get("link")
    target = link.plain() if isinstance(link, MergeText) else ""
    for issue in subject.earlier:
        told = [*_same_event(issue, title, target, event, subject)]
        for file, starts in told:
            if starts == event.starts:
                return file, starts
        if told:
            return told[-1]
    return None


def _same_event(
    issue: EarlierIssue, title: str, target: str, event: Event, subject: Subject
) -> Iterator[tuple[str, Moment]]:
    """Events of an earlier issue that are the same, and were to come when this one is dated."""
    for file, text in issue.sections.items():
        if "starts:" not in text or not ((target and target in text) or title in _folded(text)):
            continue
        values = read_front_matter(text, file).values
        try:
            starts = parse_moment(str(values.get("starts", "tbc")), subject.settings.zone)
        except BadMoment:
            continue
        if starts.day_date is None or starts.day_date < subject.issue.date:
            continue
        is_same_title = bool(title) and _folded(str(values.get("title", ""))) == title
        if is_same_title or (target and values.get("link") == target and starts == event.starts):
            yield file, starts


def _title(section: Section) -> str:
    return _folded(section.title.plain())


@lru_cache(maxsize=512)
def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _is_on(found: Mentioned, event: Event) -> bool:
    """Whether the date is one of the event's days; its year may be missing."""
    if found.day is None:
        return True
    if not found.is_assumed:
        return event.day <= found.day <= event.last_day
    days = (found.mention.in_year(year) for year in {event.day.year, event.last_day.year})
    return any(day is not None and event.day <= day <= event.last_day for day in days)


def _is_past(found: Mentioned, subject: Subject) -> bool:
    today = subject.at.date()
    return found.day is not None and today - _STALE <= found.day < today


def _place_of(found: Mentioned) -> str:
    where = found.section.title.plain() if found.section else found.source.file
    return f'{where}: "{found.words}"'


def _severity(subject: Subject) -> Severity:
    return Severity.ERROR if subject.is_first_run else Severity.WARNING


def _text_severity(found: Mentioned, subject: Subject) -> Severity:
    """An assumed year that makes it past before the issue's date may be wrong: it stops nothing."""
    is_guess = found.is_assumed and found.day is not None and found.day < subject.issue.date
    return Severity.WARNING if is_guess else _severity(subject)
