"""report: the page that shows what became of an issue, from the ledger."""

from __future__ import annotations

from datetime import UTC, datetime

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.status import ledger_of, standing_in
from newsletter_mailer.report.page import About, page
from newsletter_mailer.report.standing import Standing


def report(project: Project, issue_id: str, *, of_sandbox: bool = False) -> str:
    """The page's HTML. Raises LedgerError, ProjectError."""
    about = About(
        newsletter=project.settings.name,
        made=datetime.now(UTC).astimezone(project.settings.zone),
        zone=project.settings.zone,
        is_rehearsal=of_sandbox,
    )
    ledger = ledger_of(project, issue_id, of_sandbox=of_sandbox)
    if ledger is None:
        return page(Standing(issue=issue_id), [], about)
    with ledger:
        moments = [*ledger.figures.moments(issue_id)]
        return page(standing_in(ledger, issue_id), moments, about)
