"""send --test: mails to the given addresses only, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from newsletter_mailer.cli.results.exit_codes import NOTHING_SENT, SENT_IN_PART, note_handed_over
from newsletter_mailer.cli.results.findings import print_findings
from newsletter_mailer.cli.terminal.printing import print_json, say

if TYPE_CHECKING:
    from newsletter_mailer.campaign.project import Project
    from newsletter_mailer.campaign.send_test import TestMail


def send_test_mails(
    project: Project,
    issue: str,
    addresses: list[str],
    as_subscriber: str | None,
    to_sandbox: bool,
    json_output: bool,
) -> None:
    from newsletter_mailer.campaign.send_test import send_test
    from newsletter_mailer.store.states import State

    def on_outcome(mail: TestMail) -> None:
        outcome = mail.outcome
        if outcome.state in (State.SENT, State.UNKNOWN):
            note_handed_over()
        said = outcome.reply if outcome.state is State.SENT else outcome.words
        say(f"{mail.variant} to {mail.address}: {outcome.state} {said}".rstrip())
        if mail.means:
            say(f"  {mail.means}")

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
