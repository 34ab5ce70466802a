"""The commands. Each turns words into a request, runs one job, and turns its answer into words.

Imports are lazy: `--help` loads neither lxml, MJML, premailer nor a server.
"""

from __future__ import annotations

import os
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter_mailer import __version__
from newsletter_mailer.cli.ending import DONE, NOTHING_SENT, SENT_IN_PART
from newsletter_mailer.cli.output import (
    counted,
    findings_json,
    print_findings,
    print_json,
    say,
    sum_up,
    table,
)

if TYPE_CHECKING:
    from newsletter_mailer.campaign.project import Project
    from newsletter_mailer.campaign.send import SendReport, SendRequest

app = typer.Typer(
    name="newsletter-mailer",
    help="Compose an e-mail newsletter from files, check it, and mail it once to everyone.",
    epilog="Begin: newsletter-mailer new --issue 2025-09. Rehearse: newsletter-mailer send "
    "--issue 2025-09 --sandbox.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
subscribers = typer.Typer(
    help="Who must not be mailed, and what is held about a person.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(subscribers, name="subscribers")

_PROJECT_HELP = (
    "The newsletter's folder; default: here, or the nearest parent with newsletter.toml."
)
Issue = Annotated[str, typer.Option("--issue", metavar="ID", help="The issue, such as 2025-08.")]
ProjectOption = Annotated[Path | None, typer.Option("--project", metavar="DIR", help=_PROJECT_HELP)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]

_project_before_the_command: Path | None = None


class OutputFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class Decision(StrEnum):
    RESEND = "resend"
    ASSUME_SENT = "assume-sent"


class OwedState(StrEnum):
    QUEUED = "queued"
    DEFERRED = "deferred"


class AnyState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def every_command(
    project: ProjectOption = None,
    version: Annotated[  # noqa: ARG001  # its callback does the work
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    global _project_before_the_command
    _project_before_the_command = project


def _folder(project: Path | None) -> Path:
    return project or _project_before_the_command or Path.cwd()


def _open(project: Path | None) -> Project:
    """The project, with the environment over .env."""
    from dotenv import dotenv_values

    from newsletter_mailer.campaign.project import find_root, open_project
    from newsletter_mailer.errors import ProjectError

    folder = _folder(project)
    if not folder.is_dir():
        raise ProjectError(f"--project: there is no folder {folder}.")
    root = find_root(folder)
    try:
        written = dotenv_values(root / ".env", encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ProjectError(".env is not UTF-8 text. Save it again as UTF-8.") from None
    return open_project(root, {**{k: v or "" for k, v in written.items()}, **os.environ})


@app.command(epilog="Example: newsletter-mailer new --issue 2025-09 --from 2025-08")
def new(
    issue: Issue,
    source: Annotated[
        str | None, typer.Option("--from", metavar="ID", help="The issue to begin from.")
    ] = None,
    project: ProjectOption = None,
) -> None:
    """Begin an issue from the last one's skeleton; outside a project, a starter project."""
    from newsletter_mailer.campaign.new import new_issue, new_project
    from newsletter_mailer.campaign.project import find_root
    from newsletter_mailer.errors import ProjectError

    today = datetime.now().astimezone().date()
    try:
        find_root(_folder(project))
    except ProjectError:
        if source is not None:
            raise
        root = new_project(_folder(project), issue, today)
        say(f"A newsletter begins in {root}.")
        say(f"See it travel: newsletter-mailer send --issue {issue} --sandbox")
        say("Then write your own: newsletter.toml, recipients/, issues/" + issue + "/.")
        return
    made = new_issue(_open(project), issue, today, source)
    say(f"issues/{issue}/ begins from {made.source}:")
    for name in made.files:
        say(f"  {name}")
    for name in made.left_out:
        say(f"  (left out: {name}, past)")
    say(f"Write what says TODO, then: newsletter-mailer check --issue {issue}")


@app.command(epilog='Example: newsletter-mailer add --issue 2025-09 --kind event --title "Webinar"')
def add(
    issue: Issue,
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="letter, story, event, ...")],
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="The section's heading.")],
    project: ProjectOption = None,
) -> None:
    """Add a section file with the kind's fields and help."""
    from newsletter_mailer.campaign.new import add_section

    opened = _open(project)
    path = add_section(opened, issue, kind, title)
    say(f"{path.relative_to(opened.root).as_posix()} waits to be written.")


@app.command(epilog="Example: newsletter-mailer build --issue 2025-08, then open build/2025-08/.")
def build(
    issue: Issue,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Default: build/ID/.")
    ] = None,
    json_output: Json = False,
    project: ProjectOption = None,
) -> None:
    """Write every variant as .html, .txt and .eml; nothing is sent."""
    from newsletter_mailer.campaign.build import build as job

    built = job(_open(project), issue, out)
    print_findings(built.findings)
    if json_output:
        print_json(built.manifest)
        return
    entries = built.manifest["variants"]
    if not isinstance(entries, list):
        raise TypeError("a manifest lists its variants")
    rows = [
        (
            entry["html"],
            f"{entry['html_bytes'] / 1024:.0f} KB",
            counted(entry["subscribers"], "reader"),
        )
        for entry in entries
    ]
    say(table(rows, right=(1, 2)))
    typer.echo(built.folder)


