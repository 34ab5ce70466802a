"""send: the options become a request; the report becomes words, JSON and an exit code."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter_mailer.cli.commands.send_test import send_test_mails
from newsletter_mailer.cli.options.project import Issue, Json, ProjectOption, opened
from newsletter_mailer.cli.options.protected_files import refuse_own_file
from newsletter_mailer.cli.options.sending_limits import Limits
from newsletter_mailer.cli.options.values import duration, hours, in_zone, moment, per_minute
from newsletter_mailer.cli.results.exit_codes import DONE, code_in_part
from newsletter_mailer.cli.results.json_log import Level, Logged, log_end, opened_log
from newsletter_mailer.cli.results.report_file import check_report_file
from newsletter_mailer.cli.results.send_result import ResultTeller
from newsletter_mailer.cli.terminal.printing import examples
from newsletter_mailer.settings.delivery import (
    MOST_CONNECTIONS,
    MOST_PER_CONNECTION,
    USUAL_CONNECTIONS,
)
from newsletter_mailer.settings.quantities import Hours

if TYPE_CHECKING:
    from newsletter_mailer.campaign.send_request import SendReport

app = typer.Typer()


class OwedState(StrEnum):
    QUEUED = "queued"
    DEFERRED = "deferred"


@app.command(
    epilog=examples(
        "newsletter-mailer send --issue 2025-08 --sandbox",
        "newsletter-mailer send --issue 2025-08 --test me@example.org",
        "newsletter-mailer send --issue 2025-08 --dry-run --json",
        "newsletter-mailer send --issue 2025-08 --region dudley --role director",
        "newsletter-mailer send --issue 2025-08 --rate 30/min --retry-for 2h",
        "newsletter-mailer send --issue 2025-08 --again sam@example.org",
    )
)
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
    skipped: Annotated[
        bool, typer.Option("--skipped", help="With --dry-run: name who is skipped, and why.")
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
        int | None,
        typer.Option(
            "--connections",
            metavar="N",
            min=1,
            max=MOST_CONNECTIONS,
            help=f"Open at once. Default: {USUAL_CONNECTIONS}.",
        ),
    ] = None,
    per_connection: Annotated[
        int | None,
        typer.Option(
            "--messages-per-connection",
            metavar="N",
            min=1,
            max=MOST_PER_CONNECTION,
            help="Then it is closed and another opened. Default: 1000.",
        ),
    ] = None,
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
    again: Annotated[
        list[str] | None,
        typer.Option(
            "--again",
            metavar="ADDRESS",
            help="Mail it once more to this reader, who has it, and to nobody else; repeatable.",
        ),
    ] = None,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Send the rest though the issue changed.")
    ] = False,
    past_dates: Annotated[
        bool, typer.Option("--past-dates", help="Send it as it is though dates in it are past.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    report_file: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Write a page (HTML) that shows the result."),
    ] = None,
    log_file: Annotated[
        str | None,
        typer.Option(
            "--log-json", metavar="FILE", help="Add JSON lines to this file; - is standard error."
        ),
    ] = None,
    log_level: Annotated[
        Level, typer.Option("--log-level", help="What is logged; debug names readers.")
    ] = Level.INFO,
    json_output: Json = False,
    project: ProjectOption = None,
) -> None:
    """Check the issue, then mail everyone still owed it.

    Safe to run again: nobody gets an issue twice. Exit codes: 0 everyone has it, 1 this run handed
    over no message, 2 a wrong option, 3 it did, and not everyone has it.
    """
    from newsletter_mailer.campaign.arguments import named_address
    from newsletter_mailer.campaign.send_request import SendRequest
    from newsletter_mailer.plan.plan import Filters
    from newsletter_mailer.store.states import State

    if as_subscriber is not None and not test:
        raise typer.BadParameter("--as goes with --test ADDRESS.")
    of_a_run = (
        dry_run,
        lists,
        regions,
        roles,
        only,
        at,
        between,
        report_file,
        log_file,
        past_dates,
    )
    if test and any(of_a_run):
        raise typer.BadParameter(
            "--test mails one of each variant to the given address, and goes with --as and "
            "--sandbox only."
        )
    if again and (lists or regions or roles or only or to_sandbox or test):
        raise typer.BadParameter(
            "--again mails the readers that it names, and nobody else: it does not go with --list, "
            "--region, --role, --only, --sandbox or --test."
        )
    if skipped and not dry_run:
        raise typer.BadParameter(
            "--skipped goes with --dry-run. After a send, ask newsletter-mailer status --issue "
            f"{issue} --skipped."
        )
    if report_file is not None:
        check_report_file(report_file, is_dry_run=dry_run)
    newsletter = opened(project)
    if report_file is not None:
        refuse_own_file(newsletter, "--report", report_file)
    if log_file is not None and log_file != "-":
        refuse_own_file(newsletter, "--log-json", Path(log_file))
    issue = newsletter.named(issue)
    if test:
        send_test_mails(newsletter, issue, test, as_subscriber, to_sandbox, json_output)
        return
    settings = newsletter.settings
    limits = Limits(
        rate=rate,
        connections=connections,
        per_connection=per_connection,
        retry_for=retry_for,
        between=between,
    )
    named = [*dict.fromkeys(named_address(address, "--again") for address in again or ())]
    request = SendRequest(
        issue_id=issue,
        filters=Filters(
            lists=frozenset(lists or ()),
            regions=frozenset(regions or ()),
            roles=frozenset(roles or ()),
            addresses=frozenset(named),
        ),
        dry_run=dry_run,
        to_sandbox=to_sandbox,
        accept_changes=accept_changes,
        again=named,
        past_dates=past_dates,
        only=State(only.value) if only else None,
        names_skipped=skipped,
        connections=limits.connections_of(settings),
        per_connection=limits.per_connection_of(settings),
        pace=limits.pace(settings, to_sandbox=to_sandbox),
        retry_for=limits.retry_for_of(settings, to_sandbox=to_sandbox),
        at=in_zone(at, settings.zone) if at else None,
    )
    teller = ResultTeller(
        project=newsletter, request=request, json_output=json_output, page=report_file
    )
    report = _send(teller, yes, log_file, log_level)
    raise typer.Exit(DONE if request.dry_run or report.is_complete else code_in_part())


def _send(teller: ResultTeller, assume_yes: bool, log_file: str | None, level: Level) -> SendReport:
    """The report, told. Whatever ends the run after messages have left is raised behind it."""
    from newsletter_mailer.campaign.send import send as job
    from newsletter_mailer.cli.results.send_progress import TerminalWatcher, stop_when_asked

    request = teller.request
    terminal = TerminalWatcher(
        assume_yes=assume_yes, shows_progress=log_file != "-", again=request.again
    )
    with ExitStack() as stack:
        stack.callback(terminal.close)
        stop = stack.enter_context(stop_when_asked(terminal))
        log = None
        if log_file is not None:
            log = stack.enter_context(opened_log(log_file, level, request.issue_id, terminal.say))
        try:
            report = job(teller.project, request, Logged(terminal, log) if log else terminal, stop)
        except BaseException:
            terminal.close()
            if terminal.last_report is not None:
                teller.tell(terminal.last_report, terminal.score.seconds(time.monotonic()))
            raise
        seconds = terminal.score.seconds(time.monotonic())
        if log:
            log_end(log, report, was_asked_to_stop=stop.is_set(), seconds=seconds)
    teller.tell(report, seconds)
    return report
