"""The questions. Each yields everything that is wrong, says where, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from newsletter_mailer.check.registry import ADJUSTABLE, RULES, Ask, Rule, Subject, check
from newsletter_mailer.compose.compiled import HtmlSlot
from newsletter_mailer.compose.places import Place
from newsletter_mailer.findings import Finding, Severity, Source, did_you_mean
from newsletter_mailer.issue.merge import MergeField, MergeText
from newsletter_mailer.issue.model import Issue, PictureUse
from newsletter_mailer.plan.plan import USUAL_FIELDS, FieldProfile

#: Gmail shows about this much and hides the rest (hteumeuleu/email-bugs#41).
GMAIL_CLIPS_AT = 102 * 1024
GMAIL_CLIPS_SOON = 90 * 1024

_UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b|\b(?i:lorem ipsum)\b")


def all_rules() -> Mapping[str, Rule]:
    """Every rule of this module, by its id."""
    return RULES


def ask_all(subject: Subject) -> Iterator[Finding]:
    """What every question finds."""
    for rule in RULES.values():
        yield from rule.ask(subject, Ask(rule.id, rule.severity))


@check("gmail-clipping", Severity.ERROR)
def gmail_clipping(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """HTML of 102 KB or more, where Gmail hides the rest of the mail behind a link.

    Measured after filling, with the longest value of each field. From 90 KB on it is a warning.
    """
    longest = {name: profile.longest for name, profile in subject.plan.profile.items()}
    for compiled in subject.compiled:
        addresses = dict.fromkeys(compiled.pictures, "cid:0123456789ab-picture@example.org")
        size = len(compiled.page(longest, {"unsubscribe_url": "mailto:"}, addresses).encode())
        if size < GMAIL_CLIPS_SOON:
            continue
        severity = Severity.ERROR if size >= GMAIL_CLIPS_AT else Severity.WARNING
        heaviest = max(compiled.variant.sections, key=lambda s: len(s.body.plain()))
        yield ask.finding(
            subject.issue.source,
            f"The variant {compiled.variant.id} has {size / 1024:.0f} KB of HTML; Gmail hides what "
            "comes after 102 KB.",
            f"Shorten or split the issue; its longest section is {heaviest.source.file}.",
            severity,
        )


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


@check("unfinished-text", Severity.ERROR)
def unfinished_text(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """TODO, FIXME, XXX or lorem ipsum left in a text, the subject or the preheader."""
    for text, place in _texts(subject.issue):
        for number, line in enumerate(text.plain().split("\n"), start=place.line):
            if found := _UNFINISHED.search(line):
                yield ask.finding(
                    place.at(number),
                    f'"{found[0]}" stands here: the text is not finished.',
                    "Write the text, or remove what is not needed.",
                )


@check("empty-section", Severity.WARNING)
def empty_section(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A section with neither text nor fields."""
    for section in subject.issue.sections:
        if section.body.is_empty and not section.fields:
            yield ask.finding(section.source, "The section has no text.", "Write it, or remove it.")


@check("preheader", Severity.WARNING)
def preheader(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """No preheader: inboxes then show whatever text comes first."""
    if subject.issue.preheader.is_empty:
        yield ask.finding(
            subject.issue.source,
            "The issue has no preheader, the line that inboxes show after the subject.",
            'Add preheader = "..." with 40 to 100 characters.',
        )


@check("postal-address", Severity.WARNING)
def postal_address(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """No postal address in the footer; readers and several laws expect one (PECR regulation 23)."""
    if not subject.settings.postal_address:
        yield ask.finding(
            Source("newsletter.toml"),
            "The newsletter has no postal address.",
            'Add postal_address = """...""".',
        )


@check("unknown-rule", Severity.WARNING)
def unknown_rule(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A rule under [check] or in a section's ignore that does not exist, or cannot be changed."""
    adjustable = ADJUSTABLE | RULES.keys()
    settings = subject.settings
    named = [
        (rule, Source("newsletter.toml", settings.check_lines.get(rule, 1)))
        for rule in (*settings.severities, *settings.ignored)
    ]
    for section in subject.issue.sections:
        place = section.source.at(section.field_lines.get("ignore", 1))
        named += [(rule, place) for rule in section.ignored]
    for rule, source in named:
        if rule not in adjustable:
            yield ask.finding(
                source,
                f'There is no rule "{rule}" that can be changed or ignored.',
                did_you_mean(rule, adjustable),
            )


def _texts(issue: Issue) -> Iterator[tuple[MergeText, Source]]:
    """Everything that the issue says in words, and where it begins."""
    for text in (issue.subject, issue.preheader):
        yield text, issue.source.at(min(text.lines, default=1))
    for section in issue.sections:
        yield section.title, section.source.at(section.field_lines.get("title", 1))
        yield section.body, section.source.at(section.body_line)
        for name, value in section.fields.items():
            words = value.alt if isinstance(value, PictureUse) else value
            if isinstance(words, MergeText):
                yield words, section.source.at(section.field_lines.get(name, 1))


def _subscriber_fields(subject: Subject) -> Iterator[tuple[MergeField, Source]]:
    for field, source in subject.issue.merge_fields():
        if field.namespace == "subscriber":
            yield field, source


def _readers(count: int) -> str:
    return "1 reader" if count == 1 else f"{count:,} readers"


def _places(sources: list[Source], count: int) -> str:
    named = ", ".join(f"{source.file}:{source.line}" for source in sources)
    return named if count <= len(sources) else f"{named} and {count - len(sources):,} more"
