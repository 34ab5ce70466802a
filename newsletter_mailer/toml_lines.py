"""Where a key stands in a TOML text: `tomllib` tells values, not lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any  # TOML values have no narrower type

from newsletter_mailer.findings import Finding, Source, error


def parse_toml(text: str, file: str) -> tuple[dict[str, Any], list[Finding]]:
    """The table, or an empty one and a finding with the line that is broken."""
    try:
        return tomllib.loads(text), []
    except tomllib.TOMLDecodeError as fault:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(fault))
        line = int(found[1]) if found else text.rstrip("\n").count("\n") + 1
        what = re.sub(r" \(at .*\)$", "", str(fault))
        return {}, [
            error(
                "broken-toml",
                Source(file, line),
                f"This is not valid TOML: {what[:1].lower()}{what[1:]}.",
                "Texts stand in double quotes, and every line reads: key = value.",
            )
        ]
    except RecursionError:
        return {}, [error("broken-toml", Source(file), "This TOML is nested too deeply to read.")]


def line_of(text: str, *path: str) -> int:
    """The line (from 1) where the key `path` of a valid TOML `text` begins.

    The first line with the key's word where the text up to it lacks the key, and the text behind it
    (as soon as that can be read: a value may have many lines) has it. 1 if there is none. Slow,
    and called for findings only.
    """
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if path[-1] in line and not _holds(_table(lines[:at]), path):
            later = (_table(lines[:end]) for end in range(at + 1, len(lines) + 1))
            if _holds(next((table for table in later if table is not None), None), path):
                return at + 1
    return 1


def _table(lines: list[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return None


def _holds(table: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        if not isinstance(table, Mapping) or key not in table:
            return False
        table = table[key]
    return True
