"""Merge fields: what stands in the slots of a message, over all readers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter_mailer.check.places import people, places
from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.compose.compiled import HtmlSlot
from newsletter_mailer.compose.places import Place
from newsletter_mailer.findings import Finding, Severity, Source, did_you_mean
from newsletter_mailer.issue.merge import MergeField, MergeText
from newsletter_mailer.issue.model import PictureUse
from newsletter_mailer.plan.oddities import NAMES, Oddity, meant_by
from newsletter_mailer.plan.plan import USUAL_FIELDS
from newsletter_mailer.plan.profile import FieldProfile

LONGEST_VALUE = 60
LONGEST_NAME = 40
_OPENING = frozenset("([\u201c\u2018\"'")
_CLOSING = frozenset(",.;:!?)]\u201d\u2019\"'")
_BLANKS = re.compile(r"\s+")


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
                f"{{{{ {field.label} }}}} is blank for {people(profile.missing)}: "
                f"{places(profile.missing_at, profile.missing)}.",
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
                f"{people(profile.not_a_link)}: "
                f"{places(profile.not_a_link_at, profile.not_a_link)}.",
                "Write https://... in the list.",
            )
        elif field in linked and field.default and not field.default.startswith("https://"):
            yield ask.finding(
                source,
                f'The default "{field.default}" of a link is not a web address.',
                "Write https://...",
            )


@check("renders-empty", Severity.WARNING)
def renders_empty(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A merge field with an empty default, where the sentence then reads badly.

    `Dear {{ subscriber.first_name | default("") }},` becomes "Dear ,". Asked where some reader has
    no value, or where the lists are not at hand; before a comma or full stop, between brackets or
    quotes, at the end of a line, and where the field is all there is. An empty default between two
    words does no harm.
    """
    for text, source in _texts(subject):
        for at, piece in enumerate(text.pieces):
            if not isinstance(piece, MergeField) or piece.namespace != "subscriber":
                continue
            if piece.default is None or piece.default.strip() or not _may_lack(subject, piece.name):
                continue
            before, after = _beside(text, at - 1)[-1:], _beside(text, at + 1)[:1]
            if _reads_badly(before, after):
                yield ask.finding(
                    source.at(text.lines[at]),
                    f"Where {{{{ {piece.label} }}}} has no value, this reads badly: "
                    f'"{_around(text, at)}".',
                    'Write a word that fits: | default("colleague").',
                )


@check("name-in-capitals", Severity.WARNING)
def name_in_capitals(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """First or last names in a list that are all capitals, or all small letters.

    The reader sees them in the greeting and in the To line. Names of one or two letters (C, JP)
    and names with a small particle (van der Meer) are left alone.
    """
    for name in subject.plan.profile:
        hint = "Write names as their owners do."
        yield from _odd(subject, ask, name, "capitals", "{} in capitals", hint)
        yield from _odd(subject, ask, name, "small", "{} in small letters", hint)


@check("placeholder-value", Severity.WARNING)
def placeholder_value(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A value such as "n/a", "null", "-", "#REF!" or "Test" in a column that the issue uses.

    Where there is no value, the cell must be blank: then the field's default is shown. A surname
    such as Null beside a first name is left alone.
    """
    for name in subject.plan.profile:
        yield from _odd(
            subject,
            ask,
            name,
            "placeholder",
            "{} filled in with words that are no value",
            "Leave the cell blank where there is nothing to say.",
        )


@check("html-in-value", Severity.WARNING)
def html_in_value(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A value with HTML's way to write a character, such as "Smith &amp; Sons".

    Readers would see it just so: values are text, never HTML.
    """
    for name in subject.plan.profile:
        yield from _odd(
            subject,
            ask,
            name,
            "markup",
            "{} written with HTML entities",
            "Write the character itself: & for &amp;, \u00e9 for &eacute;.",
        )


@check("garbled-value", Severity.WARNING)
def garbled_value(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A value that was read in the wrong encoding: "M\u00c3\u00a9abh" for "M\u00e9abh".

    It happens when a CSV file in UTF-8 is opened in a spreadsheet as if it were not.
    """
    for name, profile in subject.plan.profile.items():
        examples = profile.odd.get("garbled")
        likely = meant_by(examples.first[0][0]) if examples else ""
        meant = f' "{likely}" is meant.' if examples and likely != examples.first[0][0] else ""
        yield from _odd(
            subject,
            ask,
            name,
            "garbled",
            "{} garbled",
            f"Export the list anew as CSV UTF-8.{meant}",
        )


@check("long-value", Severity.INFO)
def long_value(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A value of more than 60 characters (a name: more than 40) that stands in the text.

    It may break the layout on a phone, where about 40 characters fit on a line.
    """
    for name in dict.fromkeys(field.name for field, _ in _subscriber_fields(subject)):
        profile = subject.plan.profile.get(name, FieldProfile())
        most = LONGEST_NAME if name in NAMES else LONGEST_VALUE
        is_web_address = profile.longest.startswith(("https://", "http://"))
        if len(profile.longest) > most and profile.longest_at is not None and not is_web_address:
            yield ask.finding(
                profile.longest_at,
                f"The {name} here has {len(profile.longest)} characters: "
                f'"{profile.longest[:most]}...".',
                "Look at it in the preview, or shorten it in the list.",
            )


def _odd(
    subject: Subject, ask: Ask, name: str, oddity: Oddity, what: str, hint: str
) -> Iterator[Finding]:
    """One finding for all such values of a field, at the first of them."""
    profile = subject.plan.profile[name]
    examples = profile.odd.get(oddity)
    if examples is not None:
        sources = [source for _, source in examples.first]
        is_are = "is" if examples.count == 1 else "are"
        verb = f"The {name} of {people(examples.count)} {is_are}"
        yield ask.finding(
            sources[0],
            f'{what.format(verb)}, such as "{examples.first[0][0]}": '
            f"{places(sources, examples.count)}.",
            hint,
        )


def _texts(subject: Subject) -> Iterator[tuple[MergeText, Source]]:
    """Every text with merge fields, and the file that its lines are of."""
    issue = subject.issue
    yield issue.subject, issue.source
    yield issue.preheader, issue.source
    for section in issue.sections:
        for value in (section.title, section.body, *section.fields.values()):
            text = value.alt if isinstance(value, PictureUse) else value
            if isinstance(text, MergeText):
                yield text, section.source


def _may_lack(subject: Subject, name: str) -> bool:
    """Whether some reader may have no value."""
    profile = subject.plan.profile.get(name)
    return not subject.plan.has_lists or (profile is not None and profile.missing > 0)


def _reads_badly(before: str, after: str) -> bool:
    """`before`, `after`: the characters beside the gap; empty at the ends of the text."""
    if not before.strip():
        return after in _CLOSING or after in ("", "\n")
    return before in _OPENING and after in _CLOSING


def _beside(text: MergeText, at: int) -> str:
    """The words beside a field; another field counts as a word."""
    if not 0 <= at < len(text.pieces):
        return ""
    piece = text.pieces[at]
    return piece if isinstance(piece, str) else "x"


def _around(text: MergeText, at: int) -> str:
    """A few words to either side of the gap."""
    before = _BLANKS.sub(" ", _beside(text, at - 1))[-20:]
    return f"{before}{_BLANKS.sub(' ', _beside(text, at + 1))[:20]}".strip()


def _subscriber_fields(subject: Subject) -> Iterator[tuple[MergeField, Source]]:
    for field, source in subject.issue.merge_fields():
        if field.namespace == "subscriber":
            yield field, source
