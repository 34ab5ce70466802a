"""--report: a page in a file, of a run just ended or of the ledger as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from newsletter_mailer.cli.terminal.printing import say

if TYPE_CHECKING:
    from newsletter_mailer.campaign.project import Project


def check_report_file(file: Path, *, is_dry_run: bool) -> None:
    """What is wrong is told before anything is sent. Raises BadParameter."""
    if is_dry_run:
        raise typer.BadParameter("--report shows what was sent; a dry run sends nothing.")
    if file.is_dir() or not file.parent.is_dir():
        raise typer.BadParameter(f"--report: {file} cannot be a file; its folder must exist.")


def write_report(project: Project, issue: str, file: Path, *, of_sandbox: bool) -> bool:
    """Whether it could be written: messages have left, so a page that fails is no end of it."""
    from newsletter_mailer.campaign.report import report

    page = report(project, issue, of_sandbox=of_sandbox)
    try:
        file.write_text(page, "utf-8")
    except OSError as fault:
        about = f"--issue {issue}{' --sandbox' if of_sandbox else ''}"
        say(
            f"note: the report cannot be written to {file}: {fault.strerror}. Try another place: "
            f"newsletter-mailer status {about} --report FILE"
        )
        return False
    say(f"The report is in {file}")
    return True
