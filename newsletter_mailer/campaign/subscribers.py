"""subscribers: who must not be mailed, and what is held about a person."""

from __future__ import annotations

from datetime import UTC, datetime

from newsletter_mailer.address import BadAddress, canonical, mailbox
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.store.ledger import open_ledger, read_ledger


def suppress(project: Project, address: str, reason: str) -> str:
    """The canonical address that is mailed no more. `reason`: unsubscribed, bounced, complained
    or manual. Raises ProjectError, LedgerError.
    """
    found = _canonical(address)
    with open_ledger(project.ledger_path) as ledger:
        ledger.suppressions.add(found, reason, datetime.now(UTC))
    return found


def unsuppress(project: Project, address: str) -> bool:
    """Whether the address had been suppressed. Raises ProjectError, LedgerError."""
    found = _canonical(address)
    if not project.ledger_path.is_file():
        return False
    with open_ledger(project.ledger_path) as ledger:
        return ledger.suppressions.remove(found)


def suppressed(project: Project) -> list[dict[str, str]]:
    """Everyone who must not be mailed: address, reason, since."""
    ledger = read_ledger(project.ledger_path)
    if ledger is None:
        return []
    with ledger:
        return [
            {"address": address, "reason": reason, "since": since}
            for address, reason, since in ledger.suppressions.all()
        ]


def held_about(project: Project, address: str) -> dict[str, object]:
    """What the ledger holds about a person. Raises ProjectError, LedgerError."""
    found = _canonical(address)
    ledger = read_ledger(project.ledger_path)
    if ledger is None:
        return {"address": found, "suppressed": None, "issues": [], "settled": []}
    with ledger:
        return ledger.held_about(found)


def _canonical(address: str) -> str:
    try:
        return canonical(mailbox(address.strip()))
    except BadAddress as fault:
        raise ProjectError(f'"{address}" is not an e-mail address: {fault}.') from None
