"""One run of `send`: its audience goes into the ledger, and from there to the engine."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from newsletter_mailer.address import domain, needs_smtputf8
from newsletter_mailer.campaign.prepare import Prepared
from newsletter_mailer.campaign.send_request import SendReport, SendRequest, Watcher
from newsletter_mailer.campaign.sent_file import write_sent_file
from newsletter_mailer.compose.links import reader_links, unsubscribe_uri
from newsletter_mailer.compose.message import (
    CompiledMessage,
    Recipient,
    compile_message,
    envelope_of,
)
from newsletter_mailer.deliver.engine import Engine
from newsletter_mailer.deliver.replies import Outcome
from newsletter_mailer.deliver.smtp import SmtpConnection, connect
from newsletter_mailer.errors import DeliveryError
from newsletter_mailer.smtp_settings import SmtpSettings
from newsletter_mailer.store.ledger import Ledger
from newsletter_mailer.store.rows import ClaimedRow, PlannedRow
from newsletter_mailer.store.states import OWED, State


class Run:
    """Begins with `mail`, ends with the report."""

    def __init__(
        self,
        prepared: Prepared,
        request: SendRequest,
        watcher: Watcher,
        stop: threading.Event,
        ledger: Ledger,
    ) -> None:
        self.prepared, self.request, self.watcher = prepared, request, watcher
        self.stop, self.ledger = stop, ledger
        self.issue_id = prepared.edition.issue.id
        self.sender = prepared.project.settings.sender.address
        self.skipped: Counter[str] = Counter()
        self.sent = self.handed_over = 0
        self.messages: dict[str, CompiledMessage] = {}

    def mail(self, first: SmtpConnection, smtp: SmtpSettings) -> SendReport:
        self.run = self._begin(first.takes_smtputf8)
        self.messages = self._compiled()
        before = self.ledger.counts(self.issue_id, self.run)
        self.watcher.began(sum(before.get(state, 0) for state in self._states))
        try:
            self._engine(first, smtp).run()
        except DeliveryError as fault:
            if not self.handed_over:
                raise
            self.watcher.stopped(fault)
        finally:
            self.ledger.end_run(self.run, datetime.now(UTC))
        return self._report(before)

    @property
    def _states(self) -> Sequence[State]:
        return (self.request.only,) if self.request.only else OWED

    def _begin(self, takes_smtputf8: bool) -> int:
        edition, now = self.prepared.edition, datetime.now(UTC)
        run = self.ledger.begin_run(
            self.issue_id,
            now=now,
            content_hash=edition.content.total,
            files=edition.content.files,
            filters={name: sorted(chosen) for name, chosen in asdict(self.request.filters).items()},
            rows=self._rows(takes_smtputf8),
            skipped=self.skipped,
            host=domain(self.sender),
        )
        if not self.request.to_sandbox:
            write_sent_file(
                self.prepared.project,
                self.issue_id,
                ledger_id=self.ledger.id,
                content_hash=edition.content.total,
                now=now,
                list_sizes=self.prepared.plan.census.sizes,
            )
        return run

    def _rows(self, takes_smtputf8: bool) -> Iterator[PlannedRow]:
        """This run's audience; who is skipped is counted."""
        suppressed = self.prepared.suppressed
        if not self.request.to_sandbox:
            suppressed = self.ledger.suppressions.among
        for assignment in self.prepared.assignments(suppressed):
            subscriber, variant = assignment.subscriber, assignment.variant
            if variant is None:
                self.skipped[assignment.reason] += 1
            elif not takes_smtputf8 and needs_smtputf8(subscriber.mailbox):
                self.skipped["needs-smtputf8"] += 1
            else:
                yield PlannedRow(
                    address=subscriber.address,
                    mailbox=subscriber.mailbox,
                    variant=variant.id,
                    values=subscriber.values,
                )

    def _compiled(self) -> dict[str, CompiledMessage]:
        """Each variant as a message. The Date is that of the issue's first run."""
        record = self.ledger.issue(self.issue_id)
        date = record.date if record else datetime.now(UTC)
        settings = self.prepared.project.settings
        envelope = envelope_of(
            settings,
            date.astimezone(settings.zone),
            reader_links(settings),
            unsubscribe_uri(settings),
        )
        return {
            variant_id: compile_message(
                compiled,
                envelope,
                content_hash=self.prepared.edition.content.total,
                image_base_url=settings.image_base_url_if_hosted,
            )
            for variant_id, compiled in self.prepared.compiled.items()
        }

    def _engine(self, first: SmtpConnection, smtp: SmtpSettings) -> Engine:
        issue_id, run, ledger = self.issue_id, self.run, self.ledger
        return Engine(
            connect=lambda: connect(smtp, self.sender),
            first=first,
            ready=self._ready,
            claim=lambda settled, count, not_after: ledger.settle_and_claim(
                issue_id, run, settled, count, states=self._states, not_after=not_after
            ),
            give_back=lambda addresses: ledger.give_back(issue_id, addresses),
            on_outcome=self._outcome,
            on_wait=lambda until, deferred: self.watcher.waiting(until, f"{deferred} deferred"),
            stop=self.stop,
            connections=self.request.connections,
            pace=self.request.pace,
            server=smtp.host,
            retry_until=datetime.now(UTC) + self.request.retry_for,
        )

    def _ready(self, row: ClaimedRow) -> bytes:
        return self.messages[row.variant].fill(
            Recipient(mailbox=row.mailbox, values=row.values, message_id=row.message_id)
        )

    def _outcome(self, outcome: Outcome) -> None:
        self.sent += outcome.state is State.SENT
        self.handed_over += outcome.state in (State.SENT, State.UNKNOWN)
        self.watcher.outcome(outcome)

    def _report(self, before: Mapping[State, int]) -> SendReport:
        after = self.ledger.counts(self.issue_id, self.run)
        return SendReport(
            issue=self.issue_id,
            planned=sum(after.values()),
            sent=self.sent,
            already_sent=before.get(State.SENT, 0),
            deferred=after.get(State.DEFERRED, 0),
            refused=after.get(State.REFUSED, 0),
            unknown=after.get(State.UNKNOWN, 0),
            remaining=after.get(State.QUEUED, 0),
            skipped=dict(sorted(self.skipped.items())),
            variants=len(self.prepared.plan.variants),
        )
