"""How an issue stands with those who must agree to it before readers get it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter_mailer.campaign.approval_file import Approval, CannotBeTrusted, read_approval
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.variant_digests import doubt_about
from newsletter_mailer.errors import NotApproved
from newsletter_mailer.issue.content_hash import ContentHash
from newsletter_mailer.store.runs import Composed


class Verdict(StrEnum):
    NONE = "none"  #: nobody has approved the issue
    APPROVED = "approved"  #: as it is now
    CHANGED = "changed"  #: readers would see something else than what was approved
    UNREADABLE = "unreadable"  #: approval.toml is there and cannot be trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """What there is of an approval, and whether it still fits."""

    verdict: Verdict
    approval: Approval | None = None
    changes: tuple[str, ...] = ()  #: since the approval, a file each, in words
    fault: str = ""  #: of approval.toml, as a sentence

    def in_words(self) -> str:
        """One sentence, without the changes."""
        if self.approval is None:
            return self.fault or "Nobody has approved this issue yet."
        if self.verdict is Verdict.CHANGED:
            return f"Approved by {self.approval.in_words()}, but it has changed since."
        return f"Approved by {self.approval.in_words()}."

    def as_json(self) -> dict[str, object]:
        approval = self.approval
        return {
            "verdict": self.verdict.value,
            "by": approval.by if approval else None,
            "when": approval.when.isoformat() if approval else None,
            "changes": list(self.changes),
            "words": self.in_words(),
        }


def sign_off(project: Project, issue_id: str, content: ContentHash, now: datetime) -> SignOff:
    """How the issue, as it is now, stands with its approval."""
    try:
        approval = read_approval(project, issue_id, now)
    except CannotBeTrusted as fault:
        return SignOff(verdict=Verdict.UNREADABLE, fault=str(fault))
    if approval is None:
        return SignOff(verdict=Verdict.NONE)
    if approval.content == content:
        return SignOff(verdict=Verdict.APPROVED, approval=approval)
    return SignOff(
        verdict=Verdict.CHANGED, approval=approval, changes=(*_changes(approval.content, content),)
    )


def refuse_unapproved(
    project: Project,
    issue_id: str,
    content: ContentHash,
    composed: Composed,
    now: datetime,
    *,
    is_rehearsal: bool,
    note: Callable[[str], None],
) -> None:
    """Nothing goes out that nobody agreed to, where the project asks for it; a rehearsal is told.

    It is what readers get that was agreed to: the same files composed otherwise are not. An
    approval of an older version does not say what was composed; its files count then.
    Where the project does not ask, an approval that no longer fits is told too. Raises NotApproved.
    """
    standing = sign_off(project, issue_id, content, now)
    is_asked_for = project.settings.require_approval
    doubt = ""
    if standing.verdict is Verdict.APPROVED and standing.approval is not None:
        note(standing.in_words())
        doubt = doubt_about(composed, standing.approval.composed)
        if not doubt:
            return
    if standing.verdict is Verdict.NONE and not is_asked_for:
        return
    told = doubt or "\n".join([standing.in_words(), *(f"  {one}" for one in standing.changes)])
    if not is_asked_for:
        note(told)
        return
    again = f"newsletter-mailer approve --issue {issue_id} --by NAME"
    if is_rehearsal:
        note(f"{told}\nsend will refuse it until it is approved: {again}")
        return
    raise NotApproved(
        f"{told}\nnewsletter.toml has require_approval = true, so nothing was sent. Whoever signs "
        f"the issue off looks at it (newsletter-mailer preview --issue {issue_id}), then: {again}"
    )


def _changes(before: ContentHash, now: ContentHash) -> list[str]:
    """A file each; or the program, whose next version may read the same files in another way."""
    changed = [
        f"{path} {_what_happened(path, before.files, now.files)}{_why_it_counts(path)}"
        for path in now.changed(before.files)
    ]
    return changed or ["no file was changed; this version of the program reads them otherwise"]


def _what_happened(path: str, before: Mapping[str, str], now: Mapping[str, str]) -> str:
    if path not in before:
        return "is new"
    return "was changed" if path in now else "is gone"


def _why_it_counts(path: str) -> str:
    """What readers see of a file that they do not know of."""
    if path == "newsletter.toml":
        return " (the sender, the address or another setting that readers see; .env may be why)"
    if path.startswith("templates/"):
        return " (the look)"
    if path.endswith("/issue.toml"):
        return " (subject, preheader, date, language or headings)"
    return ""
