"""A list is not here, and the ledger still owes the issue: it has the readers, as planned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from newsletter_mailer.campaign.edition import Edition
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.model import Issue
from newsletter_mailer.plan.plan import Filters, Plan
from newsletter_mailer.plan.variants import Variant
from newsletter_mailer.toml_text import line_of

if TYPE_CHECKING:
    from newsletter_mailer.store.figures import Remembered


def obstacle_to(remembered: Remembered, filters: Filters, edition: Edition) -> str:
    """Why they cannot be mailed as they were planned; empty if they can."""
    if filters.is_narrow:
        return (
            "Without --list, --region and --role, those whom the ledger still owes the issue can "
            "be mailed without the list."
        )
    return obstacle_in(remembered, edition)


def obstacle_in(remembered: Remembered, edition: Edition) -> str:
    """Why it is not known what each was to get; empty if it is."""
    if remembered.content_hashes != {edition.content.total}:
        return (
            "The issue has changed since its readers were planned: what each gets needs the lists."
        )
    if not remembered.owed.keys() <= remembered.sections.keys():
        return "The ledger is of an older version, and does not know what each reader was to get."
    return ""


def plan_as_before(remembered: Remembered, issue: Issue) -> Plan:
    """What those who are owed it were to get. The issue has not changed since."""
    sections = {section.slug: section for section in issue.sections}
    plan = Plan(head_counts=Counter(remembered.owed), has_lists=False)
    for variant in remembered.owed:
        chosen = tuple(sections[slug] for slug in remembered.sections[variant])
        plan.include(Variant(variant, chosen))
    plan.skipped.update(remembered.skipped)
    return plan


def remembered_findings(
    project: Project, issue: Issue, absent: Sequence[str], remembered: Remembered
) -> Iterator[Finding]:
    """Says it once for each list that is not here."""
    line = line_of(issue.files["issue.toml"].decode(), "lists")
    owed = sum(remembered.owed.values())
    whom = "the one reader" if owed == 1 else f"the {owed:,} readers"
    for name in absent:
        yield Finding(
            rule="absent-list",
            severity=Severity.INFO,
            source=issue.source.at(line),
            message=(
                f"The list {project.lists.place(name)} is not here. {whom.capitalize()} whom the "
                "ledger still owes this issue can be mailed without it; nobody is added."
            ),
        )
