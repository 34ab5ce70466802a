"""The commands by name, in the order in which an issue needs them.

Each turns words into a request, runs one job, and turns its answer into words. Their imports are
lazy: `--help` loads neither lxml, MJML, premailer nor a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any  # Any: typer has no public name for what a command becomes

import typer
from typer.core import TyperGroup
from typer.main import get_group

from newsletter_mailer import __version__
from newsletter_mailer.cli.options.project import ProjectOption, note_before_the_command
from newsletter_mailer.cli.terminal.printing import echo, examples

#: Each is the `app` in the module of its name.
COMMANDS = (
    *("new", "add", "build", "check", "preview", "approve", "send", "status", "resolve", "docs"),
    *("subscribers", "ledger"),
)


class AskedFor(TyperGroup):
    """Makes the command that is asked for, and no other: all of them take 40 ms of every start."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A misspelt name makes all of them: typer suggests one of those that it has."""
        for name in [cmd_name] if cmd_name in COMMANDS else COMMANDS:
            if name not in self.commands:
                self.commands.update(_made(name))
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # typer's signature
        return [*COMMANDS]


def _made(name: str) -> Mapping[str, Any]:
    """One command, or one group of them, by its name."""
    alone = typer.Typer(rich_markup_mode=None)
    alone.add_typer(import_module(f"newsletter_mailer.cli.commands.{name}").app)
    return get_group(alone).commands


app = typer.Typer(
    name="newsletter-mailer",
    cls=AskedFor,
    help="Compose an e-mail newsletter from files, check it, and mail it once to everyone.",
    epilog=examples(
        "newsletter-mailer new --issue 2025-09",
        "newsletter-mailer check --issue 2025-09",
        "newsletter-mailer send --issue 2025-09 --sandbox",
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        echo(__version__)
        raise typer.Exit


@app.callback()
def every_command(
    project: ProjectOption = None,
    version: Annotated[  # noqa: ARG001  # its callback does the work
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say which this is."),
    ] = False,
) -> None:
    note_before_the_command(project)
