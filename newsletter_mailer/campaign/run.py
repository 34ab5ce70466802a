"""One run of `send`: its audience goes into the ledger, and from there to the engine."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from newsletter_mailer.address import domain, needs_smtputf8
from newsletter_mailer.campaign.composed import composed
from newsletter_mailer.campaign.prepare import Prepared
from newsletter_mailer.campaign.send_request import SendReport, SendRequest, Watcher
from newsletter_mailer.campaign.sent_file import (
    Sent,
    progress_file,
    write_begun,
    write_ended,
)
from newsletter_mailer.campaign.who import logged_in
from newsletter_mailer.campaign.whose import Whose
from newsletter_mailer.compose.links import reader_links, unsubscribe_uri
from newsletter_mailer.compose.message import (
    CompiledMessage,
    Recipient,
    compile_message,
    envelope_of,
)
from newsletter_mailer.deliver.dialogue import Content
from newsletter_mailer.deliver.engine import Engine
from newsletter_mailer.deliver.replies import Outcome
from newsletter_mailer.deliver.session import Session, connect
from newsletter_mailer.deliver.stop import Stop
from newsletter_mailer.deliver.stopping import refuse_too_large
from newsletter_mailer.errors import LedgerError, NewsletterError, ProjectError
from newsletter_mailer.plan.plan import NO_READER
from newsletter_mailer.smtp_settings import SmtpSettings
from newsletter_mailer.store.ledger import Ledger
from newsletter_mailer.store.rows import ClaimedRow, LeftOut, NewRun, PlannedRow
from newsletter_mailer.store.sender import Sender
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
    ) -> None:
        self.prepared, self.request, self.watcher = prepared, request, watcher
        self.stop, self.ledger = stop, ledger
        self.issue_id = prepared.edition.issue.id
        self.address = prepared.project.settings.sender.address
        remembered = prepared.remembered
        self.skipped: Counter[str] = Counter(remembered.skipped if remembered else ())
        self.seen: Counter[State] = Counter()  #: what became of those whom this run tried
        self.messages: dict[str, CompiledMessage] = {}
        self.begun: Sent | None = None  #: what stands in the issue's folder meanwhile
        self.sizes: dict[str, int] = {}  #: octets of the largest message of each variant

    def mail(self, loop: asyncio.Runner, first: Session, smtp: SmtpSettings) -> SendReport:
        """`first`: an open session, made in `loop`.

        Raises MessageRefused, with nothing written, if a variant is too large for the server.
        """
        now = datetime.now(UTC)
        self.messages = self._compiled(now)
        self.sizes = self._sizes()
        refuse_too_large(max(self.sizes.values(), default=0), first.offered.largest)
        sender = self._begin(first.takes_smtputf8, now)
        sender.server = smtp.host
        before: Mapping[State, int] = {}
        stopped: BaseException | None = None
        try:
            before = self._ready_to_go(sender)
            self._send(loop, self._engine(sender, first, smtp), sender)
        except BaseException as fault:
            if not self.handed_over:
                raise
            stopped = fault
        report = self._report(before, sender.run, stopped)
        if isinstance(stopped, NewsletterError):
            self.watcher.stopped(stopped)
        elif stopped is not None:
            self.watcher.broken_off(report)
            raise stopped
        return report

    def _ready_to_go(self, sender: Sender) -> Mapping[State, int]:
        """How the audience stands before its first message. Raises LedgerError."""
        try:
            before = self.ledger.counts(self.issue_id, sender.run)
            self.watcher.began(sum(before.get(state, 0) for state in self._states))
            self.request.pace.restore(sender.pace(), time.time())
        except BaseException:
            self._end(sender)
            raise
        return before

    def _send(self, loop: asyncio.Runner, engine: Engine, sender: Sender) -> None:
        """Raises what stopped it first, after everything that happened was recorded if it could be.

        What goes wrong behind that is told.
        """
        try:
            loop.run(engine.run())
        except BaseException:
            try:
                self._finish(loop, engine, sender)
            except NewsletterError as later:
                self.watcher.note(str(later))
            raise
        self._finish(loop, engine, sender)

    def _finish(self, loop: asyncio.Runner, engine: Engine, sender: Sender) -> None:
        try:
            loop.run(engine.abort())
        finally:
            self._end(sender)

    def outcomes(self, outcomes: Sequence[tuple[ClaimedRow, Outcome]]) -> None:
        """engine.Watch"""
        for row, outcome in outcomes:
            self.seen[State.DEFERRED] -= row.is_again
            self.seen[outcome.state] += 1
        self.watcher.outcomes(outcomes)

    def waiting(self, until: float, why: str) -> None:
        """engine.Watch"""
        self.watcher.waiting(datetime.fromtimestamp(until, UTC), why)

    def note(self, text: str) -> None:
        """engine.Watch"""
        self.watcher.note(text)

    @property
    def handed_over(self) -> int:
        """Messages that the server took, or may have taken."""
        return self.seen[State.SENT] + self.seen[State.UNKNOWN]

    @property
    def _states(self) -> Sequence[State]:
        return (self.request.only,) if self.request.only else OWED

    def _begin(self, takes_smtputf8: bool, now: datetime) -> Sender:
        edition = self.prepared.edition
        sender = self.ledger.begin_run(
            NewRun(
                issue=self.issue_id,
                now=now,
                content_hash=edition.content.total,
                files=edition.content.files,
                filters=self._filters(),
                again=self.request.again,
                is_roll_call=self.prepared.plan.has_lists,
                host=domain(self.address),
                variants={
                    variant.id: variant.slugs for variant in self.prepared.plan.variants.values()
                },
                by=logged_in(),
                composed=composed(self.prepared),
                newsletter=Whose.of(self.prepared.project.settings).as_json(),
                past_dates=self.prepared.past_dates_let,
            ),
            rows=None if self.prepared.remembered else self._rows(takes_smtputf8),
            skipped=self.skipped,
        )
        try:
            self._tell_that_it_began(sender)
        except NewsletterError:
            self._settle(sender)
            raise
        return sender

    def _filters(self) -> dict[str, list[str]]:
        """What `status` tells of a run's audience: no address."""
        chosen = self.request.filters
        told = {name: sorted(getattr(chosen, name)) for name in ("lists", "regions", "roles")}
        return {**told, "again": [f"{len(chosen.addresses)}"]} if chosen.addresses else told

    def _end(self, sender: Sender) -> None:
        self._settle(sender)
        if self.begun is None:
            return
        try:
            write_ended(self.prepared.project, self.issue_id, self.begun, self.ledger)
        except ProjectError as fault:  # the run is over, and its beginning stands there
            self.watcher.note(str(fault))

    def _settle(self, sender: Sender) -> None:
        """The run is over in the ledger; its journal goes then, and not before."""
        try:
            sender.refuse_another_file()
            self.skipped.update(sender.withdraw())
            counts = self.ledger.counts(self.issue_id, sender.run)
            self.ledger.end_run(sender, datetime.now(UTC), counts)
        except BaseException:
            sender.journal.abandon()
            raise
        sender.close()

    def _tell_that_it_began(self, sender: Sender) -> None:
        """The issue's sent.toml knows of the run, and how far it comes. Raises ProjectError."""
        if self.request.to_sandbox:
            return
        project = self.prepared.project
        self.begun = write_begun(
            project,
            self.issue_id,
            ledger=self.ledger,
            run=sender.run,
            journal=sender.journal.token,
            content_hash=self.prepared.edition.content.total,
            now=datetime.now(UTC),
            list_sizes=self.prepared.plan.census.sizes,
        )
        sender.journal.tell(progress_file(project, self.issue_id))

    def _rows(self, takes_smtputf8: bool) -> Iterator[PlannedRow | LeftOut]:
        """Every reader of the lists; who of this run's audience is skipped is counted."""
        suppressed = self.prepared.suppressed
        if not self.request.to_sandbox:
            suppressed = self.ledger.suppressions.among
        for assignment in self.prepared.assignments(suppressed):
            subscriber, variant, reason, is_mailed = assignment
            if variant is not None and not takes_smtputf8 and needs_smtputf8(subscriber.mailbox):
                variant, reason = None, "needs-smtputf8"
            if not is_mailed:
                yield LeftOut(subscriber.address, is_reader=reason not in NO_READER)
            elif variant is None:
                self.skipped[reason] += 1
                yield LeftOut(subscriber.address, reason, is_reader=reason not in NO_READER)
            else:
                yield PlannedRow(
                    address=subscriber.address,
                    mailbox=subscriber.mailbox,
                    variant=variant.id,
                    values=subscriber.values,
                )

    def _compiled(self, now: datetime) -> dict[str, CompiledMessage]:
        """Each variant as a message. The Date is that of the first run that handed one over."""
        record = self.ledger.issue(self.issue_id)
        has_begun = record is not None and self.ledger.has_reached_anybody(self.issue_id)
        date = record.date if record is not None and has_begun else now
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

    def _sizes(self) -> dict[str, int]:
        """With the longest value of each field in use, and an address as long as they come."""
        profile = self.prepared.plan.profile
        reader = Recipient(
            mailbox=f"{'x' * 64}@{'x' * 189}",
            values={name: seen.longest for name, seen in profile.items()},
            message_id=f"{'x' * 32}@{domain(self.address)}",
        )
        return {
            variant: sum(map(len, message.pieces(reader)))
            for variant, message in self.messages.items()
        }

    def _engine(self, sender: Sender, first: Session, smtp: SmtpSettings) -> Engine:
        request = self.request
        return Engine(
            connect=lambda: connect(smtp, self.address),
            first=first,
            ready=self._ready,
            memory=sender,
            marks=sender.journal,
            watch=self,
            stop=self.stop,
            pace=request.pace,
            states=self._states,
            connections=request.connections,
            per_connection=request.per_connection,
            retry_for=request.retry_for.total_seconds(),
            sizes=self.sizes,
            has_earlier=State.SENT in self.ledger.counts(self.issue_id),
        )

    def _ready(self, row: ClaimedRow) -> Content:
        pieces = self.messages[row.variant].pieces(
            Recipient(mailbox=row.mailbox, values=row.values, message_id=row.message_id)
        )
        return Content(pieces, sum(map(len, pieces)))

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
                "by the journal beside it, which the next run reads."
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
