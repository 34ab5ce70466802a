"""approve: check an issue, then record who agrees to what readers will see of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter_mailer.campaign.approval_file import (
    LONGEST_NAME,
    Approval,
    is_name,
    write_approval,
)
from newsletter_mailer.campaign.approval_state import SignOff, sign_off
from newsletter_mailer.campaign.first_run import nobody_has_it
from newsletter_mailer.campaign.prepare import Circumstances, Prepared, prepare
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.variant_digests import composed
from newsletter_mailer.check.evidence.gathering import gatherer
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import Finding

_FINGERPRINT = re.compile("[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedVariant:
    """A version of the newsletter that was agreed to."""

    id: str
    sections: int
    subscribers: int  #: as the lists are on this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What was agreed to, and what it replaces."""

    issue: str
    subject: str
    approval: Approval
    file: Path
    variants: Sequence[ApprovedVariant]
    findings: Sequence[Finding]  #: none of them an error
    before: SignOff  #: how it stood until then

    def as_json(self) -> dict[str, object]:
        return {
            "issue": self.issue,
            "by": self.approval.by,
            "when": self.approval.when.isoformat(),
            "content_hash": self.approval.content.total,
            "fingerprint": self.approval.content.fingerprint,
            "files": dict(sorted(self.approval.content.files.items())),
            "variants": [
                {"id": one.id, "sections": one.sections, "subscribers": one.subscribers}
                for one in self.variants
            ],
            "before": self.before.as_json(),
        }


def approve(
    project: Project,
    issue_id: str,
    by: str,
    now: datetime,
    *,
    seen: str | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> Approved:
    """`seen`: the content hash of what was looked at, or how it begins; None: what is there now.

    What is approved must be able to go out. Raises ContentError, ProjectError.
    """
    name = _name(by)
    looked_at = None if seen is None else _fingerprint(seen)
    circumstances = Circumstances(
        at=now,
        is_first_run=nobody_has_it(project, issue_id),
        gather=gatherer(project.root, project.environment, note),
    )
    with prepare(project, issue_id, circumstances=circumstances) as prepared:
        prepared.refuse_errors()
        content = prepared.edition.content
        if looked_at is not None and not content.total.startswith(looked_at):
            raise ProjectError(
                "The issue is not as it was looked at: its fingerprint is now "
                f"{content.fingerprint}. Look again, then approve it; nothing was approved."
            )
        before = sign_off(project, issue_id, content, now)
        when = now.astimezone(project.settings.zone).replace(microsecond=0)
        approval = Approval(by=name, when=when, content=content, composed=composed(prepared))
        return Approved(
            issue=issue_id,
            subject=prepared.sample_subject(),
            approval=approval,
            file=write_approval(project, issue_id, approval),
            variants=_variants(prepared),
            findings=prepared.findings,
            before=before,
        )


def _variants(prepared: Prepared) -> list[ApprovedVariant]:
    counts = prepared.plan.head_counts
    return [
        ApprovedVariant(id=one.id, sections=len(one.sections), subscribers=counts[one.id])
        for one in prepared.plan.variants.values()
    ]


def _name(by: str) -> str:
    """Raises ProjectError."""
    name = by.strip()
    if not name:
        raise ProjectError("Say who approves the issue: --by NAME.")
    if not is_name(name):
        raise ProjectError(
            f"Who approves the issue is a name in one line, of at most {LONGEST_NAME} characters."
        )
    return name


def _fingerprint(seen: str) -> str:
    """Raises ProjectError."""
    fingerprint = "".join(seen.split()).lower()
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise ProjectError(
            "A fingerprint is at least 8 of the digits 0 to 9 and a to f, as the preview shows it."
        )
    return fingerprint
