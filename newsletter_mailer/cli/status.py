"""What `status` and `subscribers show` print for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any  # shapes are those of design: JSON objects

import typer

from newsletter_mailer.cli.output import table


def say_status(found: Mapping[str, Any]) -> None:
    if not found["counts"]:
        typer.echo(f"{found['issue']} was not sent yet.")
        return
    typer.echo(found["issue"])
    typer.echo(
        table(
            [(f"  {state}", f"{count:,}") for state, count in found["counts"].items()], right=(1,)
        )
    )
    rows = [("Run", "Began", "Ended", "Planned", "Only")]
    for run in found["runs"]:
        chosen = ", ".join(word for words in run["filters"].values() for word in words)
        rows.append(
            (
                str(run["run"]),
                _short(run["began"]),
                _short(run["ended"]) or "not ended",
                f"{run['planned']:,}",
                chosen or "-",
            )
        )
    typer.echo(table(rows, right=(3,)))
    for row in found["addresses"]:
        typer.echo(f"{row['address']}  {row['state']}  {row['reply']}".rstrip())


def say_person(held: Mapping[str, Any]) -> None:
    typer.echo(held["address"])
    if held["suppressed"]:
        typer.echo(
            f"  not mailed: {held['suppressed']['reason']}, "
            f"since {_short(held['suppressed']['since'])}"
        )
    for row in held["issues"]:
        values = ", ".join(f"{name}: {value}" for name, value in row["values"].items() if value)
        typer.echo(f"  {row['issue']}: {row['state']} ({values})")
    if not held["suppressed"] and not held["issues"]:
        typer.echo("  Nothing is held about this address.")


def say_suppressed(everyone: Sequence[Mapping[str, str]]) -> None:
    if not everyone:
        typer.echo("Nobody is suppressed.")
        return
    typer.echo(table([(row["address"], row["reason"], _short(row["since"])) for row in everyone]))


def _short(moment: str | None) -> str:
    """`2025-08-29 09:00`, UTC."""
    return moment[:16].replace("T", " ") if moment else ""
