"""read, parse: an issue with its template, and every fault in their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter_mailer import starter
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.errors import ContentError
from newsletter_mailer.findings import Finding, in_order
from newsletter_mailer.issue.content_hash import ContentHash, content_hash
from newsletter_mailer.issue.folder import read_issue
from newsletter_mailer.issue.model import Issue, Template
from newsletter_mailer.issue.template_folder import read_template


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An issue, read whole."""

    issue: Issue
    template: Template
    content: ContentHash
    findings: Sequence[Finding]


def read_edition(project: Project, issue_id: str) -> Edition:
    """Raises ContentError when the files are too broken to go on, ProjectError."""
    return edition_of(project, issue_id, template_of(project))


def template_of(project: Project) -> Template:
    """Raises ContentError, ProjectError."""
    template, findings = read_template(project.root, project.settings.template, starter.templates())
    if template is None:
        raise ContentError(in_order(findings))
    return template


def edition_of(project: Project, issue_id: str, template: Template) -> Edition:
    """With a template that was read before. Raises ContentError, ProjectError."""
    settings = project.settings
    issue, findings = read_issue(project.root, issue_id, settings, template)
    if issue is None:
        raise ContentError(in_order(findings))
    return Edition(
        issue=issue,
        template=template,
        content=content_hash(issue, template, settings),
        findings=findings,
    )
