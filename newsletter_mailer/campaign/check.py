"""check: all questions, of one issue or of all from a day on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from newsletter_mailer.campaign.first_run import nobody_has_it
from newsletter_mailer.campaign.prepare import Circumstances, prepare
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.project_cache import made_before
from newsletter_mailer.check.context.matrix import Matrix, matrix_of
from newsletter_mailer.check.evidence.gathering import gatherer
from newsletter_mailer.check.runner.timings import Timings
from newsletter_mailer.errors import ContentError
from newsletter_mailer.findings import Finding, in_order
from newsletter_mailer.issue.issue_folders import issue_dates, issue_ids
from newsletter_mailer.settings.newsletter import FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was looked at, and what is wrong there."""

    by_issue: Mapping[str, list[Finding]]  #: of every issue that was looked at
    variants: int = 0  #: how many were composed
    matrices: Mapping[str, Matrix] = field(default_factory=dict)  #: who gets what, by issue

    @property
    def issues(self) -> list[str]:
        """Those that were looked at."""
        return [*self.by_issue]

    @property
    def findings(self) -> list[Finding]:
        """Of all issues, in order of file and line, each fault once."""
        return in_order(finding for findings in self.by_issue.values() for finding in findings)


def check(
    project: Project,
    issue_id: str | None,
    at: datetime,
    wanted: Collection[str] = (),
    note: Callable[[str], None] = lambda text: None,
    timings: Timings | None = None,
) -> Checked:
    """Everything that would be wrong if it were sent at that time.

    `wanted`: options of `check` that ask for evidence, such as --links. `note` tells a person what
    of that was left out, and why. `timings`: how long each rule takes is added to them.
    Raises ProjectError.
    """
    issues = [issue_id] if issue_id is not None else [*_upcoming(project, at.date())]
    gather = gatherer(project.root, project.environment, _once(note), wanted)
    cache = made_before(project)
    by_issue: dict[str, list[Finding]] = {}
    matrices: dict[str, Matrix] = {}
    variants = 0
    for chosen in issues:
        try:
            is_first_run = nobody_has_it(project, chosen)
            now = Circumstances(at=at, is_first_run=is_first_run, gather=gather, timings=timings)
            with prepare(project, chosen, circumstances=now, cache=cache) as prepared:
                by_issue[chosen] = [*prepared.findings]
                matrices[chosen] = matrix_of(
                    prepared.edition.issue, project.settings, prepared.plan
                )
                variants += len(prepared.compiled)
        except ContentError as stopped:
            by_issue[chosen] = [*stopped.findings]
    return Checked(by_issue=_without_ignores_in_use(by_issue), variants=variants, matrices=matrices)


def _once(note: Callable[[str], None]) -> Callable[[str], None]:
    """Says nothing twice: what is missing here is missing for every issue."""
    said: set[str] = set()

    def tell(text: str) -> None:
        if text not in said:
            said.add(text)
            note(text)

    return tell


def _without_ignores_in_use(by_issue: Mapping[str, list[Finding]]) -> Mapping[str, list[Finding]]:
    """An ignore for all issues is unused only if every issue says so.

    One that could not be asked everything says nothing about its ignores.
    """

    said = Counter(
        finding.about
        for findings in by_issue.values()
        for finding in findings
        if _is_for_all_issues(finding)
    )
    return {
        issue: [
            finding
            for finding in findings
            if not _is_for_all_issues(finding) or said[finding.about] == len(by_issue)
        ]
        for issue, findings in by_issue.items()
    }


def _is_for_all_issues(finding: Finding) -> bool:
    return finding.rule == "unused-ignore" and finding.source.file == FILE


def _upcoming(project: Project, today: date) -> Iterator[str]:
    """Issues whose date is not past, and those without a readable date."""
    dates = issue_dates(project.root)
    for issue_id in issue_ids(project.root):
        if issue_id not in dates or dates[issue_id] >= today:
            yield issue_id
