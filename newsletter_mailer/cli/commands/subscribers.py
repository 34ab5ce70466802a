"""subscribers: who must not be mailed, and what is held about a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from enum import StrEnum
from typing import Annotated, Any  # Any: shapes are those of the JSON objects

import typer

from newsletter_mailer.cli.options.project import Json, ProjectOption, opened
from newsletter_mailer.cli.terminal.printing import (
    echo,
    examples,
    local_minute,
    print_json,
    say,
    table,
)

app = typer.Typer(
    name="subscribers",
    help="Who must not be mailed, and what is held about a person.",
    epilog=examples(
        "newsletter-mailer subscribers suppress sam@example.org --reason unsubscribed",
        "newsletter-mailer subscribers unsuppress sam@example.org",
        "newsletter-mailer subscribers show sam@example.org",
    ),
    no_args_is_help=True,
)

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="As it stands in the list.")]


class Reason(StrEnum):
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    MANUAL = "manual"


@app.command(
    epilog=examples("newsletter-mailer subscribers suppress sam@example.org --reason unsubscribed")
)
def suppress(
    address: Address,
    reason: Annotated[Reason, typer.Option("--reason", help="Why.")],
    project: ProjectOption = None,
) -> None:
    """Never mail this address again, whatever list it is in."""
    from newsletter_mailer.campaign.subscribers import suppress as job

    done = job(opened(project), address, reason.value)
    say(f"{done.address} is not mailed any more ({reason}).")
    for issue in done.being_mailed:
        say(
            f"A send of {issue} has it in hand at this moment, or was cut off with it. If its "
            "message is on its way already, nothing calls it back: newsletter-mailer subscribers "
            f"show {done.address} says what became of it."
        )


@app.command(epilog=examples("newsletter-mailer subscribers unsuppress sam@example.org"))
def unsuppress(address: Address, project: ProjectOption = None) -> None:
    """Mail this address again."""
    from newsletter_mailer.campaign.subscribers import unsuppress as job

    if job(opened(project), address):
        say(f"{address} may be mailed again.")
    else:
        say(f"{address} was not suppressed; nothing was changed.")


@app.command(
    epilog=examples(
        "newsletter-mailer subscribers show",
        "newsletter-mailer subscribers show sam@example.org --json",
    )
)
def show(
    address: Annotated[
        str | None, typer.Argument(metavar="ADDRESS", help="Default: all who are not mailed.")
    ] = None,
    json_output: Json = False,
    project: ProjectOption = None,
) -> None:
    """Show who is not mailed, or what is held about one person."""
    from newsletter_mailer.campaign.subscribers import held_about, suppressed

    newsletter = opened(project)
    zone = newsletter.settings.zone
    if address is None:
        everyone = suppressed(newsletter)
        if json_output:
            print_json({"suppressed": everyone})
        else:
            _say_suppressed(everyone, zone)
        return
    held = held_about(newsletter, address)
    if json_output:
        print_json(held)
    else:
        _say_person(held, zone)


def _say_person(held: Mapping[str, Any], zone: tzinfo) -> None:
    echo(held["address"])
    if held["suppressed"]:
        since = local_minute(held["suppressed"]["since"], zone)
        echo(f"  not mailed: {held['suppressed']['reason']}, since {since}")
    for row in held["issues"]:
        values = ", ".join(f"{name}: {value}" for name, value in row["values"].items() if value)
        echo(f"  {row['issue']}: {row['state']}{f' ({values})' if values else ''}")
    for row in held["skipped"]:
        echo(f"  {row['issue']}: skipped ({row['reason']})")
    for row in held["settled"]:
        at = local_minute(row["at"], zone)
        before = row["before"]
        was = f"; it was {before['state']} {before['reply']}".rstrip() if before else ""
        echo(f"  {row['issue']}: settled by {row['who']} ({row['how']}), {at}{was}")
    if not held["suppressed"] and not held["issues"] and not held["skipped"]:
        echo("  Nothing is held about this address.")


def _say_suppressed(everyone: Sequence[Mapping[str, str]], zone: tzinfo) -> None:
    if not everyone:
        echo("Nobody is suppressed.")
        return
    rows = [("Address", "Reason", "Since")]
    rows += [(row["address"], row["reason"], local_minute(row["since"], zone)) for row in everyone]
    echo(table(rows))
