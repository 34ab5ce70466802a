"""add: a section begins."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter_mailer.cli.options.project import Issue, ProjectOption, opened
from newsletter_mailer.cli.terminal.printing import examples, say

app = typer.Typer()


@app.command(
    epilog=examples('newsletter-mailer add --issue 2025-09 --kind event --title "Webinar"')
)
def add(
    issue: Issue,
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="letter, story, event, ...")],
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="The section's heading.")],
    project: ProjectOption = None,
) -> None:
    """Add a section file with the kind's fields and help."""
    from newsletter_mailer.campaign.new import add_section

    newsletter = opened(project)
    path = add_section(newsletter, issue, kind, title)
    say(f"{path.relative_to(newsletter.root).as_posix()} waits to be written.")
    say(f"Write what says TODO, then: newsletter-mailer check --issue {issue}")
