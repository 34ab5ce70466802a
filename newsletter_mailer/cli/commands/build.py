"""build: every variant to disk, and a table of what was written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter_mailer.cli.options.project import Issue, Json, ProjectOption, opened
from newsletter_mailer.cli.results.findings import print_findings
from newsletter_mailer.cli.terminal.printing import echo, examples, print_json, say, table

app = typer.Typer()


@app.command(epilog=examples("newsletter-mailer build --issue 2025-08"))
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