@app.command(epilog="Example: newsletter-mailer check --issue 2025-08 --format json --strict")
def check(
    issue: Annotated[
        str | None,
        typer.Option("--issue", metavar="ID", help="Default: all issues from today on."),
    ] = None,
    output: Annotated[
        OutputFormat, typer.Option("--format", help="How findings are printed.")
    ] = OutputFormat.TEXT,
    at: Annotated[
        str | None, typer.Option("--at", metavar="WHEN", help="The assumed time of sending.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    project: ProjectOption = None,
) -> None:
    """Say what is wrong, with file and line. Exit code 1 on errors."""
    from newsletter_mailer.campaign.check import check as job
    from newsletter_mailer.cli.options import moment

    opened = _open(project)
    zone = opened.settings.zone
    now = moment(at, zone) if at else datetime.now(zone)
    findings = job(opened, issue, now.date())
    summary = findings_json(findings)
    if output is OutputFormat.JSON:
        print_json(summary)
    else:
        print_findings(findings, to_stdout=True)
        say(sum_up(findings))
    if summary["errors"] or (strict and summary["warnings"]):
        raise typer.Exit(NOTHING_SENT)


@app.command(
    epilog="Examples: newsletter-mailer send --issue 2025-08 --dry-run; "
    "newsletter-mailer send --issue 2025-08 --region dudley --role director; "
    "newsletter-mailer send --issue 2025-08 --test me@example.org"
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
        OwedState | None, typer.Option("--only", help="Only rows in this state.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Compose, check and plan; send and write nothing.")
    ] = False,
    to_sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Deliver into outbox/ID/ through a server inside.")
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
        str | None, typer.Option("--rate", metavar="N/min", help="At most so many; 30/min, 5/s.")
    ] = None,
    connections: Annotated[
        int, typer.Option("--connections", min=1, max=64, help="Open at once.")
    ] = 4,
    retry_for: Annotated[
        str, typer.Option("--retry-for", metavar="TIME", help="Try deferred ones again: 20m, 2h.")
    ] = "0",
    between: Annotated[
        str | None, typer.Option("--between", metavar="HH:MM-HH:MM", help="Only at these hours.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="WHEN", help="Begin then: 2025-08-29T09:00.")
    ] = None,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Send the rest though the issue changed.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json_output: Json = False,
    project: ProjectOption = None,
) -> None:
    """Check the issue, then mail everyone still owed it. Safe to run again."""
    from newsletter_mailer.campaign.send import SendRequest
    from newsletter_mailer.cli.options import duration, hours, moment, per_minute
    from newsletter_mailer.deliver.pace import Pace, Window
    from newsletter_mailer.plan.plan import Filters
    from newsletter_mailer.store.states import State

    if as_subscriber is not None and not test:
        raise typer.BadParameter("--as goes with --test.")
    if test and dry_run:
        raise typer.BadParameter("--test sends; it does not go with --dry-run.")
    opened = _open(project)
    if test:
        _test(opened, issue, test, as_subscriber, to_sandbox, json_output)
        return
    zone = opened.settings.zone
    window = Window(*hours(between), zone) if between else None
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
        pace=Pace(per_minute(rate) if rate else None, window),
        retry_for=duration(retry_for),
        at=moment(at, zone) if at else None,
    )
    report = _send(opened, request, assume_yes=yes)
    if json_output:
        print_json(report.as_json())
    _say_report(report, request, opened)
    if not request.dry_run and not report.is_complete:
        raise typer.Exit(SENT_IN_PART)
    raise typer.Exit(DONE)


def _send(project: Project, request: SendRequest, *, assume_yes: bool) -> SendReport:
    from newsletter_mailer.campaign.send import send as job
    from newsletter_mailer.cli.watcher import Terminal, stop_when_asked

    watcher = Terminal(assume_yes=assume_yes)
    try:
        with stop_when_asked() as stop:
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
    planned = counted(report.planned, "reader")
    if request.dry_run:
        say(
            f"{report.issue}: {planned}, {counted(report.variants, 'variant')}; nothing was sent "
            f"(dry run).{'' if not counts else ' ' + ', '.join(counts) + '.'}"
        )
        return
    say(f"{report.issue}: {planned}: {', '.join(counts) or 'nothing to do'}.")
    if request.to_sandbox:
        say(f"Look at the messages in {project.outbox(report.issue)}")
    if report.deferred or report.remaining:
        say("Run the same command again to mail those who are still owed it.")
    if report.unknown:
        say(
            f"Decide about the unknown ones: newsletter-mailer resolve --issue {report.issue} "
            "--unknown resend|assume-sent"
        )
    if report.refused:
        say(
            f"Who was refused, and why: newsletter-mailer status --issue {report.issue} "
            "--addresses --state refused"
        )


