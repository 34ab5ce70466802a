"""Style sheets as tinycss2 parses them, each once, whoever looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import tinycss2
from tinycss2 import ast


@lru_cache(maxsize=32)
def parsed_sheet(text: str) -> Sequence[ast.Node]:
    """Its rules, without comments and blanks. Raises RecursionError for thousands of brackets."""
    return tuple(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True))
