"""docs: the documentation of the version that is installed."""

from __future__ import annotations

import os
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from newsletter_mailer import __version__
from newsletter_mailer.cli.terminal.capabilities import has_screen
from newsletter_mailer.cli.terminal.printing import echo, examples, table

app = typer.Typer()


@app.command(
    epilog=examples(
        "newsletter-mailer docs",
        "newsletter-mailer docs sending",
        "newsletter-mailer docs lists --no-open",
    )
)
def docs(
    topic: Annotated[
        str | None, typer.Argument(metavar="[TOPIC]", help="A page: sending, lists, rules, ...")
    ] = None,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Open no browser; print it here.")
    ] = False,
) -> None:
    """Open the documentation of this version in the browser.

    Without a screen, in a pipe and in CI it is printed: the page, or the list of all. It came with
    the program and needs no network.
    """
    from newsletter_mailer.did_you_mean import did_you_mean
    from newsletter_mailer.manual.files import folder, page_of, text, topics, write_pages

    titles = topics()
    if topic is not None and topic not in titles:
        hint = did_you_mean(topic, titles)
        raise typer.BadParameter(f'There is no page "{topic}". {hint}', param_hint="TOPIC")
    if not no_open and _may_open():
        pages = Path(tempfile.mkdtemp(prefix="newsletter-mailer-docs-"))
        write_pages(pages)
        address = page_of(topic, pages).as_uri()
        echo(f"The documentation of newsletter-mailer {__version__} is at {address}")
        webbrowser.open(address)
    elif topic is not None:
        echo(text(topic), is_whole=True)
    else:
        echo(f"The documentation of newsletter-mailer {__version__} is in {folder() / 'docs'}")
        echo(table(list(titles.items())))
        echo("newsletter-mailer docs TOPIC shows a page.")


def _may_open() -> bool:
    return sys.stdout.isatty() and has_screen() and not os.environ.get("CI")
