"""subscribers: who must not be mailed, and what is held about a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter_mailer.campaign.arguments import named_address
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.sent_file import refuse_lost_ledger, witnesses
from newsletter_mailer.errors import LedgerError, OutdatedLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Who is mailed no more, but for what is on its way."""

    address: str  #: canonical
    being_mailed: Sequence[str]  #: issues whose sender has the address in hand


def suppress(project: Project, address: str, reason: str) -> Suppressed:
    """`reason`: unsubscribed, bounced, complained or manual. Raises ProjectError, LedgerError."""
    found, now = named_address(address), datetime.now(UTC)
    if not project.ledger.is_there():
        refuse_lost_ledger(project)
    with project.ledger.open() as ledger:
        if where := ledger.left_for():
            raise LedgerError(
                f"The ledger {project.ledger} was moved to {where}, and goes on there: {found} "
                "must be taken off there. Nothing was changed."
            )
        is_outdated = bool(ledger.doubt(witnesses(project)))
        ledger.suppressions.add(found, reason, now, is_use=not is_outdated)
        # No sender takes it in hand any more.
        return Suppressed(address=found, being_mailed=ledger.people.being_mailed(found))


def unsuppress(project: Project, address: str) -> bool:
    """Whether the address had been suppressed. Raises ProjectError, LedgerError."""
    found = named_address(address)
    if not project.ledger.is_there():
        return False
    with project.ledger.open() as ledger:
        if doubt := ledger.doubt(witnesses(project)):
            raise OutdatedLedger(doubt)
        return ledger.suppressions.remove(found, datetime.now(UTC))


def suppressed(project: Project) -> list[dict[str, str]]:
    """Everyone who must not be mailed: address, reason, since."""
    ledger = project.ledger.read()
    if ledger is None:
        return []
    with ledger:
        return [
            {"address": one.address, "reason": one.reason, "since": one.since}
            for one in ledger.suppressions.all()
        ]


def held_about(project: Project, address: str) -> dict[str, object]:
    """What the ledger holds about a person. Raises ProjectError, LedgerError."""
    found = named_address(address)
    ledger = project.ledger.read()
    if ledger is None:
        return {"address": found, "suppressed": None, "issues": [], "skipped": [], "settled": []}
    with ledger:
        return ledger.people.held_about(found)
