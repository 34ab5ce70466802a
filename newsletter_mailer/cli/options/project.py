"""Which project a command means: `--project` before or after it, .env, the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter_mailer.cli.terminal.printing import say

if TYPE_CHECKING:
    from newsletter_mailer.campaign.project import Project

Issue = Annotated[str, typer.Option("--issue", metavar="ID", help="The issue, such as 2025-08.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="DIR",
        help="The newsletter's folder; default: here, or the nearest parent with newsletter.toml.",
    ),
]

_before_the_command: Path | None = None
_root: Path | None = None  #: of the project that was opened
_is_told_of = set[Path]()  #: files of secrets that others can read; said once


def note_before_the_command(project: Path | None) -> None:
    """`newsletter-mailer --project DIR send ...`; one that stands after the command wins."""
    global _before_the_command
    _before_the_command = project


def chosen_folder(project: Path | None) -> Path:
    """Raises ProjectError."""
    return from_here(project or _before_the_command or Path())


def from_here(path: Path) -> Path:
    """The absolute path of one that a person named. Raises ProjectError if "here" is no more."""
    from newsletter_mailer.errors import ProjectError

    try:
        return path.absolute()
    except FileNotFoundError:
        raise ProjectError(
            "The folder that this terminal is in does not exist any more. Go to your newsletter's "
            "folder (cd), and run the command again."
        ) from None


def opened(project: Path | None) -> Project:
    """The project, with the environment over .env. Raises ContentError, ProjectError."""
    from newsletter_mailer.campaign.project import find_root, open_project
    from newsletter_mailer.errors import ProjectError

    global _root
    folder = chosen_folder(project)
    if not folder.is_dir():
        raise ProjectError(f"--project: there is no folder {folder}.")
    _root = find_root(folder)
    return open_project(_root, {**_written_in(_root / ".env"), **os.environ})


def opened_root() -> Path | None:
    """The folder of the project that was opened, also if its settings are wrong; None before."""
    return _root


def _tell_who_can_read(file: Path) -> None:
    """A password that others on this machine can read. Raises OSError."""
    import shlex

    from newsletter_mailer.files.private import is_open_to_others

    if file in _is_told_of or not is_open_to_others(file):
        return
    _is_told_of.add(file)
    here = Path(file.name)
    is_here = here.exists() and here.samefile(file)
    name = file.name if is_here else shlex.quote(str(file))
    say(f"note: others on this machine can read .env, which holds secrets: chmod 600 {name}")


def _written_in(file: Path) -> dict[str, str]:
    """The lines of .env, as they stand: a password may hold a $. Raises ProjectError."""
    if not file.exists():
        return {}
    from dotenv.parser import parse_stream

    from newsletter_mailer.did_you_mean import did_you_mean
    from newsletter_mailer.errors import ProjectError
    from newsletter_mailer.settings.transport import names_by_prefix

    names = names_by_prefix()
    written: dict[str, str] = {}
    try:
        with file.open(encoding="utf-8-sig") as lines:
            _tell_who_can_read(file)
            for binding in parse_stream(lines):
                line = f".env, line {binding.original.line}"
                if binding.error:
                    raise ProjectError(f"{line} cannot be read. Write NAME=value.")
                name = binding.key or ""
                known = names.get("".join(name.partition("_")[:2]))
                if known is not None and name not in known:
                    hint = did_you_mean(name, known)
                    raise ProjectError(f"{line}: there is no setting {name}. {hint}")
                if name:
                    written[name] = binding.value or ""
    except UnicodeDecodeError:
        raise ProjectError(".env is not UTF-8 text. Save it again as UTF-8.") from None
    except OSError as fault:
        raise ProjectError(f".env cannot be read: {fault.strerror}.") from None
    return written
