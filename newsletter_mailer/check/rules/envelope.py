"""Envelope and parts: what inboxes show, and what a message must carry."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.findings import Finding, Severity, Source


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
