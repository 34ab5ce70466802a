"""new, add, build: what the author of an issue does with its files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from newsletter_mailer.cli.findings_text import print_findings
from newsletter_mailer.cli.output import echo, print_json, say, table
from newsletter_mailer.cli.project import Issue, Json, ProjectOption, chosen_folder, opened


def new(
    issue: Issue,
    source: Annotated[
        str | None, typer.Option("--from", metavar="ID", help="The issue to begin from.")
    ] = None,
    project: ProjectOption = None,
) -> None:
    """Begin an issue, or a whole newsletter.

    In a newsletter's folder: an issue from the last one's skeleton, without its past events.
    Anywhere else: a starter project, with an issue that can be sent to the sandbox at once.
    """
    from newsletter_mailer.campaign.new import new_issue, new_project
    from newsletter_mailer.campaign.project import find_root
    from newsletter_mailer.errors import ProjectError

    today = datetime.now().astimezone().date()
    try:
        find_root(chosen_folder(project))
    except ProjectError:
        if source is not None:
            raise
        root = new_project(chosen_folder(project), issue, today)
        say(f"A newsletter begins in {root}.")
        say(f"See it travel: newsletter-mailer send --issue {issue} --sandbox")
        say(f"Then write your own: newsletter.toml, recipients/, issues/{issue}/.")
        return
    made = new_issue(opened(project), issue, today, source)
    say(f"issues/{issue}/ begins from {made.source}:")
    for name in made.files:
        say(f"  {name}")
    for name, why in made.left_out.items():
        say(f"  (left out: {name}, {why.rstrip('.')})")
    say(f"Write what says TODO, then: newsletter-mailer check --issue {issue}")


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


def build(
    issue: Issue,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Default: build/ID/.")
    ] = None,
    json_output: Json = False,
    project: ProjectOption = None,
) -> None:
    """Write every variant to disk; nothing is sent."""
    from newsletter_mailer.campaign.build import build as job

    built = job(opened(project), issue, out)
    print_findings(built.findings)
    if json_output:
        print_json(built.manifest)
        return
    rows = [("File", "Size", "Readers")]
    rows += [
        (entry["html"], f"{entry['html_bytes'] / 1024:.0f} KB", f"{entry['subscribers']:,}")
        for entry in built.manifest["variants"]
    ]
    say(table(rows, right=(1, 2)))
    echo(built.folder)
