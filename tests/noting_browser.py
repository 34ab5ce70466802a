"""A browser that opens nothing, and notes what it was asked to open."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path


def browser_that_notes(folder: Path) -> tuple[str, Path]:
    """What BROWSER may say, and the file in which that program writes the address."""
    note = folder / "opened"
    program = folder / "browser.py"
    program.write_text(
        f"import pathlib, sys\npathlib.Path({str(note)!r}).write_text(sys.argv[1])\n", "utf-8"
    )
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(program))} %s", note
