"""resolve: a person settles what nobody can know: was an unknown message taken or not?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.errors import LedgerError
from newsletter_mailer.issue.folder import checked_id
from newsletter_mailer.store.ledger import open_ledger
from newsletter_mailer.store.states import State


def resolve_unknown(
    project: Project, issue_id: str, decision: Literal["resend", "assume-sent"]
) -> int:
    """How many rows were settled. Raises LedgerError, ProjectError.

    A resent message has the same Message-ID and Date, so that receivers can drop the copy.
    """
    checked_id(issue_id)
    if not project.ledger_path.is_file():
        raise LedgerError("There is no ledger yet: nothing was sent from here.")
    state = State.QUEUED if decision == "resend" else State.SENT
    with open_ledger(project.ledger_path) as ledger:
        ledger.hold()
        return ledger.resolve_unknown(issue_id, state, now=datetime.now(UTC), how=decision)
