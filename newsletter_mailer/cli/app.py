"""The commands by name, in the order in which an issue needs them.

Each turns words into a request, runs one job, and turns its answer into words. Their imports are
lazy: `--help` loads neither lxml, MJML, premailer nor a server.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter_mailer import __version__
from newsletter_mailer.cli.approve import approve
from newsletter_mailer.cli.author import add, build, new
from newsletter_mailer.cli.check import check
from newsletter_mailer.cli.ledger import app as ledger
from newsletter_mailer.cli.output import echo, examples
from newsletter_mailer.cli.preview import preview
from newsletter_mailer.cli.project import ProjectOption, note_before_the_command
from newsletter_mailer.cli.resolve import resolve
from newsletter_mailer.cli.send import send
from newsletter_mailer.cli.status import status
from newsletter_mailer.cli.subscribers import app as subscribers

app = typer.Typer(
    name="newsletter-mailer",
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


app.command(
    epilog=examples(
        "newsletter-mailer new --issue 2025-09", "newsletter-mailer new --issue x --from 2025-08"
    )
)(new)
app.command(
    epilog=examples('newsletter-mailer add --issue 2025-09 --kind event --title "Webinar"')
)(add)
app.command(epilog=examples("newsletter-mailer build --issue 2025-08"))(build)
app.command(
    epilog=examples(
        "newsletter-mailer check",
        "newsletter-mailer check --issue 2025-08 --at 2025-08-29T09:00 --links",
        "newsletter-mailer check --explain gmail-clipping",
        "newsletter-mailer check --strict --format sarif --output check.sarif",
    )
)(check)
app.command(
    epilog=examples(
        "newsletter-mailer preview --issue 2025-08",
        "newsletter-mailer preview --issue 2025-08 --export for-approval",
        "newsletter-mailer preview --issue 2025-08 --screenshots album",
    )
)(preview)
app.command(epilog=examples('newsletter-mailer approve --issue 2025-08 --by "Maria Example"'))(
    approve
)
app.command(
    epilog=examples(
        "newsletter-mailer send --issue 2025-08 --sandbox",
        "newsletter-mailer send --issue 2025-08 --test me@example.org",
        "newsletter-mailer send --issue 2025-08 --dry-run --json",
        "newsletter-mailer send --issue 2025-08 --region dudley --role director",
        "newsletter-mailer send --issue 2025-08 --rate 30/min --retry-for 2h",
        "newsletter-mailer send --issue 2025-08 --again sam@example.org",
    )
)(send)
app.command(
    epilog=examples(
        "newsletter-mailer status --issue 2025-08",
        "newsletter-mailer status --issue 2025-08 --addresses --state refused",
        "newsletter-mailer status --issue 2025-08 --csv 2025-08.csv",
    )
)(status)
app.command(
    epilog=examples(
        "newsletter-mailer resolve --issue 2025-08 --evidence mail.log",
        "newsletter-mailer resolve --issue 2025-08 --unknown assume-sent",
        "newsletter-mailer resolve --issue 2025-08 --refused retry --domain walsall.example.org",
    )
)(resolve)
app.add_typer(subscribers, name="subscribers")
app.add_typer(ledger, name="ledger")
