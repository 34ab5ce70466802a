"""new: a newsletter begins, or an issue."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from newsletter_mailer.cli.options.project import Issue, ProjectOption, chosen_folder, opened
from newsletter_mailer.cli.terminal.printing import examples, say

app = typer.Typer()


@app.command(
    epilog=examples(
        "newsletter-mailer new --issue 2025-09", "newsletter-mailer new --issue x --from 2025-08"
    )
)
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
    from newsletter_mailer.audience.list_sources import list_folders
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
        lists = ", ".join(f"{folder}/" for folder in list_folders())
        say(f"Then write your own: newsletter.toml, {lists}, issues/{issue}/.")
        return
    made = new_issue(opened(project), issue, today, source)
    say(f"issues/{issue}/ begins from {made.source}:")
    for name in made.files:
        say(f"  {name}")
    for name, why in made.left_out.items():
        say(f"  (left out: {name}, {why.rstrip('.')})")
    say(f"Write what says TODO, then: newsletter-mailer check --issue {issue}")
