"""All issues of the project, by what their issue.toml and the ledger say; no section is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.compose.sample_reader import sample_values
from newsletter_mailer.errors import LedgerError, ProjectError
from newsletter_mailer.files.toml_file import read_toml
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.issue_folders import issue_ids
from newsletter_mailer.issue.merge_language import parse_merge_text
from newsletter_mailer.issue.merge_text import MergeField
from newsletter_mailer.issue.moments import Moment
from newsletter_mailer.store.states import State
from newsletter_mailer.toml_text import as_day


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLine:
    """An issue in a list of all."""

    id: str
    subject: str = ""  #: as a made-up reader sees it; empty if it cannot be read
    date: date | None = None
    counts: Mapping[State, int] = field(default_factory=dict)  #: of readers, from the ledger
    was_sent_elsewhere: bool = False  #: sent.toml says so, and the ledger here knows nothing of it

    @property
    def is_sent(self) -> bool:
        """Whether readers have it, or began to get it."""
        return self.was_sent_elsewhere or bool(self.counts)


@dataclass(frozen=True, slots=True)
class AllIssues:
    """The latest first; `trouble` says why nothing is known of what was sent."""

    issues: tuple[IssueLine, ...]
    trouble: str = ""


def all_issues(project: Project) -> AllIssues:
    """What cannot be read is in the list all the same: `check` of that issue says why."""
    counts, trouble = _counts(project)
    lines = [_line(project, one, counts.get(one, {})) for one in issue_ids(project.root)]
    lines.sort(key=lambda line: (line.date or date.max, line.id), reverse=True)
    return AllIssues(tuple(lines), trouble)


def _counts(project: Project) -> tuple[dict[str, Mapping[State, int]], str]:
    """Of every issue that the ledger knows."""
    try:
        ledger = project.ledger.read()
        if ledger is None:
            return {}, ""
        with ledger:
            known = [one for one in issue_ids(project.root) if ledger.issue(one) is not None]
            return {one: ledger.counts(one) for one in known}, ""
    except (LedgerError, ProjectError) as fault:
        return {}, str(fault)


def _line(project: Project, issue_id: str, counts: Mapping[State, int]) -> IssueLine:
    file = f"issues/{issue_id}/issue.toml"
    table = read_toml(project.root / file, file).table
    day = as_day(table.get("date"))
    return IssueLine(
        id=issue_id,
        subject=_subject(project, issue_id, str(table.get("subject", "")), day),
        date=day,
        counts=counts,
        was_sent_elsewhere=not counts and project.sent_file(issue_id).is_file(),
    )


def _subject(project: Project, issue_id: str, text: str, day: date | None) -> str:
    merged, _ = parse_merge_text(text, Source(f"issues/{issue_id}/issue.toml"))
    known = {
        **{("newsletter", name): value for name, value in project.settings.merge_fields.items()},
        ("issue", "id"): issue_id,
        ("issue", "date"): Moment(day).date_text if day else "",
    }

    def shown(piece: MergeField) -> str:
        if piece.namespace == "subscriber":
            return sample_values([piece]).get(piece.name) or piece.default or ""
        return known.get((piece.namespace, piece.name)) or piece.default or ""

    return "".join(
        shown(piece) if isinstance(piece, MergeField) else piece for piece in merged.pieces
    )
