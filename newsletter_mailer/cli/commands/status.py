"""status: what became of an issue, for a person, a program, a spreadsheet."""

from __future__ import annotations

import csv
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from newsletter_mailer.characters.terminal import visible
from newsletter_mailer.cli.options.project import Issue, Json, ProjectOption, opened
from newsletter_mailer.cli.options.protected_files import refuse_own_file
from newsletter_mailer.cli.results.exit_codes import NOTHING_SENT
from newsletter_mailer.cli.results.report_file import check_report_file, write_report
from newsletter_mailer.cli.terminal.capabilities import has_colours
from newsletter_mailer.cli.terminal.printing import (
    echo,
    echo_painted,
    examples,
    print_json,
    say,
    skip_line,
)
from newsletter_mailer.files.private import keep_private
from newsletter_mailer.store.states import State

if TYPE_CHECKING:
    from newsletter_mailer.campaign.project import Project
    from newsletter_mailer.report.standing import Standing
    from newsletter_mailer.store.figures import DeliveryRecord, Skip

app = typer.Typer()

_COLUMNS = ("address", "state", "code", "enhanced", "reply", "variant", "attempts", "at")
#: What a spreadsheet takes for the beginning of a formula; the full-width twins too.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


@app.command(
    epilog=examples(
        "newsletter-mailer status --issue 2025-08",
        "newsletter-mailer status --issue 2025-08 --addresses --state refused",
        "newsletter-mailer status --issue 2025-08 --csv 2025-08.csv",
    )
)
def status(
    issue: Issue,
    of_sandbox: Annotated[bool, typer.Option("--sandbox", help="Of the rehearsal.")] = False,
    addresses: Annotated[bool, typer.Option("--addresses", help="Name the readers.")] = False,
    state: Annotated[
        State | None, typer.Option("--state", help="Name only readers in this state.")
    ] = None,
    skipped: Annotated[
        bool, typer.Option("--skipped", help="Name who was not to be mailed, and why.")
    ] = False,
    csv_file: Annotated[
        str | None,
        typer.Option(
            "--csv", metavar="FILE", help="Readers, states and replies for a spreadsheet; - prints."
        ),
    ] = None,
    report_file: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Write a page (HTML) that shows it."),
    ] = None,
    json_output: Json = False,
    project: ProjectOption = None,
) -> None:
    """Say what became of an issue, from the ledger."""
    from newsletter_mailer.campaign.status import deliveries, doubt, skips, standing

    if csv_file == "-" and json_output:
        raise typer.BadParameter("--csv - and --json both print: choose one.")
    if report_file is not None:
        check_report_file(report_file, is_dry_run=False)
    newsletter = opened(project)
    if report_file is not None:
        refuse_own_file(newsletter, "--report", report_file)
    if csv_file is not None and csv_file != "-":
        refuse_own_file(newsletter, "--csv", Path(csv_file))
    issue = newsletter.named(issue)
    found = standing(newsletter, issue, of_sandbox=of_sandbox)
    if why := doubt(newsletter, issue, of_sandbox=of_sandbox):
        say(f"note: this may not be the last word. {why}")
    readers = deliveries(newsletter, issue, of_sandbox=of_sandbox, state=state)
    left_out = skips(newsletter, issue, of_sandbox=of_sandbox)
    named = readers if addresses or state is not None else ()
    if report_file is not None and not write_report(
        newsletter, issue, report_file, of_sandbox=of_sandbox
    ):
        raise typer.Exit(NOTHING_SENT)
    if csv_file is not None:
        _write_csv(readers, csv_file, newsletter.settings.zone)
    elif json_output:
        print_json(
            found.as_json(with_addresses=addresses),
            {
                "addresses": (
                    {"address": row.address, "state": row.state.value, "reply": row.reply}
                    for row in named
                ),
                **({"skipped_readers": (one._asdict() for one in left_out)} if skipped else {}),
            },
        )
    elif report_file is None:
        _say(found, newsletter, of_sandbox=of_sandbox)
        _say_readers(named, state if found.was_begun else None)
        if skipped:
            _say_skips(left_out, issue)


def _say(found: Standing, newsletter: Project, *, of_sandbox: bool) -> None:
    from newsletter_mailer.cli.results.status_text import Screen, standing_text

    name = f"{found.issue} (rehearsal)" if of_sandbox else found.issue
    command = f"--issue {found.issue}" + (" --sandbox" if of_sandbox else "")
    if not found.was_begun:
        echo(f"{name} was not sent yet.")
        if not of_sandbox and newsletter.sandbox_ledger(found.issue).is_there():
            say(f"It was rehearsed: newsletter-mailer status {command} --sandbox")
        return
    screen = Screen(
        width=shutil.get_terminal_size().columns if sys.stdout.isatty() else None,
        has_colours=has_colours(sys.stdout),
        has_blocks=_can_print("█▏", sys.stdout),
        zone=newsletter.settings.zone,
    )
    echo_painted(standing_text(found, screen, name=name, command=command), sys.stdout)


def _say_readers(readers: Iterable[DeliveryRecord], state: State | None) -> None:
    number = 0
    for number, row in enumerate(readers, start=1):
        if number == 1:
            echo("")
        echo(f"{row.state:8}  {row.address}  {row.reply}".rstrip())
    if state is not None and not number:
        echo(f"\nNobody is {state}.")


def _say_skips(left_out: Iterable[Skip], issue: str) -> None:
    number = 0
    for number, one in enumerate(left_out, start=1):
        if number == 1:
            echo("")
        echo(skip_line(one.address, one.reason))
    if not number:
        echo("\nNobody was skipped. Who would be, before a send:")
        echo(f"newsletter-mailer send --issue {issue} --dry-run --skipped")


def _write_csv(readers: Iterable[DeliveryRecord], file: str, zone: tzinfo) -> None:
    """Raises ProjectError."""
    count = 0
    with _opened_for_csv(file) as stream:
        writer = csv.writer(stream)
        writer.writerow(_COLUMNS)
        for count, row in enumerate(readers, start=1):  # noqa: B007  # it is told below
            at = row.at.astimezone(zone).isoformat(timespec="seconds") if row.at else ""
            cells = (row.code, row.enhanced, row.text, row.variant, row.attempts, at)
            writer.writerow([safe_cell(cell) for cell in (row.address, row.state.value, *cells)])
    if file != "-":
        say(f"{count:,} readers are in {file}.")


@contextmanager
def _opened_for_csv(file: str) -> Iterator[TextIO]:
    """Excel reads UTF-8 only from a file that begins with a byte order mark."""
    from newsletter_mailer.errors import ProjectError

    if file == "-":
        yield sys.stdout
        return
    try:
        keep_private(Path(file))
        with Path(file).open("w", encoding="utf-8-sig", newline="") as stream:
            yield stream
    except OSError as fault:
        raise ProjectError(f"{file} cannot be written: {fault.strerror}.") from None


def safe_cell(value: object) -> str:
    """A text that a spreadsheet shows and does not run."""
    text = "" if value is None else visible(str(value))
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _can_print(characters: str, stream: TextIO) -> bool:
    try:
        characters.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
