"""What a person names on the command line: an address, an issue."""

from __future__ import annotations

from newsletter_mailer.address import BadAddress, canonical, mailbox
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.issue.issue_folders import issue_ids
from newsletter_mailer.store.ledger import Ledger


def named_mailbox(text: str, option: str = "") -> str:
    """As it is mailed. `option`: where it was named. Raises ProjectError."""
    try:
        return mailbox(text.strip())
    except BadAddress as fault:
        where = option and f"{option}: "
        raise ProjectError(
            f'{where}"{text}" is not an e-mail address: {fault}.{fault.suggestion}'
        ) from None


def named_address(text: str, option: str = "") -> str:
    """Canonical. Raises ProjectError."""
    return canonical(named_mailbox(text, option))


def refuse_unknown_issue(project: Project, issue_id: str, ledger: Ledger | None) -> None:
    """A misspelt id is not an issue that nobody got. Raises LedgerError, ProjectError."""
    known = issue_ids(project.root)
    if issue_id not in known and (ledger is None or ledger.issue(issue_id) is None):
        raise ProjectError(
            f"There is no issue {issue_id}, and the ledger knows none. "
            f"{did_you_mean(issue_id, known)}".rstrip()
        )
