"""What people read in the terminal, and the JSON that programs read.

All that leaves for a terminal leaves here: what a server, a list, a file or its name says may hold
escape sequences, and is shown without their power.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TextIO

import typer

from newsletter_mailer.characters.terminal import escaped, legible
from newsletter_mailer.cli.terminal.capabilities import has_colours

#: Bold, faint, underlined, the eight colours, and the end of it. Not concealed: that hides words.
_OF_COLOURS = re.compile("(\x1b\\[(?:[0124]|3[0-7])m)")


def examples(*commands: str) -> str:
    """The end of a command's help. "\\b" keeps the lines as they are (click's convention)."""
    return "\n".join(["\b", "Examples:", *(f"  {command}" for command in commands)])


def say(text: str) -> None:
    """To standard error: progress, prompts and news."""
    typer.echo(legible(text), err=True)


def echo(text: object = "", *, is_whole: bool = False) -> None:
    """To standard output: what a command was asked for. `is_whole`: it ends with its line feed."""
    typer.echo(legible(str(text)), nl=not is_whole)


def echo_painted(text: str, stream: TextIO) -> None:
    """What is coloured: of escape sequences, those that `typer.style` wrote stay, and no others."""
    shown = [
        part if _OF_COLOURS.fullmatch(part) else legible(part) for part in _OF_COLOURS.split(text)
    ]
    typer.echo("".join(shown), file=stream, color=has_colours(stream))


class Spoken(logging.Handler):
    """What other people's modules log, as all other news."""

    def emit(self, record: logging.LogRecord) -> None:
        say(self.format(record))


def json_text(value: object, indent: int | None = None) -> str:
    """JSON whose strings are as harmless as all other words, and mean what they meant."""
    return escaped(json.dumps(value, indent=indent, ensure_ascii=False))


def print_json(
    value: Mapping[str, object], lists: Mapping[str, Iterable[Mapping[str, object]]] = {}
) -> None:
    """One object on standard output. The `lists` in it may be long: none is ever held whole."""
    text = json_text(value, indent=2)
    if not lists:
        typer.echo(text)
        return
    typer.echo(text.removesuffix("\n}"), nl=False)
    for name, items in lists.items():
        typer.echo(f',\n  "{name}": [', nl=False)
        end = ""
        for number, item in enumerate(items):
            comma = "," if number else ""
            typer.echo(f"{comma}\n    {json_text(item)}", nl=False)
            end = "\n  "
        typer.echo(f"{end}]", nl=False)
    typer.echo("\n}")


def skip_line(address: str, reason: str) -> str:
    """Who is skipped, and why."""
    return f"{reason:14}  {address}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 reader`, `1,200 readers`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def local_minute(moment: datetime | str | None, zone: tzinfo) -> str:
    """`2025-08-29 09:00`, in the newsletter's time zone; of nothing, nothing. Texts: ISO 8601."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""


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
