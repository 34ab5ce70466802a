"""send: check, then mail everyone still owed the issue, once. Safe to run again."""

from __future__ import annotations

import itertools
import threading
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from newsletter_mailer.address import domain, needs_smtputf8
from newsletter_mailer.campaign.edition import Prepared, prepare
from newsletter_mailer.campaign.links import reader_links, unsubscribe_uri
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.compose.message import (
    CompiledMessage,
    Recipient,
    compile_message,
    envelope_of,
)
from newsletter_mailer.deliver.engine import Engine
from newsletter_mailer.deliver.pace import Pace
from newsletter_mailer.deliver.replies import Outcome
from newsletter_mailer.deliver.sandbox import sandbox
from newsletter_mailer.deliver.smtp import SmtpConnection, connect
from newsletter_mailer.errors import DeliveryError, NotConfirmed, ProjectError
from newsletter_mailer.plan.plan import Filters, Suppressed
from newsletter_mailer.settings import SmtpSettings, read_smtp_settings
from newsletter_mailer.store.sqlite import (
    ClaimedRow,
    Ledger,
    PlannedRow,
    open_ledger,
    read_ledger,
)
from newsletter_mailer.store.states import OWED, State

SENT_FILE = "sent.toml"
_CHUNK = 5_000  #: rows of a dry run looked up at once


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """What a person asked for."""

    issue_id: str
    filters: Filters = field(default_factory=Filters)
    dry_run: bool = False
    to_sandbox: bool = False
    accept_changes: bool = False
    only: State | None = None
    connections: int = 4
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

    @property
    def is_complete(self) -> bool:
        return not (self.deferred or self.refused or self.unknown or self.remaining)

    def as_json(self) -> dict[str, object]:
        return asdict(self)


class Watcher(Protocol):
    """Whoever looks on: the terminal, or nobody. Called in the caller's thread."""

    def prepared(self, prepared: Prepared, forecast: SendReport, *, server: str) -> None:
        """Everything was composed and checked. `forecast`: how it stands before this run."""

    def note(self, text: str) -> None:
        """Something a person should know, and no fault."""

    def confirm(self) -> bool:
        """Whether a person agrees that the readers are mailed now."""

    def began(self, owed: int) -> None:
        """The first message is about to leave."""

    def waiting(self, until: datetime, why: str) -> None:
        """Nothing leaves until then."""

    def outcome(self, outcome: Outcome) -> None:
        """One message's fate."""

    def stopped(self, fault: DeliveryError) -> None:
        """The server ended the run early; everything is recorded."""


def send(
    project: Project, request: SendRequest, watcher: Watcher, stop: threading.Event
) -> SendReport:
    """Raises ContentError, ProjectError, LedgerError, DeliveryError, NotConfirmed: then no message
    was handed over.
    """
    memory = _memory(project, request)
    with ExitStack() as stack:
        suppressed = stack.enter_context(_suppressions(project))
        prepared = stack.enter_context(
            prepare(
                project,
                request.issue_id,
                filters=request.filters,
                suppressed=suppressed,
                needs_lists=not request.dry_run,
            )
        )
        prepared.refuse_errors()
        with _looking_at(memory) as ledger:
            if request.dry_run and ledger is None and _sent_file(project, request).is_file():
                watcher.note("This issue was sent elsewhere: who has it is not known here.")
            elif not request.to_sandbox:
                _refuse_another_ledger(project, _sent_file(project, request), ledger)
            _refuse_changes(prepared, ledger, request)
            forecast = _forecast(prepared, ledger)
            if request.dry_run:
                watcher.prepared(prepared, forecast, server="nothing: this is a dry run")
                return forecast
            _refuse_empty(prepared)
            smtp = None if request.to_sandbox else read_smtp_settings(project.environment)
            watcher.prepared(prepared, forecast, server=_where(smtp))
        if smtp is not None and not watcher.confirm():
            raise NotConfirmed("Nothing was sent: you said no.")
        if request.at is not None:
            _wait_for(request.at, watcher, stop)
        if smtp is None:
            smtp = stack.enter_context(sandbox(project.outbox(request.issue_id)))
        first = connect(smtp, project.settings.sender.address)
        stack.callback(first.close)
        ledger = stack.enter_context(open_ledger(memory))
        ledger.hold()
        return _Run(prepared, request, watcher, stop, ledger).mail(first, smtp)


class _Run:
    """One run: its audience goes into the ledger, and from there to the engine."""

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
            _write_sent_file(self.prepared, self.ledger, now)
        return run

    def _rows(self, takes_smtputf8: bool) -> Iterator[PlannedRow]:
        """This run's audience; who is skipped is counted."""
        suppressed = self.prepared.suppressed
        if not self.request.to_sandbox:
            suppressed = self.ledger.suppressed
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


def _memory(project: Project, request: SendRequest) -> Path:
    """The ledger of this run: the sandbox never touches the real one."""
    if request.to_sandbox:
        return project.sandbox_ledger_path(request.issue_id)
    return project.ledger_path


