"""Lines of plain text at most 78 columns wide."""

from __future__ import annotations

import textwrap
from functools import lru_cache

COLUMNS = 78  #: RFC 5322 section 2.1.1


@lru_cache(maxsize=1000)  # titles stand in the contents of every variant
def wrapped(text: str, *, first: str = "", rest: str = "", width: int = COLUMNS) -> str:
    """The paragraph at most `width` wide; only a word longer than that (a URL) sticks out."""
    lines = [
        textwrap.fill(
            line,
            width,
            initial_indent=first if number == 0 else rest,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        or first.rstrip()
        for number, line in enumerate(text.split("\n"))
    ]
    return "\n".join(lines)
