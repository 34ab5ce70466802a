"""send --again: the issue once more to those whom a person names. The ledger has what each got."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter_mailer.campaign.prepare import Prepared
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.store.figures import Remembered
from newsletter_mailer.store.ledger import Ledger
from newsletter_mailer.store.states import State


def had_it(ledger: Ledger | None, issue_id: str, addresses: Sequence[str]) -> Remembered:
    """What those canonical addresses got. Raises ProjectError if one must not get it again."""
    if ledger is None:
        raise ProjectError(f"--again: nobody has {issue_id} yet: nothing was sent from here.")
    suppressed = ledger.suppressions.among(addresses)
    states = ledger.states(issue_id, addresses)
    for address in addresses:
        if address in suppressed:
            raise ProjectError(
                f"--again: {address} must not be mailed ({suppressed[address]}). Nothing was sent."
            )
        if states.get(address) is not State.SENT:
            raise ProjectError(
                f"--again: {address} {_instead(issue_id, address, states.get(address))} "
                "Nothing was sent."
            )
    return ledger.figures.planned_for(issue_id, addresses)


def refuse_changed(prepared: Prepared, *, accept_changes: bool) -> None:
    """What they got is as it was, or a person said that they get what it is now.

    Raises ProjectError.
    """
    if prepared.remembered is not None:
        return
    if not accept_changes:
        raise ProjectError(
            "--again: the issue has changed since they got it. Bring back what it was, or add "
            "--accept-changes to mail it as it is now. Nothing was sent."
        )
    readers = {
        one.subscriber.address
        for one in prepared.assignments(lambda _: {})
        if one.is_mailed and one.variant is not None
    }
    for address in sorted(prepared.filters.addresses - readers):
        raise ProjectError(
            f"--again: {address} stands in no list any more, or the issue has nothing for them, "
            "and it has changed: what they would get is not known. Nothing was sent."
        )


def _instead(issue_id: str, address: str, state: State | None) -> str:
    """Why not, and what to do."""
    about = f"--issue {issue_id}"
    match state:
        case None:
            return (
                f"was never planned for {issue_id}. If it stands in a list, "
                f"newsletter-mailer send {about} mails it."
            )
        case State.UNKNOWN:
            return (
                "may have it: the answer was lost. Decide with newsletter-mailer "
                f"resolve {about} --unknown resend --address {address}"
            )
        case State.REFUSED:
            return (
                "was refused. newsletter-mailer "
                f"resolve {about} --refused retry --address {address}, then send again."
            )
        case State.SENDING:
            return (
                "is being mailed, or a send was cut off: "
                f"newsletter-mailer send {about} finds out first."
            )
        case _:
            return f"is still owed it: newsletter-mailer send {about} mails it."