@contextmanager
def _looking_at(path: Path) -> Iterator[Ledger | None]:
    """An existing ledger, not to be written."""
    ledger = read_ledger(path)
    if ledger is None:
        yield None
    else:
        with ledger:
            yield ledger


@contextmanager
def _suppressions(project: Project) -> Iterator[Suppressed]:
    """Who must not be mailed, from the real ledger; in a rehearsal too."""
    with _looking_at(project.ledger_path) as ledger:
        yield (lambda addresses: {}) if ledger is None else ledger.suppressed


def _where(smtp: SmtpSettings | None) -> str:
    return "the sandbox: nobody is mailed" if smtp is None else f"{smtp.host}:{smtp.port}"


def _refuse_empty(prepared: Prepared) -> None:
    if prepared.plan.planned:
        return
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(prepared.plan.skipped.items()))
    raise ProjectError(
        "Nobody is left to mail: no subscriber of the lists matches."
        + (f" Skipped: {why}." if why else " Look at --list, --region, --role and the lists.")
    )


def _refuse_changes(prepared: Prepared, ledger: Ledger | None, request: SendRequest) -> None:
    record = ledger.issue(prepared.edition.issue.id) if ledger else None
    content = prepared.edition.content
    if record is None or record.content_hash == content.total or request.accept_changes:
        return
    changed = ", ".join(content.changed(record.files)) or "the program's way to compose it"
    fresh = (
        f" To rehearse from the beginning, delete outbox/{request.issue_id}."
        if request.to_sandbox
        else ""
    )
    raise ProjectError(
        f"The issue has changed since some readers got it: {changed}. "
        f"Add --accept-changes to send the rest as it is now.{fresh}"
    )


def _sent_file(project: Project, request: SendRequest) -> Path:
    return project.root / "issues" / request.issue_id / SENT_FILE


def _refuse_another_ledger(project: Project, file: Path, ledger: Ledger | None) -> None:
    """Whoever cloned the project has no memory of what was sent: stop before sending it twice."""
    if not file.is_file():
        return
    name = file.relative_to(project.root).as_posix()
    try:
        named = tomllib.loads(file.read_text("utf-8"))["ledger"]
    except (OSError, ValueError, KeyError):
        raise ProjectError(
            f"{name} cannot be read, so it is not known whether this issue was sent. "
            "Restore it from your version control."
        ) from None
    if ledger is None or ledger.id != named:
        raise ProjectError(
            f"This issue was sent with another ledger ({named}): the one here does not know who "
            f"got it. Copy that ledger to {project.ledger_path}, or run send where it is. (If "
            f"nobody ever got the issue, delete {name}.)"
        )


def _write_sent_file(prepared: Prepared, ledger: Ledger, now: datetime) -> None:
    issue_id = prepared.edition.issue.id
    file = prepared.project.root / "issues" / issue_id / SENT_FILE
    if file.exists():
        return
    text = (
        "# Written by the first real send. Commit it: another machine then knows that this issue\n"
        "# was sent, and with which ledger.\n"
        f'ledger = "{ledger.id}"\n'
        f"when = {now.isoformat(timespec='seconds')}\n"
        f'content_hash = "{prepared.edition.content.total}"\n'
    )
    try:
        file.write_text(text, "utf-8")
    except OSError as fault:
        raise ProjectError(
            f"{file} cannot be written: {fault.strerror}. Nothing was sent."
        ) from None


def _wait_for(moment: datetime, watcher: Watcher, stop: threading.Event) -> None:
    if moment > datetime.now(UTC):
        watcher.waiting(moment, "not before --at")
        while (seconds := (moment - datetime.now(UTC)).total_seconds()) > 0:
            if stop.wait(min(seconds, 1.0)):  # in steps: on Windows a wait is deaf to Ctrl-C
                raise NotConfirmed("Nothing was sent: stopped while waiting.")


def _forecast(prepared: Prepared, ledger: Ledger | None) -> SendReport:
    """This audience as the ledger stands: nobody was tried."""
    counts: Counter[State] = Counter()
    issue_id = prepared.edition.issue.id
    if ledger is not None and ledger.counts(issue_id):
        assigned = prepared.assignments(prepared.suppressed)
        planned = (a.subscriber.address for a in assigned if a.variant is not None)
        while chunk := list(itertools.islice(planned, _CHUNK)):
            counts.update(ledger.states(issue_id, chunk).values())
    tried = (State.SENT, State.DEFERRED, State.REFUSED, State.UNKNOWN)
    return SendReport(
        issue=issue_id,
        planned=prepared.plan.planned,
        already_sent=counts[State.SENT],
        deferred=counts[State.DEFERRED],
        refused=counts[State.REFUSED],
        unknown=counts[State.UNKNOWN],
        remaining=prepared.plan.planned - sum(counts[state] for state in tried),
        skipped=dict(sorted(prepared.plan.skipped.items())),
        variants=len(prepared.plan.variants),
    )
