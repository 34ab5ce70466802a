"""send: check, then mail everyone still owed the issue, once. Safe to run again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter_mailer.campaign.edition import read_edition
from newsletter_mailer.campaign.forecast import forecast_of, skipped_readers
from newsletter_mailer.campaign.ledger_now import ledger_now, real_ledger, store_of
from newsletter_mailer.campaign.prepare import Circumstances, Prepared, prepare
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.run import Run
from newsletter_mailer.campaign.send_again import had_it
from newsletter_mailer.campaign.send_clearance import (
    refuse_doubtful_ledger,
    refuse_empty,
    refuse_errors,
    refuse_unless_clear,
)
from newsletter_mailer.campaign.send_request import SendReport, SendRequest, Watcher
from newsletter_mailer.campaign.sent_file import witnesses
from newsletter_mailer.check.evidence.gathering import gatherer
from newsletter_mailer.deliver.event_loop import opened, runner
from newsletter_mailer.deliver.stop import Stop
from newsletter_mailer.deliver.transport import Transport, transport_of
from newsletter_mailer.errors import ContentError, NotConfirmed, ProjectError
from newsletter_mailer.plan.plan import nobody_suppressed
from newsletter_mailer.store.figures import Remembered
from newsletter_mailer.store.ledger import IssueSoFar, Ledger
from newsletter_mailer.store.ledger_store import LedgerStore


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outlook:
    """What a look at the ledger tells of a run before it begins."""

    forecast: SendReport
    has_ledger: bool
    has_reached_anybody: bool


def send(project: Project, request: SendRequest, watcher: Watcher, stop: Stop) -> SendReport:
    """Raises ContentError, ProjectError, LedgerError, DeliveryError, NotConfirmed: then no message
    was handed over.
    """
    with ExitStack() as stack:
        looking = stack.enter_context(ExitStack())
        real = looking.enter_context(real_ledger(project))
        prepared = stack.enter_context(_prepared(project, request, watcher, real))
        refuse_errors(prepared, request)
        outlook = _looked_at(prepared, request, watcher)
        if request.dry_run:
            return _rehearsed(prepared, request, watcher, outlook)
        transport = _agreed_upon(prepared, request, watcher, outlook)
        _wait(request, watcher, stop)
        loop = stack.enter_context(runner())
        stack.enter_context(opened(transport, loop))
        ledger = stack.enter_context(_held(project, request, watcher, outlook, looking))
        so_far = _look_again(prepared, request, watcher, ledger)
        return Run(prepared, request, watcher, stop, ledger, so_far).mail(loop, transport)


def _prepared(
    project: Project, request: SendRequest, watcher: Watcher, real: Ledger | None
) -> AbstractContextManager[Prepared]:
    """`real`: the real ledger, as it is before."""
    return prepare(
        project,
        request.issue_id,
        filters=request.filters,
        suppressed=real.suppressions.among if real is not None else nobody_suppressed,
        needs_lists=not request.dry_run,
        remember=lambda: _remembered(project, request),
        again=_asked_again(project, request, real),
        circumstances=Circumstances(
            at=max(filter(None, (request.at, datetime.now(UTC)))),
            is_first_run=_is_first_run(request, real),
            gather=gatherer(project.root, project.environment, watcher.note),
        ),
    )


def _is_first_run(request: SendRequest, real: Ledger | None) -> bool:
    """Whether readers are about to get it and none has it yet. Rehearsals mislead nobody."""
    if request.to_sandbox or request.dry_run:
        return False
    return real is None or not real.has_reached_anybody(request.issue_id)


def _remembered(project: Project, request: SendRequest) -> Remembered | None:
    with ledger_now(store_of(project, request), request.issue_id) as now:
        return now.remembered(request.issue_id)


def _asked_again(project: Project, request: SendRequest, real: Ledger | None) -> Remembered | None:
    """Those who have it and get it once more, if a person asked for some.

    Raises ProjectError, LedgerError.
    """
    if not request.again:
        return None
    refuse_doubtful_ledger(project, request, real, lambda text: None)
    return had_it(real, request.issue_id, request.again)


def _looked_at(prepared: Prepared, request: SendRequest, watcher: Watcher) -> _Outlook:
    """Raises what `send` raises."""
    store = store_of(prepared.project, request)
    with ledger_now(store, request.issue_id) as now:
        refuse_unless_clear(prepared, request, now.ledger, now.issue, watcher.note)
        _tell_of_its_place(request, watcher, store, now.ledger)
        forecast = forecast_of(prepared, request, now)
        if request.names_skipped:
            forecast.skipped_readers = [*skipped_readers(prepared, now)]
        return _Outlook(
            forecast=forecast,
            has_ledger=now.ledger is not None,
            has_reached_anybody=now.issue.has_reached_anybody,
        )


def _tell_of_its_place(
    request: SendRequest, watcher: Watcher, store: LedgerStore, ledger: Ledger | None
) -> None:
    """Once for each place."""
    if request.to_sandbox or (ledger is not None and ledger.was_told_of_place()):
        return
    if why := store.why_not_here():
        watcher.note(
            f"The ledger {store} lies {why}. A folder on this computer's own disk is better: set "
            "LEDGER_URL in .env to it (docs/delivery.md, Two computers)."
        )


def _rehearsed(
    prepared: Prepared, request: SendRequest, watcher: Watcher, outlook: _Outlook
) -> SendReport:
    """A dry run ends with its forecast, and says what it let pass and a real run does not."""
    if prepared.past_dates() and not outlook.has_reached_anybody and not request.past_dates:
        watcher.note(
            "What is past is a warning in a dry run. It stops the first real one. With "
            "--past-dates it does not: the issue is sent as it is."
        )
    watcher.prepared(prepared, outlook.forecast, server="nothing: this is a dry run")
    return outlook.forecast


def _agreed_upon(
    prepared: Prepared, request: SendRequest, watcher: Watcher, outlook: _Outlook
) -> Transport:
    """The way out, once a person has seen who is mailed by it and said yes; not yet opened.

    Raises ProjectError, NotConfirmed.
    """
    refuse_empty(prepared)
    project = prepared.project
    way = project.transport_settings(request.issue_id, to_sandbox=request.to_sandbox)
    watcher.prepared(prepared, outlook.forecast, server=way.where)
    if not request.to_sandbox and not watcher.confirm(prepared.past_dates_let):
        raise NotConfirmed("Nothing was sent: you said no.")
    return transport_of(way, project.settings.sender.address)


def _wait(request: SendRequest, watcher: Watcher, stop: Stop) -> None:
    """Until the moment that the request names, if any. Raises NotConfirmed if stopped."""
    moment = request.at
    if moment is None or moment <= datetime.now(UTC):
        return
    watcher.waiting(moment, "not before --at")
    while (seconds := (moment - datetime.now(UTC)).total_seconds()) > 0:
        if stop.wait(min(seconds, 1.0)):  # in steps: on Windows a wait is deaf to Ctrl-C
            raise NotConfirmed("Nothing was sent: stopped while waiting.")


@contextmanager
def _held(
    project: Project,
    request: SendRequest,
    watcher: Watcher,
    outlook: _Outlook,
    looking: ExitStack,
) -> Iterator[Ledger]:
    """This run's ledger, to be written by this process only. Raises LedgerError, ProjectError."""
    store = store_of(project, request)
    if not request.to_sandbox:
        if not outlook.has_ledger:  # none is made where one is named by now
            with ledger_now(store, request.issue_id) as now:
                refuse_doubtful_ledger(project, request, now.ledger, watcher.note)
        looking.close()  # from here on the ledger that is written is asked
    with store.open(may_be_new=not outlook.has_ledger, is_rehearsal=request.to_sandbox) as ledger:
        ledger.hold(witnesses(project))
        if not request.to_sandbox and store.why_not_here():
            ledger.note_told_of_place()
        yield ledger


