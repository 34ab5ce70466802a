"""preview: the options become a wish; the browser does the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter_mailer.cli.options.project import ProjectOption, opened, opened_root
from newsletter_mailer.cli.terminal.capabilities import has_screen
from newsletter_mailer.cli.terminal.printing import echo, examples, say
from newsletter_mailer.garbage_collector import look_as_usual

if TYPE_CHECKING:
    from newsletter_mailer.campaign.approve import Approved
    from newsletter_mailer.campaign.project import Project
    from newsletter_mailer.campaign.send_test import TestMail

app = typer.Typer()


@app.command(
    epilog=examples(
        "newsletter-mailer preview --issue 2025-08",
        "newsletter-mailer preview --issue 2025-08 --export for-approval",
        "newsletter-mailer preview --issue 2025-08 --screenshots album",
    )
)
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
    to_sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Test mails go into outbox/ID/, to nobody.")
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="DIR", help="Write the page as a folder for the sign-off, and end."
        ),
    ] = None,
    screenshots: Annotated[
        Path | None,
        typer.Option(
            "--screenshots", metavar="DIR", help="Write a picture of every variant, and end."
        ),
    ] = None,
    project: ProjectOption = None,
) -> None:
    """Show in the browser what every reader will see.

    The page is on this machine only, and follows your files as you save them. Ctrl-C ends it.
    """
    if export is not None or screenshots is not None:
        if issue is None:
            raise typer.BadParameter("--export and --screenshots need --issue ID.")
        _write(project, issue, export, screenshots)
        return
    from newsletter_mailer.preview.live.actions import Actions
    from newsletter_mailer.preview.server.server import ServerOptions, serve

    root, editor = _look_into(project, issue)
    look_as_usual()
    serve(
        ServerOptions(
            root=root,
            open_project=lambda: opened(project),
            actions=Actions(lambda: opened(project), _send_test, _approve, to_sandbox=to_sandbox),
            issue=issue,
            port=port,
            opens_browser=not no_open and has_screen(),
            editor=editor,
        ),
        echo,
    )


def _send_test(
    newsletter: Project,
    issue: str,
    addresses: list[str],
    *,
    as_subscriber: str | None,
    only_variant: str | None,
    to_sandbox: bool,
) -> list[TestMail]:
    from newsletter_mailer.campaign.send_test import send_test  # not before somebody asks for it

    return send_test(
        newsletter,
        issue,
        addresses,
        as_subscriber=as_subscriber,
        only_variant=only_variant,
        to_sandbox=to_sandbox,
    )


def _approve(
    newsletter: Project, issue: str, by: str, now: datetime, *, seen: str | None
) -> Approved:
    from newsletter_mailer.campaign.approve import approve  # not before somebody asks for it

    return approve(newsletter, issue, by, now, seen=seen)


def _write(
    project: Path | None, issue: str, export_to: Path | None, pictures_to: Path | None
) -> None:
    """Without a server. Raises ContentError, ProjectError."""
    if export_to is not None:
        from newsletter_mailer.preview.export.sign_off_folder import export

        index = export(lambda: opened(project), issue, export_to, datetime.now(UTC))
        say("Open it in a browser, or zip the folder and send it to whoever signs the issue off:")
        echo(index)
    if pictures_to is not None:
        from newsletter_mailer.preview.export.screenshots import screenshots

        taken = screenshots(opened(project), issue, pictures_to, lambda text: say(f"note: {text}"))
        for picture in taken:
            echo(picture)


def _look_into(project: Path | None, issue: str | None) -> tuple[Path, str]:
    """The project's folder and EDITOR_URL; settings with mistakes are shown in the page.

    Raises ProjectError.
    """
    from newsletter_mailer.errors import ContentError
    from newsletter_mailer.issue.issue_folders import issue_folder
    from newsletter_mailer.preview.views.editor_link import editor_pattern

    editor = ""
    try:
        newsletter: Project = opened(project)
    except ContentError:
        root = opened_root() or Path()
    else:
        root = newsletter.root
        editor = editor_pattern(newsletter.environment.get("EDITOR_URL", ""))
    if issue is not None:
        issue_folder(root, issue)
    return root, editor
