"""What a person or the ledger keeps in a project is never written over by an option's FILE."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from newsletter_mailer.cli.options.project import from_here

if TYPE_CHECKING:
    from newsletter_mailer.campaign.project import Project


def refuse_own_file(project: Project, option: str, file: Path) -> None:
    """Told before anything is done, wherever links lead. Raises BadParameter, ProjectError."""
    if project.ledger.has(from_here(file).resolve()):
        raise _refusal(option, file)
    refuse_file_within(project.root, option, file)


def refuse_file_within(root: Path, option: str, file: Path) -> None:
    """The same, but for the ledger: that is known only where the settings can be read.

    Raises BadParameter, ProjectError.
    """
    from newsletter_mailer.campaign.project import (
        PROGRAMS_FOLDER,
        WRITTEN_FILES,
        written_folders,
    )

    target = from_here(file).resolve()
    folders = {(root / name).resolve() for name in (*written_folders(), PROGRAMS_FOLDER)}
    files = {(root / name).resolve() for name in WRITTEN_FILES}
    if target in files or not folders.isdisjoint(target.parents):
        raise _refusal(option, file)


def _refusal(option: str, file: Path) -> typer.BadParameter:
    return typer.BadParameter(
        f"{option}: {file} is a place of the newsletter's own files, which are not written "
        "over. Name another file; nothing was done."
    )
