"""resolve: what only a person, or the mail server's log, can settle."""

from __future__ import annotations

from datetime import tzinfo
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter_mailer.cli.options.project import Issue, Json, ProjectOption, opened
from newsletter_mailer.cli.terminal.printing import counted, examples, local_minute, print_json, say

if TYPE_CHECKING:
    from newsletter_mailer.campaign.project import Project
    from newsletter_mailer.campaign.resolve import Proof

app = typer.Typer()


class Decision(StrEnum):
    RESEND = "resend"
    ASSUME_SENT = "assume-sent"


class Refused(StrEnum):
    RETRY = "retry"


@app.command(
    epilog=examples(
        "newsletter-mailer resolve --issue 2025-08 --evidence mail.log",
        "newsletter-mailer resolve --issue 2025-08 --unknown assume-sent",
        "newsletter-mailer resolve --issue 2025-08 --refused retry --domain walsall.example.org",
    )
)
def resolve(
    issue: Issue,
    unknown: Annotated[
        Decision | None, typer.Option("--unknown", help="Send them again, or take them as sent.")
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(
            "--evidence",
            metavar="MAILLOG",
            help="Take as sent whatever this Postfix log (plain or .gz) shows as taken.",
        ),
    ] = None,
    refused: Annotated[
        Refused | None,
        typer.Option("--refused", help="The next send mails those whom a server refused."),
    ] = None,
    addresses: Annotated[
        list[str] | None,
        typer.Option(
            "--address",
            metavar="ADDRESS",
            help="With --unknown or --refused: only this reader; repeatable.",
        ),
    ] = None,
    domains: Annotated[
        list[str] | None,
        typer.Option(
            "--domain", metavar="DOMAIN", help="With --refused: only readers there; repeatable."
        ),
    ] = None,
    reply: Annotated[
        str | None,
        typer.Option(
            "--reply",
            metavar="PATTERN",
            help="With --refused: only where the server's words hold this, in any case; "
            "* is any characters.",
        ),
    ] = None,
    json_output: Json = False,
    project: ProjectOption = None,
) -> None:
    """Decide about lost answers, and about whom a server refused.

    Nobody but you can: look whether a reader has it, or ask the mail server's log; then send it
    again or take it as sent. Whoever was refused for a reason that is gone, such as a right that
    you lacked, is mailed by the next send. Who decided what is kept in the ledger.
    """
    if [unknown, evidence, refused].count(None) != 2:
        raise typer.BadParameter(
            "Say one of --unknown resend (or assume-sent), --evidence and --refused retry."
        )
    if evidence is not None and addresses:
        raise typer.BadParameter(
            "--address goes with --unknown or --refused; a log speaks for itself."
        )
    if refused is None and (domains or reply is not None):
        raise typer.BadParameter("--domain and --reply go with --refused retry.")
    if reply is not None and not reply.strip():
        raise typer.BadParameter("--reply is empty: say what the server said, or leave it out.")
    newsletter = opened(project)
    issue = newsletter.named(issue)
    if refused is not None:
        _retry(newsletter, issue, addresses or [], domains or [], reply or "", json_output)
    elif evidence is not None:
        _by_log(newsletter, issue, evidence, json_output)
    elif unknown is not None:
        _by_hand(newsletter, issue, unknown, addresses or [], json_output)


def _by_hand(
    newsletter: Project, issue: str, decision: Decision, addresses: list[str], json_output: bool
) -> None:
    from newsletter_mailer.campaign.resolve import resolve_unknown

    count = resolve_unknown(newsletter, issue, decision.value, addresses)
    if json_output:
        print_json({"issue": issue, "how": decision.value, "settled": count})
    if count == 0:
        say(f"No message of {issue} is unknown; nothing was changed.")
    elif decision is Decision.RESEND:
        say(f"{counted(count, 'reader')} will be mailed again by the next send.")
    else:
        say(f"{counted(count, 'reader')} taken as sent.")


def _retry(
    newsletter: Project,
    issue: str,
    addresses: list[str],
    domains: list[str],
    reply: str,
    json_output: bool,
) -> None:
    from newsletter_mailer.campaign.retry import Wanted, retry_refused

    wanted = Wanted(addresses=addresses, domains=domains, reply=reply)
    done = retry_refused(newsletter, issue, wanted)
    if json_output:
        print_json(
            {
                "issue": issue,
                "how": Refused.RETRY.value,
                "settled": done.settled,
                "suppressed": done.suppressed,
            }
        )
    if done.suppressed:
        say(f"{counted(done.suppressed, 'reader')} must not be mailed, and stay refused.")
    if done.settled:
        say(
            f"{counted(done.settled, 'reader')} will be mailed by the next send: "
            f"newsletter-mailer send --issue {issue}"
        )
    elif not done.suppressed:
        say(f"No message of {issue} was refused; nothing was changed.")


def _by_log(newsletter: Project, issue: str, log: Path, json_output: bool) -> None:
    from newsletter_mailer.campaign.resolve import resolve_by_log

    proof = resolve_by_log(newsletter, issue, log)
    if json_output:
        print_json(
            {
                "issue": issue,
                "how": "evidence",
                "settled": proof.settled,
                "by_status": dict(sorted(proof.by_status.items())),
                "unknown": len(proof.left),
                "log_began": proof.began,
                "log_ended": proof.ended,
                "log_is_whole": proof.is_whole,
            }
        )
    _say_proof(issue, proof, log, newsletter.settings.zone)


def _say_proof(issue: str, proof: Proof, log: Path, zone: tzinfo) -> None:
    if not proof.settled and not proof.left:
        say(f"No message of {issue} is unknown; nothing was changed.")
        return
    said = ", ".join(f"{count:,} {status}" for status, count in sorted(proof.by_status.items()))
    if proof.settled:
        say(
            f"{counted(proof.settled, 'reader')} taken as sent: the server took the message, and "
            f"its log says what became of it ({said})."
        )
    if not proof.is_whole:
        say(f"{log} is damaged: what stands behind the damage could not be read.")
    if not proof.left:
        return
    moments = sorted(row.at for row in proof.left if row.at is not None)
    span = " to ".join(
        dict.fromkeys(local_minute(one, zone) for one in (*moments[:1], *moments[-1:]))
    )
    left = "1 message is" if len(proof.left) == 1 else f"{len(proof.left):,} messages are"
    say(
        f"{left} not in the log, and stay unknown: that proves nothing unless the log covers the "
        f"time. It runs from {proof.began} to {proof.ended}"
        + (f"; the answers were lost at {span}." if span else ".")
    )
    say(
        f"Decide: newsletter-mailer resolve --issue {issue} --unknown resend (or assume-sent), or "
        "try another log."
    )
