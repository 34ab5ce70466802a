"""Mail clients: what they cut off, drop or do not understand."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.findings import Finding, Severity

#: Gmail shows about this much and hides the rest (hteumeuleu/email-bugs#41).
GMAIL_CLIPS_AT = 102 * 1024
GMAIL_CLIPS_SOON = 90 * 1024


@check("gmail-clipping", Severity.ERROR)
def gmail_clipping(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """HTML of 102 KB or more, where Gmail hides the rest of the mail behind a link.

    Measured after filling, with the longest value of each field. From 90 KB on it is a warning.
    """
    for compiled in subject.compiled:
        addresses = dict.fromkeys(compiled.pictures, "cid:0123456789ab-picture@example.org")
        size = len(
            compiled.page(
                subject.longest_values, {"unsubscribe_url": "mailto:"}, addresses
            ).encode()
        )
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
