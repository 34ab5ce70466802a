"""What `send` is asked, what it answers, and who looks on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from newsletter_mailer.campaign.prepare import Prepared
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.engine import MESSAGES_PER_CONNECTION
from newsletter_mailer.deliver.pace import Pace
from newsletter_mailer.errors import NewsletterError
from newsletter_mailer.plan.plan import Filters
from newsletter_mailer.settings.delivery import USUAL_CONNECTIONS
from newsletter_mailer.store.claims import ClaimedRow
from newsletter_mailer.store.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """What a person asked for."""

    issue_id: str
    filters: Filters = field(default_factory=Filters)
    dry_run: bool = False
    to_sandbox: bool = False
    accept_changes: bool = False
    again: Sequence[str] = ()  #: canonical addresses that have it, and get it once more
    past_dates: bool = False  #: what is past stops nothing: the issue is sent as it is
    only: State | None = None
    names_skipped: bool = False  #: a dry run tells who they are
    connections: int = USUAL_CONNECTIONS
    per_connection: int = MESSAGES_PER_CONNECTION
    pace: Pace = field(default_factory=Pace)
    retry_for: timedelta = timedelta()
    at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class SendReport:
    """What `send --json` prints. `planned` is the sum of the states."""

    issue: str
    planned: int = 0
    sent: int = 0
    already_sent: int = 0
    deferred: int = 0
    refused: int = 0
    unknown: int = 0
    remaining: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    variants: int = 0
    skipped_readers: Sequence[tuple[str, str]] | None = None  #: address and reason, if asked for
    stopped: str | None = None  #: why the run ended early, as a sentence

    @property
    def is_complete(self) -> bool:
        is_left = self.deferred or self.refused or self.unknown or self.remaining
        return not is_left and self.stopped is None

    def as_json(self) -> dict[str, object]:
        """What `send --json` prints: without what nobody asked for, and did not happen."""
        told = {name: value for name, value in asdict(self).items() if value is not None}
        if self.skipped_readers is not None:
            told["skipped_readers"] = [
                {"address": address, "reason": reason} for address, reason in self.skipped_readers
            ]
        return told


class Watcher(Protocol):
    """Whoever looks on: the terminal, or nobody. Called in the caller's thread."""

    def prepared(self, prepared: Prepared, forecast: SendReport, *, server: str) -> None:
        """Everything was composed and checked. `forecast`: how it stands before this run."""

    def note(self, text: str) -> None:
        """Something a person should know, and no fault."""

    def confirm(self, past_dates: int) -> bool:
        """Whether a person agrees that the readers are mailed now, with so many dates past."""

    def began(self, owed: int) -> None:
        """The first message is about to leave."""

    def waiting(self, until: datetime, why: str) -> None:
        """Nothing leaves until then."""

    def outcomes(self, outcomes: Sequence[tuple[ClaimedRow, Outcome]]) -> None:
        """The fates of some messages; a few times a second at most."""

    def stopped(self, fault: NewsletterError) -> None:
        """The server, or the ledger, ended the run after messages had left."""

    def broken_off(self, report: SendReport) -> None:
        """So does what is raised next: a second Ctrl-C, a mistake of ours. How it stands."""
