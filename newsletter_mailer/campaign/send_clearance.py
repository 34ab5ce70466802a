"""What must hold for an issue to go out: asked at first, and again under the ledger's lock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from newsletter_mailer.campaign.approval_state import refuse_unapproved
from newsletter_mailer.campaign.newsletter_identity import refuse_another_newsletter
from newsletter_mailer.campaign.prepare import Prepared
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.send_again import had_it, refuse_changed
from newsletter_mailer.campaign.send_request import SendRequest
from newsletter_mailer.campaign.sent_file import (
    refuse_another_ledger,
    refuse_lost_ledger,
    witnesses,
)
from newsletter_mailer.campaign.variant_digests import composed, doubt_about
from newsletter_mailer.errors import OutdatedLedger, PastDates, ProjectError
from newsletter_mailer.findings import Severity
from newsletter_mailer.store.ledger import IssueSoFar, Ledger


def refuse_unless_clear(
    prepared: Prepared,
    request: SendRequest,
    ledger: Ledger | None,
    so_far: IssueSoFar,
    note: Callable[[str], None],
) -> None:
    """`ledger`: None if there is none. `so_far`: what it knows of the issue now.

    `note` tells what is no obstacle.

    Raises NotApproved, ProjectError, LedgerError, OutdatedLedger.
    """
    project, issue_id = prepared.project, request.issue_id
    if not request.to_sandbox:
        refuse_unapproved(
            project,
            issue_id,
            prepared.edition.content,
            composed(prepared),
            datetime.now(UTC),
            is_rehearsal=request.dry_run,
            note=note,
        )
        refuse_doubtful_ledger(project, request, ledger, note)
        if ledger is not None:
            refuse_another_newsletter(project, issue_id, ledger)
    if request.again:
        had_it(ledger, issue_id, request.again)
        refuse_changed(prepared, accept_changes=request.accept_changes)
    else:
        _refuse_changes(prepared, request, so_far)


def refuse_errors(prepared: Prepared, request: SendRequest) -> None:
    """What is past stops an issue that nobody has, unless it is sent as it is on purpose.

    Raises ContentError; PastDates where nothing else is wrong.
    """
    if request.past_dates:
        prepared.let_past_dates()
    past = prepared.past_dates_that_stop()
    errors = [one for one in prepared.findings if one.severity is Severity.ERROR]
    if past and len(past) == len(errors):
        gists = "; ".join(dict.fromkeys(one.gist for one in past))
        raise PastDates(
            prepared.findings,
            f"This is past when the issue is sent: {gists}. Correct it, or add --past-dates to "
            "send the issue as it is. Nothing was sent.",
        )
    prepared.refuse_errors()


def refuse_empty(prepared: Prepared) -> None:
    """Raises ProjectError if nobody of the audience is left to mail."""
    if prepared.plan.planned:
        return
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(prepared.plan.skipped.items()))
    raise ProjectError(
        "Nobody is left to mail: no subscriber of the lists matches."
        + (
            f" Skipped: {why}; send --dry-run --skipped names them."
            if why
            else " Look at --list, --region, --role and the lists."
        )
    )


def refuse_doubtful_ledger(
    project: Project, request: SendRequest, ledger: Ledger | None, note: Callable[[str], None]
) -> None:
    """Whoever is mailed with a memory that is not the last one may have the issue already.

    Raises ProjectError, LedgerError, OutdatedLedger.
    """
    if request.dry_run and ledger is None:
        if project.sent_file(request.issue_id).is_file() and not project.ledger.is_there():
            note("This issue was sent elsewhere: who has it is not known here.")
        return
    refuse_another_ledger(project, request.issue_id, ledger)
    if ledger is None:
        refuse_lost_ledger(project)
    elif doubt := ledger.doubt(witnesses(project)):
        if not request.dry_run:
            raise OutdatedLedger(doubt)
        note(doubt)


def _refuse_changes(prepared: Prepared, request: SendRequest, so_far: IssueSoFar) -> None:
    """As long as nobody has it, there is no change: the next run is the first."""
    issue_id, content, record = request.issue_id, prepared.edition.content, so_far.record
    if record is None or not so_far.has_reached_anybody or request.accept_changes:
        return
    changed = ", ".join(content.changed(record.files)) or "the program's way to read it"
    if record.content_hash == content.total:
        changed = doubt_about(composed(prepared), record.composed)
        if not changed:
            return
    fresh = (
        f" To rehearse from the beginning, delete outbox/{issue_id}." if request.to_sandbox else ""
    )
    raise ProjectError(
        f"The issue has changed since some readers got it: {changed.rstrip('.')}. "
        f"Add --accept-changes to send the rest as it is now.{fresh}"
    )
