"""check: all questions, of one issue or of all from a day on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from newsletter_mailer.campaign.edition import prepare
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.errors import ContentError
from newsletter_mailer.findings import Finding, in_order
from newsletter_mailer.issue.folder import issue_dates, issue_ids


def check(project: Project, issue_id: str | None, today: date) -> list[Finding]:
    """Everything that is wrong, in order of file and line. Raises ProjectError."""
    findings: list[Finding] = []
    for chosen in [issue_id] if issue_id is not None else _upcoming(project, today):
        try:
            with prepare(project, chosen) as prepared:
                findings.extend(prepared.findings)
        except ContentError as stopped:
            findings.extend(stopped.findings)
    return in_order(findings)


def _upcoming(project: Project, today: date) -> Iterator[str]:
    """Issues whose date is not past, and those without a readable date."""
    dates = issue_dates(project.root)
    for issue_id in issue_ids(project.root):
        if issue_id not in dates or dates[issue_id] >= today:
            yield issue_id
