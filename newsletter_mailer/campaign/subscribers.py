"""subscribers: who must not be mailed, and what is held about a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter_mailer.campaign.named import named_address
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.sent_file import refuse_lost_ledger, witnesses
from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.ledger import open_ledger, read_ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Who is mailed no more, but for what is on its way."""

    address: str  #: canonical
    being_mailed: Sequence[str]  #: issues whose sender has the address in hand


def suppress(project: Project, address: str, reason: str) -> Suppressed:
    """`reason`: unsubscribed, bounced, complained or manual. Raises ProjectError, LedgerError."""
    found, now = named_address(address), datetime.now(UTC)
    if not project.ledger_path.is_file():
        refuse_lost_ledger(project)
    with open_ledger(project.ledger_path) as ledger:
        if where := ledger.uses.left_for():
            raise LedgerError(
                f"The ledger {ledger.path} was moved to {where}, and goes on there: {found} must "
                "be taken off there. Nothing was changed."
            )
        if ledger.doubt(witnesses(project)):  # an older copy must stay known as one
            ledger.suppressions.add(found, reason, now)
        else:
            ledger.suppressions.add(
                found, reason, now, within=lambda: ledger.uses.record("suppress", now)
            )
            ledger.uses.publish()
        # No sender takes it in hand any more.
        return Suppressed(address=found, being_mailed=ledger.people.being_mailed(found))


def unsuppress(project: Project, address: str) -> bool:
    """Whether the address had been suppressed. Raises ProjectError, LedgerError."""
    found = named_address(address)
    if not project.ledger_path.is_file():
        return False
    with open_ledger(project.ledger_path) as ledger:
        ledger.uses.refuse_doubt(witnesses(project))
        now = datetime.now(UTC)
        was_suppressed = ledger.suppressions.remove(
            found, within=lambda: ledger.uses.record("unsuppress", now)
        )
        ledger.uses.publish()
        return was_suppressed


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
    found = named_address(address)
    ledger = read_ledger(project.ledger_path)
    if ledger is None:
        return {"address": found, "suppressed": None, "issues": [], "skipped": [], "settled": []}
    with ledger:
        return ledger.people.held_about(found)
