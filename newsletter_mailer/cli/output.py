"""What people read in the terminal, and the JSON that programs read."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path

import typer

from newsletter_mailer.findings import Finding, Severity

_MANY = 12  #: findings that are shown with the lines of the files


def examples(*commands: str) -> str:
    """The end of a command's help. "\\b" keeps the lines as they are (click's convention)."""
    return "\n".join(["\b", "Examples:", *(f"  {command}" for command in commands)])


def say(text: str) -> None:
    """To standard error: progress, prompts and news."""
    typer.echo(text, err=True)


def print_json(
    value: Mapping[str, object], name: str = "", items: Iterable[Mapping[str, object]] = ()
) -> None:
    """One object on standard output. A long list of `items` under `name` is never held whole."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if not name:
        typer.echo(text)
        return
    typer.echo(f'{text[:-2]},\n  "{name}": [', nl=False)
    end = ""
    for number, item in enumerate(items):
        comma = "," if number else ""
        typer.echo(f"{comma}\n    {json.dumps(item, ensure_ascii=False)}", nl=False)
        end = "\n  "
    typer.echo(f"{end}]\n}}")


def print_findings(findings: Sequence[Finding]) -> None:
    """To standard error, before what a command does: a line for each if there are many."""
    from newsletter_mailer.campaign.source_lines import SourceLines
    from newsletter_mailer.check.reports.text import text_report
    from newsletter_mailer.cli.project import opened_root
    from newsletter_mailer.cli.terminal import has_colours, look_of

    if not findings:
        return
    look = look_of(sys.stderr, is_compact=len(findings) > _MANY)
    text = text_report(findings, SourceLines(opened_root() or Path()), look)
    typer.echo(text, err=True, color=has_colours(sys.stderr))
    if look.is_compact:
        say("newsletter-mailer check says what to do about each.")


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 reader`, `1,200 readers`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def sum_up(findings: Sequence[Finding]) -> str:
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = sum(finding.severity is Severity.WARNING for finding in findings)
    if not errors and not warnings:
        return "Nothing is wrong."
    return f"{counted(errors, 'error')}, {counted(warnings, 'warning')}."


def local_minute(moment: str | None, zone: tzinfo) -> str:
    """`2025-08-29 09:00`, in the newsletter's time zone; of nothing, nothing."""
    return f"{datetime.fromisoformat(moment).astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""


def table(rows: Sequence[tuple[str, ...]], *, right: Sequence[int] = ()) -> str:
    """Aligned columns; those in `right` to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
