"""approve: a name becomes a record; what was agreed to becomes words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter_mailer.cli.options.project import Issue, Json, ProjectOption, opened
from newsletter_mailer.cli.results.findings import print_findings
from newsletter_mailer.cli.terminal.printing import counted, examples, print_json, say, table

if TYPE_CHECKING:
    from newsletter_mailer.campaign.approve import Approved
    from newsletter_mailer.campaign.project import Project

app = typer.Typer()


@app.command(epilog=examples('newsletter-mailer approve --issue 2025-08 --by "Maria Example"'))
def approve(
    issue: Issue,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who agrees to it.")],
    seen: Annotated[
        str | None,
        typer.Option(
            "--seen", metavar="FINGERPRINT", help="Of what was looked at, as the preview shows it."
        ),
    ] = None,
    json_output: Json = False,
    project: ProjectOption = None,
) -> None:
    """Record who agrees to what readers will see.

    Checks the issue first, and refuses if there is an error. With require_approval = true in
    newsletter.toml, send refuses whatever was not approved, or was changed since.
    """
    from newsletter_mailer.campaign.approve import approve as job

    newsletter = opened(project)
    issue = newsletter.named(issue)
    approved = job(
        newsletter,
        issue,
        by,
        datetime.now(UTC),
        seen=seen,
        note=lambda text: say(f"note: {text}"),
    )
    print_findings(approved.findings)
    if json_output:
        print_json(approved.as_json())
    _say_approved(approved, newsletter)


def _say_approved(approved: Approved, project: Project) -> None:
    say(f"Subject  {approved.subject}\n")
    rows = [("Variant", "Sections", "Readers")]
    rows += [(one.id, f"{one.sections}", f"{one.subscribers:,}") for one in approved.variants]
    say(table(rows, right=(1, 2)))
    content = approved.approval.content
    say(f"\n{approved.issue} was approved by {approved.approval.in_words()}: what readers see of")
    say(f"{counted(len(content.files), 'file')}, fingerprint {content.fingerprint}.")
    before = approved.before
    if before.approval is not None:
        since = " Since then:" if before.changes else ""
        say(f"This replaces the approval by {before.approval.in_words()}.{since}")
    for change in before.changes:
        say(f"  {change}")
    say(f"Commit {approved.file.relative_to(project.root).as_posix()}.")
    if not project.settings.require_approval:
        say("send does not ask for it; require_approval = true in newsletter.toml makes it ask.")
