"""What people read in the terminal, and the JSON that programs read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

import typer

from newsletter_mailer.findings import Finding, Severity

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}


def examples(*commands: str) -> str:
    """The end of a command's help. "\\b" keeps the lines as they are (click's convention)."""
    return "\n".join(["\b", "Examples:", *(f"  {command}" for command in commands)])


def say(text: str) -> None:
    """To standard error: progress, prompts and news."""
    typer.echo(text, err=True)


def print_json(value: Mapping[str, object]) -> None:
    """One object on standard output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_findings(findings: Sequence[Finding], *, to_stdout: bool = False) -> None:
    for finding in findings:
        place = typer.style(f"{finding.source.file}:{finding.source.line}", bold=True)
        severity = typer.style(finding.severity.value, fg=_COLOURS[finding.severity], bold=True)
        typer.echo(f"{place}: {severity}: {finding.message} [{finding.rule}]", err=not to_stdout)
        if finding.hint:
            typer.echo(f"    {finding.hint}", err=not to_stdout)


def findings_json(findings: Sequence[Finding]) -> dict[str, object]:
    counts = dict.fromkeys(Severity, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return {
        "findings": [finding.as_json() for finding in findings],
        "errors": counts[Severity.ERROR],
        "warnings": counts[Severity.WARNING],
    }


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
