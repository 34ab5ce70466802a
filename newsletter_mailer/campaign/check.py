"""check: all questions, of one issue or of all from a day on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from newsletter_mailer.campaign.edition import prepare
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.sent_file import sent_file
from newsletter_mailer.errors import ContentError
from newsletter_mailer.findings import Finding, in_order
from newsletter_mailer.issue.folder import issue_dates, issue_ids


@dataclass(frozen=True, slots=True)
class Checked:
    issues: list[str]  #: those that were looked at
    findings: list[Finding]  #: in order of file and line


def check(project: Project, issue_id: str | None, at: datetime) -> Checked:
    """Everything that would be wrong if it were sent at that time. Raises ProjectError."""
    issues = [issue_id] if issue_id is not None else [*_upcoming(project, at.date())]
    findings: list[Finding] = []
    for chosen in issues:
        try:
            is_first_run = not sent_file(project, chosen).is_file()
            with prepare(project, chosen, at=at, is_first_run=is_first_run) as prepared:
                findings.extend(prepared.findings)
        except ContentError as stopped:
            findings.extend(stopped.findings)
    return Checked(issues, in_order(findings))


def _upcoming(project: Project, today: date) -> Iterator[str]:
    """Issues whose date is not past, and those without a readable date."""
    dates = issue_dates(project.root)
    for issue_id in issue_ids(project.root):
        if issue_id not in dates or dates[issue_id] >= today:
            yield issue_id
