"""What must hold for an issue to go out: asked at first, and again under the ledger's lock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from newsletter_mailer.campaign.prepare import Prepared
from newsletter_mailer.campaign.send_request import SendRequest
from newsletter_mailer.campaign.sent_file import refuse_another_ledger, sent_file
from newsletter_mailer.campaign.sign_off import refuse_unapproved
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.store.ledger import Ledger


def refuse_unless_clear(
    prepared: Prepared, request: SendRequest, ledger: Ledger | None, note: Callable[[str], None]
) -> None:
    """`ledger`: as it stands now; None: there is none. `note` tells what is no obstacle.

    Raises NotApproved, ProjectError, LedgerError.
    """
    project, issue_id = prepared.project, request.issue_id
    if not request.to_sandbox:
        refuse_unapproved(
            project,
            issue_id,
            prepared.edition.content,
            datetime.now(UTC),
            is_rehearsal=request.dry_run,
            note=note,
        )
        if request.dry_run and ledger is None and sent_file(project, issue_id).is_file():
            note("This issue was sent elsewhere: who has it is not known here.")
        else:
            refuse_another_ledger(project, issue_id, ledger)
    _refuse_changes(prepared, request, ledger)


def _refuse_changes(prepared: Prepared, request: SendRequest, ledger: Ledger | None) -> None:
    record = ledger.issue(request.issue_id) if ledger else None
    content = prepared.edition.content
    if record is None or record.content_hash == content.total or request.accept_changes:
        return
    changed = ", ".join(content.changed(record.files)) or "the program's way to compose it"
    fresh = (
        f" To rehearse from the beginning, delete outbox/{request.issue_id}."
        if request.to_sandbox
        else ""
    )
    raise ProjectError(
        f"The issue has changed since some readers got it: {changed}. "
        f"Add --accept-changes to send the rest as it is now.{fresh}"
    )
