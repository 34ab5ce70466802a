"""Merge fields: what stands in the slots of a message, over all readers."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.compose.compiled import HtmlSlot
from newsletter_mailer.compose.places import Place
from newsletter_mailer.findings import Finding, Severity, Source, did_you_mean
from newsletter_mailer.issue.merge import MergeField
from newsletter_mailer.plan.plan import USUAL_FIELDS
from newsletter_mailer.plan.profile import FieldProfile


@check("unknown-column", Severity.ERROR)
def unknown_column(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A merge field that no list of the issue has a column for.

    One of the usual columns (first_name, organisation, ...) may be missing where there is a
    default.
    """
    if not subject.plan.has_lists:
        return
    for field, source in _subscriber_fields(subject):
        if field.name in subject.plan.columns:
            continue
        if field.name not in USUAL_FIELDS or field.default is None:
            yield ask.finding(
                source,
                f"No list of this issue has a column for {{{{ {field.label} }}}}.",
                did_you_mean(field.name, subject.plan.columns),
            )


@check("missing-value", Severity.ERROR)
def missing_value(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A merge field without a default that is blank for some reader."""
    for field, source in _subscriber_fields(subject):
        profile = subject.plan.profile.get(field.name, FieldProfile())
        if field.default is None and profile.missing and field.name in subject.plan.columns:
            yield ask.finding(
                source,
                f"{{{{ {field.label} }}}} is blank for {_readers(profile.missing)}: "
                f"{_places(profile.missing_at, profile.missing)}.",
                f'Write {{{{ {field.label} | default("...") }}}}, or fill in the list.',
            )


@check("not-a-link", Severity.ERROR)
def not_a_link(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A merge field used as a whole link whose value is not a web address for some reader."""
    linked = {
        piece.meaning
        for compiled in subject.compiled
        for piece in compiled.html
        if isinstance(piece, HtmlSlot)
        and isinstance(piece.meaning, MergeField)
        and piece.place is Place.WHOLE_URL
    }
    for field, source in _subscriber_fields(subject):
        profile = subject.plan.profile.get(field.name, FieldProfile())
        if field in linked and profile.not_a_link:
            yield ask.finding(
                source,
                f"{{{{ {field.label} }}}} is a link here, but no web address for "
                f"{_readers(profile.not_a_link)}: "
                f"{_places(profile.not_a_link_at, profile.not_a_link)}.",
                "Write https://... in the list.",
            )
        elif field in linked and field.default and not field.default.startswith("https://"):
            yield ask.finding(
                source,
                f'The default "{field.default}" of a link is not a web address.',
                "Write https://...",
            )


def _subscriber_fields(subject: Subject) -> Iterator[tuple[MergeField, Source]]:
    for field, source in subject.issue.merge_fields():
        if field.namespace == "subscriber":
            yield field, source


def _readers(count: int) -> str:
    return "1 reader" if count == 1 else f"{count:,} readers"


def _places(sources: list[Source], count: int) -> str:
    named = ", ".join(f"{source.file}:{source.line}" for source in sources)
    return named if count <= len(sources) else f"{named} and {count - len(sources):,} more"
