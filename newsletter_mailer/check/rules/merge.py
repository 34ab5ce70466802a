"""Merge fields: what stands in the slots of a message, over all readers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter_mailer.check.fields import FieldUse, fields_of
from newsletter_mailer.check.places import people, places
from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.compose.compiled import HtmlSlot
from newsletter_mailer.compose.places import Place
from newsletter_mailer.findings import Finding, Severity, did_you_mean
from newsletter_mailer.issue.merge import MergeField
from newsletter_mailer.plan.plan import USUAL_FIELDS
from newsletter_mailer.plan.profile import Examples, FieldProfile, is_web_address

_OPENING = frozenset("([\u201c\u2018\"'")
_CLOSING = frozenset(",.;:!?)]\u201d\u2019\"'")
#: Markdown before the target of a link.
_LINK_OPENS = re.compile(r"\]\(\s*<?$|\]:\s*<?$")


@check("unknown-column", Severity.ERROR)
def unknown_column(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A merge field that no list of the issue has a column for.

    One of the usual columns (first_name, organisation, ...) may be missing where there is a
    default. Asked only where the lists are at hand.
    """
    if not subject.plan.has_lists:
        return
    for use in fields_of(subject.issue):
        name, default = use.field.name, use.field.default
        if name not in subject.plan.columns and (name not in USUAL_FIELDS or default is None):
            yield ask.finding(
                use.source,
                f"No list of this issue has a column for {{{{ {use.field.label} }}}}.",
                did_you_mean(name, subject.plan.columns),
            )


@check("missing-value", Severity.ERROR)
def missing_value(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A merge field without a default that is blank for some reader who gets it.

    In a section with regions or roles, only its readers count.
    """
    for use in fields_of(subject.issue):
        if use.field.default is not None or use.field.name not in subject.plan.columns:
            continue
        blank = _blank(subject, use)
        if blank.count:
            sources = [source for _, source in blank.first]
            yield ask.finding(
                use.source,
                f"{{{{ {use.field.label} }}}} is blank for {people(blank.count)}: "
                f"{places(sources, blank.count)}.",
                f'Write {{{{ {use.field.label} | default("...") }}}}, or fill in the list.',
            )


@check("not-a-link", Severity.ERROR)
def not_a_link(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A merge field used as a whole link whose value is not a web address for some reader.

    Its default must be one as well. A web address begins with https://, http://, mailto: or tel:.
    """
    linked = {
        piece.meaning
        for compiled in subject.compiled
        for piece in compiled.html
        if isinstance(piece, HtmlSlot)
        and isinstance(piece.meaning, MergeField)
        and piece.place is Place.WHOLE_URL
    }
    for use in fields_of(subject.issue):
        if use.field not in linked or not _may_be_a_link(use):
            continue
        profile = subject.plan.profile.get(use.field.name, FieldProfile())
        if profile.not_a_link:
            yield ask.finding(
                use.source,
                f"{{{{ {use.field.label} }}}} is a link here, but no web address for "
                f"{people(profile.not_a_link)}: "
                f"{places(profile.not_a_link_at, profile.not_a_link)}.",
                "Write https://... in the list.",
            )
        if use.field.default and not is_web_address(use.field.default):
            yield ask.finding(
                use.source,
                f'The default "{use.field.default}" of a link is not a web address.',
                "Write https://...",
            )


@check("renders-empty", Severity.WARNING)
def renders_empty(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A merge field with an empty default, where the sentence then reads badly.

    `Dear {{ subscriber.first_name | default("") }},` becomes "Dear ,". Asked where some reader of
    the section has no value, or where the lists are not at hand; before a comma or full stop,
    between brackets or quotes, at the end of a line, and where the field is all there is. An empty
    default between two words does no harm.
    """
    for use in fields_of(subject.issue):
        if use.field.default is None or use.field.default.strip() or not _reads_badly(use):
            continue
        if subject.plan.has_lists and not _blank(subject, use).count:
            continue
        left = f'this reads badly: "{use.around}"' if use.around else "nothing is left here"
        yield ask.finding(
            use.source,
            f"Where {{{{ {use.field.label} }}}} has no value, {left}.",
            'Write a word that fits: | default("colleague").',
        )


def _blank(subject: Subject, use: FieldUse) -> Examples:
    """Readers who get this and have no value."""
    variants = (
        variant.id
        for variant in subject.plan.variants.values()
        if use.section is None or use.section in variant.sections
    )
    return subject.plan.profile.get(use.field.name, FieldProfile()).blank_in(variants)


def _may_be_a_link(use: FieldUse) -> bool:
    """Whether it can be the whole target of a link, rather than words beside one."""
    return not (use.before or use.after) or bool(_LINK_OPENS.search(use.before))


def _reads_badly(use: FieldUse) -> bool:
    """Whether the words beside the gap show that there is one."""
    before, after = use.before[-1:], use.after[:1]
    if not before.strip():
        return after in _CLOSING or after in ("", "\n")
    return before in _OPENING and after in _CLOSING