def _test(
    project: Project,
    issue: str,
    addresses: list[str],
    as_subscriber: str | None,
    to_sandbox: bool,
    json_output: bool,
) -> None:
    from newsletter_mailer.campaign.test import send_test
    from newsletter_mailer.store.states import State

    mails, findings = send_test(
        project, issue, addresses, as_subscriber=as_subscriber, to_sandbox=to_sandbox
    )
    print_findings(findings)
    for mail in mails:
        say(f"{mail.variant} to {mail.address}: {mail.outcome.state} {mail.outcome.reply}")
    sent = sum(mail.outcome.state is State.SENT for mail in mails)
    if json_output:
        print_json(
            {
                "issue": issue,
                "sent": sent,
                "tests": [
                    {
                        "address": mail.address,
                        "variant": mail.variant,
                        "state": mail.outcome.state.value,
                        "reply": mail.outcome.reply,
                    }
                    for mail in mails
                ],
            }
        )
    if to_sandbox:
        say(f"Look at the messages in {project.outbox(issue)}")
    if sent < len(mails):
        raise typer.Exit(SENT_IN_PART if sent else NOTHING_SENT)


@app.command(epilog="Example: newsletter-mailer status --issue 2025-08 --addresses --state refused")
def status(
    issue: Issue,
    of_sandbox: Annotated[bool, typer.Option("--sandbox", help="Of the rehearsal.")] = False,
    addresses: Annotated[bool, typer.Option("--addresses", help="Name the readers.")] = False,
    state: Annotated[
        AnyState | None, typer.Option("--state", help="With --addresses: only these.")
    ] = None,
    json_output: Json = False,
    project: ProjectOption = None,
) -> None:
    """Say what became of an issue, from the ledger."""
    from newsletter_mailer.campaign.status import status as job
    from newsletter_mailer.cli.status import say_status
    from newsletter_mailer.store.states import State

    found = job(
        _open(project),
        issue,
        of_sandbox=of_sandbox,
        with_addresses=addresses,
        state=State(state.value) if state else None,
    )
    if json_output:
        print_json(found)
    else:
        say_status(found)


@app.command(epilog="Example: newsletter-mailer resolve --issue 2025-08 --unknown assume-sent")
def resolve(
    issue: Issue,
    unknown: Annotated[
        Decision, typer.Option("--unknown", help="Send them again, or take them as sent.")
    ],
    project: ProjectOption = None,
) -> None:
    """Decide about messages whose answer was lost: nobody but you can."""
    from newsletter_mailer.campaign.resolve import resolve_unknown

    count = resolve_unknown(_open(project), issue, unknown.value)
    if unknown is Decision.RESEND:
        say(f"{counted(count, 'reader')} will be mailed again by the next send.")
    else:
        say(f"{counted(count, 'reader')} taken as sent.")


@subscribers.command(epilog="Example: subscribers suppress sam@example.org --reason unsubscribed")
def suppress(
    address: str,
    reason: Annotated[
        str, typer.Option("--reason", help="unsubscribed, bounced, complained or manual.")
    ],
    project: ProjectOption = None,
) -> None:
    """Never mail this address again, whatever list it is in."""
    from newsletter_mailer.campaign.subscribers import suppress as job

    say(f"{job(_open(project), address, reason)} is not mailed any more ({reason}).")


@subscribers.command(epilog="Example: subscribers unsuppress sam@example.org")
def unsuppress(address: str, project: ProjectOption = None) -> None:
    """Mail this address again."""
    from newsletter_mailer.campaign.subscribers import unsuppress as job

    if job(_open(project), address):
        say(f"{address} may be mailed again.")
    else:
        say(f"{address} was not suppressed.")


@subscribers.command(epilog="Example: subscribers show sam@example.org --json")
def show(
    address: Annotated[str | None, typer.Argument(help="Default: all who are not mailed.")] = None,
    json_output: Json = False,
    project: ProjectOption = None,
) -> None:
    """Show who is not mailed, or what is held about one person."""
    from newsletter_mailer.campaign.subscribers import held_about, suppressed
    from newsletter_mailer.cli.status import say_person, say_suppressed

    opened = _open(project)
    if address is None:
        everyone = suppressed(opened)
        if json_output:
            print_json({"suppressed": everyone})
        else:
            say_suppressed(everyone)
        return
    held = held_about(opened, address)
    if json_output:
        print_json(held)
    else:
        say_person(held)
