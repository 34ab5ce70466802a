"""send: the options become a request; the report becomes words, JSON and an exit code."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter_mailer.cli.ending import DONE, NOTHING_SENT, SENT_IN_PART, note_handed_over
from newsletter_mailer.cli.options import Hours, duration, hours, in_zone, moment, per_minute
from newsletter_mailer.cli.output import counted, print_findings, print_json, say
from newsletter_mailer.cli.project import Issue, Json, ProjectOption, opened

if TYPE_CHECKING:
    from newsletter_mailer.campaign.project import Project
    from newsletter_mailer.campaign.send_request import SendReport, SendRequest
    from newsletter_mailer.deliver.replies import Outcome


class OwedState(StrEnum):
    QUEUED = "queued"
    DEFERRED = "deferred"


def send(
    issue: Issue,
    lists: Annotated[
        list[str] | None,
        typer.Option("--list", metavar="LIST", help="Only readers of this list; repeatable."),
    ] = None,
    regions: Annotated[
        list[str] | None,
        typer.Option("--region", metavar="REGION", help="Only readers there; repeatable."),
    ] = None,
    roles: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="Only readers of this role; repeatable."),
    ] = None,
    only: Annotated[
        OwedState | None,
        typer.Option("--only", help="Only those never tried, or those told to come back later."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Compose, check and plan; send and write nothing.")
    ] = False,
    to_sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Rehearse: deliver into outbox/ID/, to nobody.")
    ] = False,
    test: Annotated[
        list[str] | None,
        typer.Option("--test", metavar="ADDRESS", help="One mail per variant to this address."),
    ] = None,
    as_subscriber: Annotated[
        str | None,
        typer.Option("--as", metavar="SUBSCRIBER", help="With --test: what this reader gets."),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate", metavar="N/min", parser=per_minute, help="At most so many: 30/min, 5/s."
        ),
    ] = None,
    connections: Annotated[
        int, typer.Option("--connections", metavar="N", min=1, max=64, help="Open at once.")
    ] = 4,
    retry_for: Annotated[
        timedelta | None,
        typer.Option(
            "--retry-for",
            metavar="TIME",
            parser=duration,
            help="Try deferred ones again for so long: 20m, 2h. Default: not in this run.",
        ),
    ] = None,
    between: Annotated[
        Hours | None,
        typer.Option(
            "--between", metavar="HH:MM-HH:MM", parser=hours, help="Only at these hours of the day."
        ),
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(
            "--at", metavar="WHEN", parser=moment, help="Begin at that time: 2025-08-29T09:00."
        ),
    ] = None,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Send the rest though the issue changed.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json_output: Json = False,
    project: ProjectOption = None,
) -> None:
    """Check the issue, then mail everyone still owed it.

    Safe to run again: nobody gets an issue twice. Exit codes: 0 everyone has it, 1 nothing was
    sent, 2 a wrong option, 3 sent in part.
    """
    from newsletter_mailer.campaign.send_request import SendRequest
    from newsletter_mailer.deliver.pace import Pace, Window
    from newsletter_mailer.plan.plan import Filters
    from newsletter_mailer.store.states import State

    if as_subscriber is not None and not test:
        raise typer.BadParameter("--as goes with --test ADDRESS.")
    if test and (dry_run or lists or regions or roles or only or at or between):
        raise typer.BadParameter(
            "--test mails one of each variant to the given address, and goes with --as and "
            "--sandbox only."
        )
    newsletter = opened(project)
    if test:
        _send_test(newsletter, issue, test, as_subscriber, to_sandbox, json_output)
        return
    zone = newsletter.settings.zone
    request = SendRequest(
        issue_id=issue,
        filters=Filters(
            lists=frozenset(lists or ()),
            regions=frozenset(regions or ()),
            roles=frozenset(roles or ()),
        ),
        dry_run=dry_run,
        to_sandbox=to_sandbox,
        accept_changes=accept_changes,
        only=State(only.value) if only else None,
        connections=connections,
        pace=Pace(rate, Window(between.begins, between.ends, zone) if between else None),
        retry_for=retry_for or timedelta(),
        at=in_zone(at, zone) if at else None,
    )
    report = _send(newsletter, request, assume_yes=yes)
    if json_output:
        print_json(report.as_json())
    _say_report(report, request, newsletter)
    if not request.dry_run and not report.is_complete:
        raise typer.Exit(SENT_IN_PART)
    raise typer.Exit(DONE)


def _send(project: Project, request: SendRequest, *, assume_yes: bool) -> SendReport:
    from newsletter_mailer.campaign.send import send as job
    from newsletter_mailer.cli.watcher import Terminal, stop_when_asked

    watcher = Terminal(assume_yes=assume_yes)
    try:
        with stop_when_asked(watcher) as stop:
            return job(project, request, watcher, stop)
    finally:
        watcher.close()


def _say_report(report: SendReport, request: SendRequest, project: Project) -> None:
    states = ("sent", "already_sent", "deferred", "refused", "unknown", "remaining")
    counts = [
        f"{getattr(report, name):,} {name.replace('_', ' ')}"
        for name in states
        if getattr(report, name)
    ]
    counts += [f"{count:,} skipped ({reason})" for reason, count in report.skipped.items()]
    audience = f"{report.issue}: {counted(report.planned, 'reader')}"
    if request.dry_run:
        say(f"{audience}: {', '.join(counts) or 'nobody'}. Nothing was sent (dry run).")
        return
    say(f"{audience}: {', '.join(counts) or 'nothing to do'}.")
    if request.to_sandbox:
        say(f"Look at the messages in {project.outbox(report.issue)}")
    if report.deferred or report.remaining:
        say("Run the same command again to mail those who are still owed it.")
    about = f"newsletter-mailer status --issue {report.issue} --addresses"
    if request.to_sandbox:
        about += " --sandbox"
    if report.unknown:
        say(f"It is not known whether these were taken: {about} --state unknown")
        if not request.to_sandbox:
            say(
                f"Decide: newsletter-mailer resolve --issue {report.issue} "
                "--unknown resend (or assume-sent)"
            )
    if report.refused:
        say(f"Who was refused, and why: {about} --state refused")


def _send_test(
    project: Project,
    issue: str,
    addresses: list[str],
    as_subscriber: str | None,
    to_sandbox: bool,
    json_output: bool,
) -> None:
    from newsletter_mailer.campaign.test import send_test
    from newsletter_mailer.store.states import State

    def on_outcome(address: str, variant: str, outcome: Outcome) -> None:
        if outcome.state in (State.SENT, State.UNKNOWN):
            note_handed_over()
        say(f"{variant} to {address}: {outcome.state} {outcome.reply}".rstrip())

    mails = send_test(
        project,
        issue,
        addresses,
        as_subscriber=as_subscriber,
        to_sandbox=to_sandbox,
        on_findings=print_findings,
        on_outcome=on_outcome,
    )
    sent = sum(mail.outcome.state is State.SENT for mail in mails)
    if json_output:
        print_json({"issue": issue, "sent": sent, "tests": [mail.as_json() for mail in mails]})
    if to_sandbox:
        say(f"Look at the messages in {project.outbox(issue)}")
    if sent < len(mails):
        raise typer.Exit(SENT_IN_PART if sent else NOTHING_SENT)
