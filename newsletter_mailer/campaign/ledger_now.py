"""What the ledger of a `send` knows at one moment, before it is opened to be written.

What is judged by such a reading is judged at once: a connection that only looks may not see what
others write meanwhile, and would take a ledger that went on for one that lags behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.send_request import SendRequest
from newsletter_mailer.store.figures import Remembered
from newsletter_mailer.store.ledger import IssueSoFar, Ledger
from newsletter_mailer.store.ledger_store import LedgerStore


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerNow:
    """`ledger` is None where there is none yet."""

    ledger: Ledger | None
    issue: IssueSoFar

    def remembered(self, issue_id: str) -> Remembered | None:
        """Whom earlier runs planned, if anybody is still owed the issue."""
        if self.ledger is None:
            return None
        remembered = self.ledger.figures.remembered(issue_id)
        if remembered is None or not self.issue.left:
            return remembered
        suppressed = self.ledger.suppressions.among([row.address for row in self.issue.left])
        known = remembered.once_known(
            (row.variant, row.state) for row in self.issue.left if row.address not in suppressed
        )
        return known if known.owed else None


def store_of(project: Project, request: SendRequest) -> LedgerStore:
    """Where this run's ledger is kept: the sandbox never touches the real one."""
    if request.to_sandbox:
        return project.sandbox_ledger(request.issue_id)
    return project.ledger


@contextmanager
def ledger_now(store: LedgerStore, issue_id: str) -> Iterator[LedgerNow]:
    """Raises LedgerError."""
    ledger = store.read()
    if ledger is None:
        yield LedgerNow(ledger=None, issue=IssueSoFar())
        return
    with ledger:
        yield LedgerNow(ledger=ledger, issue=ledger.so_far(issue_id))


@contextmanager
def real_ledger(project: Project) -> Iterator[Ledger | None]:
    """To be looked at, in a rehearsal too: who must not be mailed stands there. None if none is.

    Open as long as that may be asked: to the end of a rehearsal, and in a real run until its own
    ledger is open, which is then asked for everything once more.
    """
    ledger = project.ledger.read()
    if ledger is None:
        yield None
        return
    with ledger:
        yield ledger
