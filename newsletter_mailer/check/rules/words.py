"""Words: what is unfinished, doubled, misspelt or unexplained."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.findings import Finding, Severity

_UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b|\b(?i:lorem ipsum)\b")


@check("unfinished-text", Severity.ERROR)
def unfinished_text(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """TODO, FIXME, XXX or lorem ipsum left in a text, the subject or the preheader."""
    for passage in subject.passages:
        for found in _UNFINISHED.finditer(passage.text):
            yield ask.finding(
                passage.at(*found.span()),
                f'"{found[0]}" stands here: the text is not finished.',
                "Write the text, or remove what is not needed.",
            )


@check("empty-section", Severity.WARNING)
def empty_section(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A section with neither text nor fields."""
    for section in subject.issue.sections:
        if section.body.is_empty and not section.fields:
            yield ask.finding(section.source, "The section has no text.", "Write it, or remove it.")
