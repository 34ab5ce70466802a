"""A rule finds something, and then fails."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.cli import main
from newsletter_mailer.findings import Finding, Severity


@check("planted", Severity.INFO)
def planted(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    yield ask.finding(context.issue.source, "half an answer")
    raise ZeroDivisionError("by nothing")


main()
