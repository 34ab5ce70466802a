"""send: check, then mail everyone still owed the issue, once. Safe to run again."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from newsletter_mailer.audience.csv_lists import fingerprints
from newsletter_mailer.campaign.again import had_it
from newsletter_mailer.campaign.clearance import (
    refuse_doubtful_ledger,
    refuse_errors,
    refuse_unless_clear,
)
from newsletter_mailer.campaign.edition import read_edition
from newsletter_mailer.campaign.evidence import Wanted, gatherer
from newsletter_mailer.campaign.prepare import Circumstances, Prepared, prepare
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.run import Run
from newsletter_mailer.campaign.send_request import SendReport, SendRequest, Watcher
from newsletter_mailer.campaign.sent_file import witnesses
from newsletter_mailer.check.rules.events import PAST_DATES
from newsletter_mailer.deliver.loop import runner
from newsletter_mailer.deliver.sandbox import sandbox
from newsletter_mailer.deliver.session import connect
from newsletter_mailer.deliver.stop import Stop
from newsletter_mailer.errors import ContentError, NotConfirmed, ProjectError
from newsletter_mailer.plan.plan import Suppressed
from newsletter_mailer.smtp_settings import SmtpSettings, read_smtp_settings
from newsletter_mailer.store.ledger import Ledger, open_ledger, read_ledger
from newsletter_mailer.store.place import why_not_there
from newsletter_mailer.store.rows import Remembered
from newsletter_mailer.store.states import State

_CHUNK = 5_000  #: rows of a forecast looked up at once


def send(project: Project, request: SendRequest, watcher: Watcher, stop: Stop) -> SendReport:
    """Raises ContentError, ProjectError, LedgerError, DeliveryError, NotConfirmed: then no message
    was handed over.
    """
    memory = _memory(project, request)
    with ExitStack() as stack:
        looking = stack.enter_context(ExitStack())
        suppressed = looking.enter_context(_suppressions(project))
        prepared = stack.enter_context(_prepared(project, request, watcher, suppressed))
        refuse_errors(prepared, request)
        with _looking_at(memory) as ledger:
            refuse_unless_clear(prepared, request, ledger, watcher.note)
            _tell_of_its_place(memory, request, ledger, watcher)
            forecast = _forecast(prepared, request, ledger)
            if request.dry_run:
                if request.names_skipped:
                    forecast.skipped_readers = [*_skipped(prepared, ledger)]
                _tell_of_what_is_past(prepared, request, ledger, watcher)
                watcher.prepared(prepared, forecast, server="nothing: this is a dry run")
                return forecast
            _refuse_empty(prepared)
            smtp = None if request.to_sandbox else read_smtp_settings(project.environment)
            watcher.prepared(prepared, forecast, server=_where(smtp))
            was_there = ledger is not None
        if smtp is not None and not watcher.confirm(prepared.past_dates_let):
            raise NotConfirmed("Nothing was sent: you said no.")
        if request.at is not None:
            _wait_for(request.at, watcher, stop)
        if smtp is None:
            smtp = stack.enter_context(sandbox(project.outbox(request.issue_id)))
        loop = stack.enter_context(runner())
        first = loop.run(connect(smtp, project.settings.sender.address))
        stack.callback(first.close)
        if not was_there and not request.to_sandbox:  # none is made where one is named by now
            with _looking_at(memory) as ledger:
                refuse_doubtful_ledger(project, request, ledger, watcher.note)
        if not request.to_sandbox:
            looking.close()  # from here on the ledger that is written is asked
        ledger = stack.enter_context(
            open_ledger(memory, may_be_new=not was_there, is_rehearsal=request.to_sandbox)
        )
        ledger.hold(witnesses(project))
        if not request.to_sandbox and why_not_there(memory):
            ledger.uses.note_told()
        _look_again(prepared, request, ledger, watcher)
        return Run(prepared, request, watcher, stop, ledger).mail(loop, first, smtp)


@contextmanager
def _prepared(
    project: Project, request: SendRequest, watcher: Watcher, suppressed: Suppressed
) -> Iterator[Prepared]:
    memory = _memory(project, request)
    with (
        prepare(
            project,
            request.issue_id,
            filters=request.filters,
            suppressed=suppressed,
            needs_lists=not request.dry_run,
            remember=lambda: _remembered(memory, request),
            again=_asked_again(project, request),
            circumstances=Circumstances(
                at=max(filter(None, (request.at, datetime.now(UTC)))),
                is_first_run=_is_first_run(project, request),
                gather=gatherer(project, Wanted(), watcher.note),
            ),
        ) as prepared,
    ):
        yield prepared


def _look_again(prepared: Prepared, request: SendRequest, ledger: Ledger, watcher: Watcher) -> None:
    """Hours may lie between the checks and the lock: what others did meanwhile is asked anew.

    The text and the lists that were checked are those that are sent. Raises what `send` raises.
    """
    changed = _changed_since(prepared)
    if changed:
        watcher.note(f"Changed since the checks: {', '.join(changed)}. What was checked is sent.")
    prepared.ask_again(
        Circumstances(at=datetime.now(UTC), is_first_run=_is_first_run(prepared.project, request))
    )
    agreed = prepared.past_dates_let
    refuse_errors(prepared, request)
    if prepared.past_dates_let > agreed:
        raise ProjectError(
            "More dates in the issue are past now than when it was checked. Nothing was sent; run "
            "send again."
        )
    refuse_unless_clear(prepared, request, ledger, lambda text: None)


def _changed_since(prepared: Prepared) -> list[str]:
    """The files of the issue and the lists that are not as they were checked."""
    project, edition = prepared.project, prepared.edition
    try:
        content = read_edition(project, edition.issue.id).content
    except (ContentError, ProjectError):
        changed = [f"issues/{edition.issue.id} (it cannot be read now)"]
    else:
        changed = content.changed(edition.content.files)
    now = fingerprints(project.root, edition.issue.lists)
    return changed + [
        f"recipients/{name}.csv" for name, seen in prepared.lists.items() if now[name] != seen
    ]


def _is_first_run(project: Project, request: SendRequest) -> bool:
    """Whether readers are about to get it and none has it yet. Rehearsals mislead nobody."""
    if request.to_sandbox or request.dry_run:
        return False
    with _looking_at(project.ledger_path) as ledger:
        return _nobody_has(ledger, request)


def _nobody_has(ledger: Ledger | None, request: SendRequest) -> bool:
    return ledger is None or not ledger.has_reached_anybody(request.issue_id)


def _tell_of_what_is_past(
    prepared: Prepared, request: SendRequest, ledger: Ledger | None, watcher: Watcher
) -> None:
    """What a dry run lets pass, and the first real run does not."""
    is_late = any(finding.rule in PAST_DATES for finding in prepared.findings)
    if is_late and _nobody_has(ledger, request) and not request.past_dates:
        watcher.note(
            "What is past is a warning in a dry run. It stops the first real one. With "
            "--past-dates it does not: the issue is sent as it is."
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


def _remembered(memory: Path, request: SendRequest) -> Remembered | None:
    """Whom earlier runs planned, if anybody is still owed the issue."""
    with _looking_at(memory) as ledger:
        if ledger is None:
            return None
        remembered = ledger.figures.remembered(request.issue_id)
        if remembered is None or not (left := ledger.left(request.issue_id)):
            return remembered
        suppressed = ledger.suppressions.among([row.address for row in left])
        known = remembered.once_known(
            (row.variant, row.state) for row in left if row.address not in suppressed
        )
        return known if known.owed else None


def _asked_again(project: Project, request: SendRequest) -> Remembered | None:
    """Those who have it and get it once more, if a person asked for some.

    Raises ProjectError, LedgerError.
    """
    if not request.again:
        return None
    with _looking_at(project.ledger_path) as ledger:
        refuse_doubtful_ledger(project, request, ledger, lambda text: None)
        return had_it(ledger, request.issue_id, request.again)


@contextmanager
def _suppressions(project: Project) -> Iterator[Suppressed]:
    """Who must not be mailed, from the real ledger; in a rehearsal too."""
    with _looking_at(project.ledger_path) as ledger:
        yield (lambda addresses: {}) if ledger is None else ledger.suppressions.among


def _tell_of_its_place(
    memory: Path, request: SendRequest, ledger: Ledger | None, watcher: Watcher
) -> None:
    """Once for each place."""
    if request.to_sandbox or (ledger is not None and ledger.uses.told_of() == str(memory)):
        return
    if why := why_not_there(memory):
        watcher.note(
            f"The ledger {memory} lies {why}. A folder on this computer's own disk is better: set "
            "LEDGER_URL in .env to it (docs/delivery.md, Two computers)."
        )


def _where(smtp: SmtpSettings | None) -> str:
    return "the sandbox: nobody is mailed" if smtp is None else f"{smtp.host}:{smtp.port}"


def _refuse_empty(prepared: Prepared) -> None:
    if prepared.plan.planned:
        return
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(prepared.plan.skipped.items()))
    raise ProjectError(
        "Nobody is left to mail: no subscriber of the lists matches."
        + (
            f" Skipped: {why}; send --dry-run --skipped names them."
            if why
            else " Look at --list, --region, --role and the lists."
        )
    )


def _wait_for(moment: datetime, watcher: Watcher, stop: Stop) -> None:
    if moment > datetime.now(UTC):
        watcher.waiting(moment, "not before --at")
        while (seconds := (moment - datetime.now(UTC)).total_seconds()) > 0:
            if stop.wait(min(seconds, 1.0)):  # in steps: on Windows a wait is deaf to Ctrl-C
                raise NotConfirmed("Nothing was sent: stopped while waiting.")


def _skipped(prepared: Prepared, ledger: Ledger | None) -> Iterator[tuple[str, str]]:
    """Who of this audience would be skipped, and why; a row without an address by its place."""
    if prepared.remembered is None:
        for subscriber, variant, reason, is_mailed in prepared.assignments(prepared.suppressed):
            if variant is None and is_mailed:
                yield subscriber.address, reason
    elif ledger is not None:
        yield from ledger.figures.suppressed_readers(prepared.edition.issue.id)


def _forecast(prepared: Prepared, request: SendRequest, ledger: Ledger | None) -> SendReport:
    """This audience as the ledger stands, and the journal of a dead sender: nobody was tried."""
    counts: Counter[State] = Counter()
    issue_id = prepared.edition.issue.id
    planned, skipped = prepared.plan.planned, prepared.plan.skipped
    if request.again:
        planned = len(request.again)
    elif prepared.remembered is not None:
        counts.update(prepared.remembered.counts)
        planned, skipped = counts.total(), Counter(prepared.remembered.skipped)
    elif ledger is not None and ledger.counts(issue_id):
        assigned = prepared.assignments(prepared.suppressed)
        addresses = (
            one.subscriber.address for one in assigned if one.variant is not None and one.is_mailed
        )
        left = {row.address: row.state for row in ledger.left(issue_id)}
        while chunk := list(itertools.islice(addresses, _CHUNK)):
            states = ledger.states(issue_id, chunk)
            counts.update(left.get(one, state) for one, state in states.items())
    tried = (State.SENT, State.DEFERRED, State.REFUSED, State.UNKNOWN)
    return SendReport(
        issue=issue_id,
        planned=planned,
        already_sent=counts[State.SENT],
        deferred=counts[State.DEFERRED],
        refused=counts[State.REFUSED],
        unknown=counts[State.UNKNOWN],
        remaining=planned - sum(counts[state] for state in tried),
        skipped=dict(sorted(skipped.items())),
        variants=len(prepared.plan.variants),
    )
