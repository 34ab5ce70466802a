"""Reads the tables in check/data: a part of the program like its code; `tools/` makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any  # JSON of a known form


def read_table(name: str) -> dict[str, Any]:
    """The object in check/data/NAME."""
    content = Path(__file__).with_name(name).read_bytes()
    table: dict[str, Any] = json.loads(content)
    return table
