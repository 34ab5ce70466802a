"""How messages count readers and name places in lists."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter_mailer.findings import Source


def people(count: int) -> str:
    return "1 reader" if count == 1 else f"{count:,} readers"


def places(sources: Sequence[Source], count: int) -> str:
    """`a.csv:2, a.csv:7 and 31 more`, each with its folder, of `count` in all."""
    named = ", ".join(f"{source.file}:{source.line}" for source in sources)
    return named if count <= len(sources) else f"{named} and {count - len(sources):,} more"


def joined(words: Sequence[str], last: str) -> str:
    """`a, b and c`."""
    return f" {last} ".join([*([", ".join(words[:-1])] if words[:-1] else []), *words[-1:]])
