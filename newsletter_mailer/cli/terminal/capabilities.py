"""What the terminal can show: its width, colours, and a browser beside it."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, TextIO

import typer

if TYPE_CHECKING:
    from newsletter_mailer.check.reports.text import Look, Style

_WIDTH = 100  #: columns, where there is no terminal
_MOST_ALIKE = 100  #: findings of one kind in one file; more are for a file, not for a reader


def has_colours(stream: TextIO) -> bool:
    """Those of a terminal, unless NO_COLOR (no-color.org) or FORCE_COLOR say otherwise."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def has_screen() -> bool:
    """Without one, Python would open a text browser in this very terminal."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)


def look_of(stream: TextIO, *, is_compact: bool = False) -> Look:
    from newsletter_mailer.check.reports.text import Look, plain

    is_terminal = stream.isatty()
    return Look(
        width=shutil.get_terminal_size((_WIDTH, 24)).columns if is_terminal else _WIDTH,
        wraps=is_terminal,
        paint=painted if has_colours(stream) else plain,
        is_compact=is_compact,
        most_alike=_MOST_ALIKE,
    )


def painted(text: str, style: Style) -> str:
    """With the escape sequences of the colours, and after them those that end it."""
    if not text.strip():
        return text
    if style == "error":
        return typer.style(text, fg="red", bold=True)
    if style == "warning":
        return typer.style(text, fg="yellow", bold=True)
    if style == "info":
        return typer.style(text, fg="blue", dim=True)
    if style == "help":
        return typer.style(text, fg="cyan")
    if style == "file":
        return typer.style(text, bold=True, underline=True)
    if style == "message":
        return typer.style(text, bold=True)
    return typer.style(text, dim=True)
