"""preview: the options become a wish; the browser does the rest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter_mailer.cli.project import ProjectOption, opened, opened_root

if TYPE_CHECKING:
    from newsletter_mailer.campaign.project import Project


def preview(
    issue: Annotated[
        str | None,
        typer.Option("--issue", metavar="ID", help="The issue; default: a list of all."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="N", min=0, max=65535, help="Default: 8765, or one that is free."
        ),
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Open no browser.")] = False,
    project: ProjectOption = None,
) -> None:
    """Show in the browser what every reader will see.

    The page is on this machine only, and follows your files as you save them. Ctrl-C ends it.
    """
    from newsletter_mailer.preview.server import Wish, serve

    root, editor = _look_into(project, issue)
    serve(
        Wish(
            root=root,
            open_project=lambda: opened(project),
            issue=issue,
            port=port,
            opens_browser=not no_open,
            editor=editor,
        ),
        typer.echo,
    )


def _look_into(project: Path | None, issue: str | None) -> tuple[Path, str]:
    """The project's folder and EDITOR_URL; settings with mistakes are shown in the page.

    Raises ProjectError.
    """
    from newsletter_mailer.errors import ContentError
    from newsletter_mailer.issue.folder import issue_folder

    editor = ""
    try:
        newsletter: Project = opened(project)
    except ContentError:
        root = opened_root() or Path()
    else:
        root, editor = newsletter.root, newsletter.environment.get("EDITOR_URL", "")
    if issue is not None:
        issue_folder(root, issue)
    return root, editor
