"""Whether readers are about to get an issue for the first time."""

from __future__ import annotations

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.errors import LedgerError


def nobody_has_it(project: Project, issue_id: str) -> bool:
    """By the ledger, where it is here and knows the issue; else by the issue's sent.toml.

    For who looks at an issue: a ledger that cannot be read is `send`'s and `status`'s to tell of.
    """
    was_begun = project.sent_file(issue_id).is_file()
    try:
        ledger = project.ledger.read() if project.ledger.is_there() else None
        if ledger is None:
            return not was_begun
        with ledger:
            if ledger.issue(issue_id) is None:
                return not was_begun
            return not ledger.has_reached_anybody(issue_id)
    except LedgerError:
        return not was_begun
