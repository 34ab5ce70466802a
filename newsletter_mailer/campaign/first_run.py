"""Whether readers are about to get an issue for the first time."""

from __future__ import annotations

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.sent_file import sent_file
from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.ledger import read_ledger


def nobody_has_it(project: Project, issue_id: str) -> bool:
    """By the ledger, where it is here and knows the issue; else by the issue's sent.toml.

    For who looks at an issue: a ledger that cannot be read is `send`'s and `status`'s to tell of.
    """
    was_begun = sent_file(project, issue_id).is_file()
    try:
        ledger = read_ledger(project.ledger_path)
        if ledger is None:
            return not was_begun
        with ledger:
            if ledger.issue(issue_id) is None:
                return not was_begun
            return not ledger.has_reached_anybody(issue_id)
    except LedgerError:
        return not was_begun
