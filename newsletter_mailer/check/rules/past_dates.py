"""Past dates: events that are over and deadlines that have passed when the issue is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.dates_in_text import DateInText
from newsletter_mailer.check.text.events import Deadline, Event
from newsletter_mailer.findings import Finding, Severity

#: Dates in the text that lie further back are history, whatever the words beside them.
_STALE = timedelta(days=400)


@check("past-event", Severity.ERROR, each=Event, finds_past_dates=True)
def past_event(event: Event, ask: Ask) -> Iterator[Finding]:
    """An event that is over when the issue is sent.

    It is over at its `ends`; without one, when it begins; without a time, at midnight after its
    day. In the text, a date counts that is announced ("takes place on", "join us on", "will be
    held on"); what a sentence in the past tense reports does not.

    It stops the first sending. Once the issue has gone to somebody it is a warning, so that the
    rest get theirs; and so it is where nobody is mailed (--dry-run, --sandbox).
    """
    if event.over <= ask.context.at:
        yield ask.finding(
            event.source,
            f"{event.title} is over when the issue is sent: it was on {event.starts.text}.",
            "Remove the event, or correct its date.",
            _severity(ask.context),
            gist=f"{event.section.title.plain()} ({event.starts.date_text})",
        )


@also("past-event", each=DateInText)
def past_announcement(found: DateInText, ask: Ask) -> Iterator[Finding]:
    if found.is_announced and _is_past(found, ask.context):
        yield ask.finding(
            found.source,
            f'"{found.words}" is announced, but past when the issue is sent{found.assumption}.',
            "Remove the announcement, or correct the date.",
            _text_severity(found, ask.context),
            gist=_place_of(found),
        )


@check("past-deadline", Severity.ERROR, each=Deadline, finds_past_dates=True)
def past_deadline(deadline: Deadline, ask: Ask) -> Iterator[Finding]:
    """A deadline that has passed when the issue is sent.

    A field such as closes or register_by, or a date in the text that is called one: "deadline",
    "closes on", "book by", "apply by". A day ends at 24:00.

    It stops the first sending. Once the issue has gone to somebody it is a warning, so that the
    rest get theirs; and so it is where nobody is mailed (--dry-run, --sandbox).
    """
    section, moment = deadline.section, deadline.moment
    over = moment.end(ask.context.settings.zone)
    if over is not None and over <= ask.context.at:
        label = section.kind.fields[deadline.name].label or deadline.name
        yield ask.finding(
            deadline.source,
            f"{label} {moment.text}: that has passed when the issue is sent.",
            "Remove the section, or correct the date.",
            _severity(ask.context),
            gist=f"{section.title.plain()}: {label} {moment.date_text}",
        )


@also("past-deadline", each=DateInText)
def past_deadline_in_text(found: DateInText, ask: Ask) -> Iterator[Finding]:
    if found.is_deadline and _is_past(found, ask.context):
        yield ask.finding(
            found.source,
            f'The deadline "{found.words}" has passed when the issue is sent{found.assumption}.',
            "Remove what can no longer be done, or correct the date.",
            _text_severity(found, ask.context),
            gist=_place_of(found),
        )


def _is_past(found: DateInText, context: CheckContext) -> bool:
    today = context.at.date()
    return found.day is not None and today - _STALE <= found.day < today


def _place_of(found: DateInText) -> str:
    where = found.section.title.plain() if found.section else found.source.file
    return f'{where}: "{found.words}"'


def _severity(context: CheckContext) -> Severity:
    return Severity.ERROR if context.is_first_run else Severity.WARNING


def _text_severity(found: DateInText, context: CheckContext) -> Severity:
    """An assumed year that makes it past before the issue's date may be wrong: it stops nothing."""
    is_guess = found.is_assumed and found.day is not None and found.day < context.issue.date
    return Severity.WARNING if is_guess else _severity(context)
