"""How an issue stands before a run of `send`: who is still owed it, and who would be skipped."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator

from newsletter_mailer.campaign.ledger_now import LedgerNow
from newsletter_mailer.campaign.prepare import Prepared
from newsletter_mailer.campaign.send_request import SendReport, SendRequest
from newsletter_mailer.store.ledger import Ledger
from newsletter_mailer.store.states import State

_CHUNK = 5_000  #: rows looked up at once
_TRIED = (State.SENT, State.DEFERRED, State.REFUSED, State.UNKNOWN)


def forecast_of(prepared: Prepared, request: SendRequest, now: LedgerNow) -> SendReport:
    """This audience as the ledger stands, and the journal of a dead sender: nobody was tried.

    Raises LedgerError.
    """
    planned, skipped = prepared.plan.planned, prepared.plan.skipped
    counts: Counter[State] = Counter()
    if request.again:
        planned = len(request.again)
    elif prepared.remembered is not None:
        counts.update(prepared.remembered.counts)
        planned, skipped = counts.total(), Counter(prepared.remembered.skipped)
    elif now.ledger is not None and now.issue.counts:
        counts = _counted(prepared, now, now.ledger)
    return SendReport(
        issue=prepared.edition.issue.id,
        planned=planned,
        already_sent=counts[State.SENT],
        deferred=counts[State.DEFERRED],
        refused=counts[State.REFUSED],
        unknown=counts[State.UNKNOWN],
        remaining=planned - sum(counts[state] for state in _TRIED),
        skipped=dict(sorted(skipped.items())),
        variants=len(prepared.plan.variants),
    )


def skipped_readers(prepared: Prepared, now: LedgerNow) -> Iterator[tuple[str, str]]:
    """Who of this audience would be skipped, and why; a row without an address by its place."""
    if prepared.remembered is None:
        for subscriber, variant, reason, is_mailed in prepared.assignments(prepared.suppressed):
            if variant is None and is_mailed:
                yield subscriber.address, reason
    elif now.ledger is not None:
        yield from now.ledger.figures.suppressed_readers(prepared.edition.issue.id)


def _counted(prepared: Prepared, now: LedgerNow, ledger: Ledger) -> Counter[State]:
    """The states of those of the lists who are mailed and have a row."""
    issue_id, counts = prepared.edition.issue.id, Counter[State]()
    left = {row.address: row.state for row in now.issue.left}
    addresses = (
        one.subscriber.address
        for one in prepared.assignments(prepared.suppressed)
        if one.variant is not None and one.is_mailed
    )
    while chunk := list(itertools.islice(addresses, _CHUNK)):
        states = ledger.states(issue_id, chunk)
        counts.update(left.get(one, state) for one, state in states.items())
    return counts