def _look_again(
    prepared: Prepared, request: SendRequest, watcher: Watcher, ledger: Ledger
) -> IssueSoFar:
    """Hours may lie between the checks and the lock: what others did meanwhile is asked anew.

    The text and the lists that were checked are those that are sent. What the ledger knows of the
    issue now is what the run goes by. Raises what `send` raises.
    """
    changed = _changed_since(prepared)
    if changed:
        watcher.note(f"Changed since the checks: {', '.join(changed)}. What was checked is sent.")
    so_far = ledger.so_far(request.issue_id)
    is_first_run = not request.to_sandbox and not so_far.has_reached_anybody
    prepared.ask_again(Circumstances(at=datetime.now(UTC), is_first_run=is_first_run))
    agreed = prepared.past_dates_let
    refuse_errors(prepared, request)
    if prepared.past_dates_let > agreed:
        raise ProjectError(
            "More dates in the issue are past now than when it was checked. Nothing was sent; run "
            "send again."
        )
    refuse_unless_clear(prepared, request, ledger, so_far, lambda text: None)
    return so_far


def _changed_since(prepared: Prepared) -> list[str]:
    """The files of the issue and the lists that are not as they were checked."""
    project, edition = prepared.project, prepared.edition
    try:
        content = read_edition(project, edition.issue.id).content
    except (ContentError, ProjectError):
        changed = [f"issues/{edition.issue.id} (it cannot be read now)"]
    else:
        changed = content.changed(edition.content.files)
    lists = project.lists
    now = lists.fingerprints(edition.issue.lists)
    return changed + [
        lists.place(name) for name, seen in prepared.lists.items() if now[name] != seen
    ]
