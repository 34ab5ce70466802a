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
        line = int(found[1]) if found else max(1, text.count("\n"))
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

    It is the line after the longest beginning that parses and lacks the key. Slow (it parses
    every beginning), and called for findings only.
    """
    lines = text.splitlines(keepends=True)
    before = 0
    for count in range(len(lines) + 1):
        try:
            table = tomllib.loads("".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        if _holds(table, path):
            break
        before = count
    return min(before + 1, max(1, len(lines)))


def _holds(table: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        if not isinstance(table, Mapping) or key not in table:
            return False
        table = table[key]
    return True
