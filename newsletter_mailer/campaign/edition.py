"""read, parse: an issue with its template and its words, and every fault in their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.vocabulary import read_vocabulary
from newsletter_mailer.check.english.vocabulary import Vocabulary
from newsletter_mailer.errors import ContentError
from newsletter_mailer.findings import Finding, in_order
from newsletter_mailer.issue.content_hash import ContentHash, content_hash
from newsletter_mailer.issue.folder import read_issue
from newsletter_mailer.issue.model import Issue, Template
from newsletter_mailer.issue.template_folder import read_template
from newsletter_mailer.starter import shipped
from newsletter_mailer.text_cache import OWN, Cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An issue, read whole."""

    issue: Issue
    template: Template
    content: ContentHash
    findings: Sequence[Finding]
    vocabulary: Vocabulary
    vocabulary_findings: Sequence[Finding]  #: what is wrong with its files: it stops no composing


def read_edition(project: Project, issue_id: str, cache: Cache = OWN) -> Edition:
    """`cache`: of what was read before.

    Raises ContentError when the files are too broken to go on, ProjectError.
    """
    return edition_of(project, issue_id, template_of(project, cache), cache)


def template_of(project: Project, cache: Cache = OWN) -> Template:
    """Raises ContentError, ProjectError."""
    template, findings = read_template(
        project.root, project.settings.template, shipped.templates(), cache
    )
    if template is None:
        raise ContentError(in_order(findings))
    return template


def edition_of(project: Project, issue_id: str, template: Template, cache: Cache = OWN) -> Edition:
    """With a template that was read before. Raises ContentError, ProjectError."""
    settings = project.settings
    issue, findings = read_issue(
        project.root, issue_id, settings, template, project.lists.place, cache
    )
    if issue is None:
        raise ContentError(in_order(findings))
    vocabulary, vocabulary_findings = read_vocabulary(project.root)
    return Edition(
        issue=issue,
        template=template,
        content=content_hash(issue, template, settings),
        findings=findings,
        vocabulary=vocabulary,
        vocabulary_findings=vocabulary_findings,
    )
