"""ledger: keep a copy of the memory of who got what, have it go on elsewhere, put one back."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter_mailer.cli.options.project import ProjectOption, opened
from newsletter_mailer.cli.terminal.printing import counted, examples, say

if TYPE_CHECKING:
    from newsletter_mailer.store.copies import Gap

app = typer.Typer(
    name="ledger",
    help="Copy the memory of who got what, move it, put it back.",
    epilog=examples(
        "newsletter-mailer ledger backup kept/2026-01.db",
        "newsletter-mailer ledger move E:/ledger.db",
        "newsletter-mailer ledger restore E:/ledger.db",
    ),
    no_args_is_help=True,
)

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command(epilog=examples("newsletter-mailer ledger backup kept/2026-01.db"))
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    project: ProjectOption = None,
) -> None:
    """Write a whole copy, to be kept. A send may be at work meanwhile."""
    from newsletter_mailer.campaign.ledger import backup as job

    copy, doubt = job(opened(project), file)
    say(f"A copy of the ledger is in {copy}. It holds readers' addresses.")
    if doubt:
        say(f"note: {doubt}")


@app.command(epilog=examples("newsletter-mailer ledger move E:/ledger.db"))
def move(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, on a stick, say.")],
    project: ProjectOption = None,
) -> None:
    """Have the ledger go on elsewhere: here nobody sends with it any more."""
    from newsletter_mailer.campaign.ledger import move as job

    moved = job(opened(project), file, datetime.now(UTC))
    say(f"The ledger goes on in {moved}; send refuses here from now on.")
    say("Where it is to be used, in the newsletter's folder: newsletter-mailer ledger restore FILE")


@app.command(epilog=examples("newsletter-mailer ledger restore kept/2026-01.db"))
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A copy, or a moved ledger.")],
    in_doubt: Annotated[
        list[str] | None,
        typer.Option(
            "--in-doubt", metavar="ID", help="An issue that may have been sent since; repeatable."
        ),
    ] = None,
    yes: Yes = False,
    project: ProjectOption = None,
) -> None:
    """Have a ledger count here from now on.

    What it does not know is told: whoever may have an issue is unknown then, and is mailed only if
    resolve says so. Whoever wants no more mail in the ledger that was here before stays so.
    """
    from newsletter_mailer.campaign.ledger import restore as job

    newsletter = opened(project)
    gap, replaced = job(
        newsletter,
        file,
        datetime.now(UTC),
        lambda gap: _ask_about(gap, file, yes),
        in_doubt=in_doubt or (),
    )
    say(f"The ledger {newsletter.ledger} counts here from now on.")
    for issue in gap.issues:
        say(f"{issue}: whoever may have it is unknown: newsletter-mailer status --issue {issue}")
    if replaced is not None:
        say(f"The one that was here before is kept in {replaced.kept}.")
    if replaced is not None and replaced.suppressed:
        say(f"{counted(replaced.suppressed, 'address', 'addresses')} of it stay unmailed.")
    if gap.missed and (replaced is None or replaced.suppressed is None):
        say(
            "Who said since then that they want no more mail is not known here. Say it again: "
            "newsletter-mailer subscribers suppress ADDRESS --reason unsubscribed"
        )


@app.command(epilog=examples("newsletter-mailer ledger begin"))
def begin(yes: Yes = False, project: ProjectOption = None) -> None:
    """Begin a new ledger where the old one is lost for good.

    It knows nobody who wants no more mail. Issues that were sent with the old one stay refused.
    """
    from newsletter_mailer.campaign.ledger import begin as job

    newsletter = opened(project)
    _ask("Begin a ledger that does not know who wants no more mail?", yes)
    say(f"A new ledger is in {job(newsletter, datetime.now(UTC))}.")
    say("Whoever wants no more mail: newsletter-mailer subscribers suppress ADDRESS --reason R")


def _ask_about(gap: Gap, file: Path, assume_yes: bool) -> None:
    """Raises NotConfirmed."""
    if gap.note:
        say(gap.note)
    for one in gap.missed[:1]:
        say(f"{file} does not know what {one.file} tells of.")
    for issue in gap.issues:
        say(f"{issue}: it is not known who got it since; nobody is mailed without resolve.")
    if gap.readers:
        say(f"{counted(gap.readers, 'reader')} still owed become unknown.")
    say("No other copy of this ledger may be sent with any more.")
    _ask("Have this ledger count here?", assume_yes)


def _ask(question: str, assume_yes: bool) -> None:
    """Raises NotConfirmed."""
    from newsletter_mailer.errors import NotConfirmed

    if assume_yes:
        return
    if not sys.stdin.isatty():
        raise NotConfirmed("Add --yes to say that you mean it; nothing was changed.")
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:  # the end of input
        agreed = False
    if not agreed:
        raise NotConfirmed("Nothing was changed: you said no.")
