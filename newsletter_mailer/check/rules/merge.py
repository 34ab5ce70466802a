"""Merge fields: what stands in the slots of a message, over all readers."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.merge_fields import FieldUse, fields_of
from newsletter_mailer.check.text.wording import people, places
from newsletter_mailer.compose.compiled import HtmlSlot
from newsletter_mailer.compose.escaping import Context
from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.merge_text import MergeField
from newsletter_mailer.lazy_patterns import lazy_pattern
from newsletter_mailer.plan.plan import USUAL_FIELDS
from newsletter_mailer.plan.profile import Examples, FieldProfile, is_web_address

_OPENING = frozenset("([\u201c\u2018\"'")
_CLOSING = frozenset(",.;:!?)]\u201d\u2019\"'")
#: Markdown before the target of a link.
_LINK_OPENS = lazy_pattern(r"\]\(\s*<?$|\]:\s*<?$")


@check("unknown-column", Severity.ERROR, each=FieldUse)
def unknown_column(use: FieldUse, ask: Ask) -> Iterator[Finding]:
    """A merge field that no list of the issue has a column for.

    One of the usual columns (first_name, organisation, ...) may be missing where there is a
    default. Asked only where the lists are at hand.
    """
    if not ask.context.plan.has_lists:
        return
    name, columns = use.field.name, ask.context.plan.columns
    if name not in columns and (name not in USUAL_FIELDS or use.field.default is None):
        yield ask.finding(
            use.source,
            f"No list of this issue has a column for {{{{ {use.field.label} }}}}.",
            did_you_mean(name, columns),
        )


@check("missing-value", Severity.ERROR, each=FieldUse)
def missing_value(use: FieldUse, ask: Ask) -> Iterator[Finding]:
    """A merge field without a default that is blank for some reader who gets it.

    In a section with regions or roles, only its readers count.
    """
    if use.field.default is not None or use.field.name not in ask.context.plan.columns:
        return
    blank = _blank(ask.context, use)
    if blank.count:
        sources = [source for _, source in blank.first]
        yield ask.finding(
            use.source,
            f"{{{{ {use.field.label} }}}} is blank for {people(blank.count)}: "
            f"{places(sources, blank.count)}.",
            f'Write {{{{ {use.field.label} | default("...") }}}}, or fill in the list.',
        )


@check("not-a-link", Severity.ERROR)
def not_a_link(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A merge field used as a whole link whose value is not a web address for some reader.

    Its default must be one as well. A web address begins with https://, http://, mailto: or tel:.
    """
    linked = {
        piece.meaning
        for compiled in context.compiled
        for piece in compiled.html
        if isinstance(piece, HtmlSlot)
        and isinstance(piece.meaning, MergeField)
        and piece.context is Context.WHOLE_URL
    }
    for use in fields_of(context.issue):
        if use.field not in linked or not _may_be_a_link(use):
            continue
        profile = context.plan.profile.get(use.field.name, FieldProfile())
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


@check("renders-empty", Severity.WARNING, each=FieldUse)
def renders_empty(use: FieldUse, ask: Ask) -> Iterator[Finding]:
    """A merge field with an empty default, where the sentence then reads badly.

    `Dear {{ subscriber.first_name | default("") }},` becomes "Dear ,". Asked where some reader of
    the section has no value, or where the lists are not at hand; before a comma or full stop,
    between brackets or quotes, at the end of a line, and where the field is all there is. An empty
    default between two words does no harm.
    """
    if use.field.default is None or use.field.default.strip() or not _reads_badly(use):
        return
    if ask.context.plan.has_lists and not _blank(ask.context, use).count:
        return
    left = f'this reads badly: "{use.around}"' if use.around else "nothing is left here"
    yield ask.finding(
        use.source,
        f"Where {{{{ {use.field.label} }}}} has no value, {left}.",
        'Write a word that fits: | default("colleague").',
    )


def _blank(context: CheckContext, use: FieldUse) -> Examples:
    """Readers who get this and have no value."""
    variants = (
        variant.id
        for variant in context.plan.variants.values()
        if use.section is None or use.section in variant.sections
    )
    return context.plan.profile.get(use.field.name, FieldProfile()).blank_in(variants)


def _may_be_a_link(use: FieldUse) -> bool:
    """Whether it can be the whole target of a link, rather than words beside one."""
    return not (use.before or use.after) or bool(_LINK_OPENS.search(use.before))


def _reads_badly(use: FieldUse) -> bool:
    """Whether the words beside the gap show that there is one."""
    before, after = use.before[-1:], use.after[:1]
    if not before.strip():
        return after in _CLOSING or after in ("", "\n")
    return before in _OPENING and after in _CLOSING
