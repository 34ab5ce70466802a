"""status, resolve: what became of an issue, and what only a person can settle."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from enum import StrEnum
from typing import Annotated, Any  # Any: shapes are those of the JSON objects

import typer

from newsletter_mailer.cli.output import counted, local_minute, print_json, say, table
from newsletter_mailer.cli.project import Issue, Json, ProjectOption, opened
from newsletter_mailer.store.states import State


class Decision(StrEnum):
    RESEND = "resend"
    ASSUME_SENT = "assume-sent"


def status(
    issue: Issue,
    of_sandbox: Annotated[bool, typer.Option("--sandbox", help="Of the rehearsal.")] = False,
    addresses: Annotated[bool, typer.Option("--addresses", help="Name the readers.")] = False,
    state: Annotated[
        State | None, typer.Option("--state", help="Name only readers in this state.")
    ] = None,
    json_output: Json = False,
    project: ProjectOption = None,
) -> None:
    """Say what became of an issue, from the ledger."""
    from newsletter_mailer.campaign.status import status as job

    newsletter = opened(project)
    found = job(
        newsletter,
        issue,
        of_sandbox=of_sandbox,
        with_addresses=addresses or state is not None,
        state=state,
    )
    if json_output:
        print_json(found)
    else:
        _say_status(found, newsletter.settings.zone, of_sandbox=of_sandbox)
        if not found["counts"] and newsletter.sandbox_ledger_path(issue).exists():
            say(f"It was rehearsed: newsletter-mailer status --issue {issue} --sandbox")


def resolve(
    issue: Issue,
    unknown: Annotated[
        Decision, typer.Option("--unknown", help="Send them again, or take them as sent.")
    ],
    project: ProjectOption = None,
) -> None:
    """Decide about messages whose answer was lost.

    Nobody but you can: look whether a reader has it, then send it again or take it as sent.
    """
    from newsletter_mailer.campaign.resolve import resolve_unknown

    count = resolve_unknown(opened(project), issue, unknown.value)
    if count == 0:
        say(f"No message of {issue} is unknown; nothing was changed.")
    elif unknown is Decision.RESEND:
        say(f"{counted(count, 'reader')} will be mailed again by the next send.")
    else:
        say(f"{counted(count, 'reader')} taken as sent.")


def _say_status(found: Mapping[str, Any], zone: tzinfo, *, of_sandbox: bool) -> None:
    name = f"{found['issue']} (rehearsal)" if of_sandbox else found["issue"]
    if not found["counts"]:
        typer.echo(f"{name} was not sent yet.")
        return
    counts = ", ".join(f"{count:,} {state}" for state, count in found["counts"].items())
    typer.echo(f"{name}: {counts}\n")
    rows = [("Run", "Began", "Ended", "Readers", "Only")]
    for run in found["runs"]:
        chosen = ", ".join(word for words in run["filters"].values() for word in words)
        began, ended = local_minute(run["began"], zone), local_minute(run["ended"], zone)
        rows.append((str(run["run"]), began, ended or "cut short", f"{run['planned']:,}", chosen))
    typer.echo(table(rows, right=(3,)))
    if found["addresses"]:
        readers = [(row["address"], row["state"], row["reply"]) for row in found["addresses"]]
        typer.echo(f"\n{table(readers)}")
