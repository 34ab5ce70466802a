"""One run of `send`: its audience goes into the ledger, and from there to the engine."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from newsletter_mailer.campaign.prepare import Prepared
from newsletter_mailer.campaign.run_audience import new_run, rows
from newsletter_mailer.campaign.run_messages import RunMessages
from newsletter_mailer.campaign.send_request import SendReport, SendRequest, Watcher
from newsletter_mailer.campaign.sent_file import (
    Sent,
    progress_file,
    write_begun,
    write_ended,
)
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.stop_reasons import refuse_too_large
from newsletter_mailer.deliver.engine import Engine
from newsletter_mailer.deliver.stop import Stop
from newsletter_mailer.deliver.transport import Transport
from newsletter_mailer.errors import LedgerError, NewsletterError, ProjectError
from newsletter_mailer.garbage_collector import look_as_usual
from newsletter_mailer.store.claims import ClaimedRow, Claims
from newsletter_mailer.store.ledger import IssueSoFar, Ledger
from newsletter_mailer.store.states import OWED, State


class Run:
    """Begins with `mail`, ends with the report."""

    def __init__(
        self,
        prepared: Prepared,
        request: SendRequest,
        watcher: Watcher,
        stop: Stop,
        ledger: Ledger,
        so_far: IssueSoFar,
    ) -> None:
        """`ledger`: held by this process. `so_far`: what it knew of the issue then."""
        self.prepared, self.request, self.watcher = prepared, request, watcher
        self.stop, self.ledger, self.so_far = stop, ledger, so_far
        self.issue_id = prepared.edition.issue.id
        self.now = datetime.now(UTC)
        self.messages = RunMessages(prepared, so_far, self.now)
        self.skipped: Counter[str] = Counter()
        self.seen: Counter[State] = Counter()  #: what became of those whom this run tried
        self.begun: Sent | None = None  #: what stands in the issue's folder meanwhile

    def mail(self, loop: asyncio.Runner, transport: Transport) -> SendReport:
        """`transport`: opened in `loop`.

        Raises MessageRefused, with nothing written, if a variant is too large for the server.
        """
        refuse_too_large(self.messages.largest, transport.limits.largest)
        claims = self._begin(takes_smtputf8=not transport.limits.ascii_only)
        claims.settle_with(transport.name)
        before: Mapping[State, int] = {}
        stopped: BaseException | None = None
        try:
            before = self._ready_to_go(claims)
            look_as_usual()
            self._send(loop, self._engine(claims, transport), claims)
        except BaseException as fault:
            if not self.handed_over:
                raise
            stopped = fault
        report = self._report(before, claims.run, stopped)
        if isinstance(stopped, NewsletterError):
            self.watcher.stopped(stopped)
        elif stopped is not None:
            self.watcher.broken_off(report)
            raise stopped
        return report

    def _ready_to_go(self, claims: Claims) -> Mapping[State, int]:
        """How the audience stands before its first message. Raises LedgerError."""
        try:
            before = self.ledger.counts(self.issue_id, claims.run)
            self.watcher.began(sum(before.get(state, 0) for state in self._states))
            self.request.pace.restore(claims.pace, time.time())
        except BaseException:
            self._end(claims)
            raise
        return before

    def _send(self, loop: asyncio.Runner, engine: Engine, claims: Claims) -> None:
        """Raises what stopped it first, after everything that happened was recorded if it could be.

        What goes wrong behind that is told.
        """
        try:
            loop.run(engine.run())
        except BaseException:
            try:
                self._finish(loop, engine, claims)
            except NewsletterError as later:
                self.watcher.note(str(later))
            raise
        self._finish(loop, engine, claims)

    def _finish(self, loop: asyncio.Runner, engine: Engine, claims: Claims) -> None:
        try:
            loop.run(engine.abort())
        finally:
            self._end(claims)

    def outcomes(self, outcomes: Sequence[tuple[ClaimedRow, Outcome]]) -> None:
        """in_flight.Watch"""
        self.seen.update(outcome.state for _, outcome in outcomes)
        self.seen[State.DEFERRED] -= sum(row.is_again for row, _ in outcomes)
        self.watcher.outcomes(outcomes)

    def waiting(self, until: float, why: str) -> None:
        """in_flight.Watch"""
        self.watcher.waiting(datetime.fromtimestamp(until, UTC), why)

    def note(self, text: str) -> None:
        """in_flight.Watch"""
        self.watcher.note(text)

    @property
    def handed_over(self) -> int:
        """Messages that the server took, or may have taken."""
        return self.seen[State.SENT] + self.seen[State.UNKNOWN]

    @property
    def _states(self) -> Sequence[State]:
        return (self.request.only,) if self.request.only else OWED

    def _begin(self, *, takes_smtputf8: bool) -> Claims:
        suppressed = self.prepared.suppressed
        if not self.request.to_sandbox:
            suppressed = self.ledger.suppressions.among
        planned = rows(self.prepared, suppressed, takes_smtputf8=takes_smtputf8)
        claims = self.ledger.begin_run(
            new_run(self.prepared, self.request, self.now),
            rows=None if self.prepared.remembered else planned,
        )
        self.skipped = Counter(claims.skipped)
        try:
            self._tell_that_it_began(claims)
        except NewsletterError:
            self._settle(claims)
            raise
        return claims

    def _end(self, claims: Claims) -> None:
        self._settle(claims)
        if self.begun is None:
            return
        try:
            write_ended(self.prepared.project, self.issue_id, self.begun, self.ledger)
        except ProjectError as fault:  # the run is over, and its beginning stands there
            self.watcher.note(str(fault))

    def _settle(self, claims: Claims) -> None:
        """The run is over in the ledger; whoever objected meanwhile is skipped."""
        try:
            claims.end(datetime.now(UTC))
        finally:
            self.skipped = Counter(claims.skipped)

    def _tell_that_it_began(self, claims: Claims) -> None:
        """The issue's sent.toml knows of the run, and how far it comes. Raises ProjectError."""
        if self.request.to_sandbox:
            return
        project = self.prepared.project
        self.begun = write_begun(
            project,
            self.issue_id,
            ledger=self.ledger,
            run=claims.run,
            journal=claims.journal.token,
            content_hash=self.prepared.edition.content.total,
            now=datetime.now(UTC),
            list_sizes=self.prepared.plan.census.sizes,
        )
        claims.journal.tell(progress_file(project, self.issue_id))

    def _engine(self, claims: Claims, transport: Transport) -> Engine:
        request = self.request
        return Engine(
            transport=transport,
            ready=self.messages.content,
            claims=claims,
            journal=claims.journal,
            watch=self,
            stop=self.stop,
            pace=request.pace,
            states=self._states,
            connections=request.connections,
            per_connection=request.per_connection,
            retry_for=request.retry_for.total_seconds(),
            sizes=self.messages.sizes,
            has_earlier=State.SENT in self.so_far.counts,
        )

    def _report(
        self, before: Mapping[State, int], run: int, stopped: BaseException | None
    ) -> SendReport:
        try:
            self.ledger.refuse_gone()
            after = self._by_the_ledger(run)
        except LedgerError:
            after = self._by_what_was_seen(before)
        return SendReport(
            issue=self.issue_id,
            planned=after.total(),
            sent=self.seen[State.SENT],
            already_sent=before.get(State.SENT, 0),
            deferred=after[State.DEFERRED],
            refused=after[State.REFUSED],
            unknown=after[State.UNKNOWN],
            remaining=after[State.QUEUED],
            skipped=dict(sorted(self.skipped.items())),
            variants=len(self.prepared.plan.variants),
            stopped=None if stopped is None else str(stopped) or type(stopped).__name__,
        )

    def _by_the_ledger(self, run: int) -> Counter[State]:
        """What it could not record any more stands in the sender's journal. Raises LedgerError."""
        after = Counter(self.ledger.counts(self.issue_id, run))
        left = self.ledger.left(self.issue_id)
        if left:
            self.watcher.note(
                f"What became of {len(left):,} messages is not in the ledger yet: it is told here "
                "by this run's journal, which the next run reads."
            )
        after.subtract({State.SENDING: len(left)})
        after.update(row.state for row in left)
        for reason, states in self.ledger.figures.suppressed_in(self.issue_id, run).items():
            after.subtract(states)  # since the run began: nobody owes it to them any more
            self.skipped[reason] += states.total()
        return after

    def _by_what_was_seen(self, before: Mapping[State, int]) -> Counter[State]:
        """Of those whom earlier runs put off, who was not tried again counts as never tried."""
        self.watcher.note(
            "The ledger cannot be read any more: these numbers are what this run saw itself."
        )
        kept = (State.SENT, State.REFUSED, State.UNKNOWN)
        after = Counter({state: before.get(state, 0) for state in kept})
        after.update(self.seen)
        after[State.QUEUED] = sum(before.values()) - after.total()
        return after
