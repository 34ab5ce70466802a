"""What is wrong in one list: told row by row at first, then counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from newsletter_mailer.findings import Finding, Severity, Source

SHOWN_PER_LIST = 1_000  #: findings of one list that are named; the rest is counted, by rule
_LONGEST = 80  #: characters of a cell that a message quotes


class ListFindings:
    """The first thousand as they are, the rest counted."""

    def __init__(self) -> None:
        self._named: list[Finding] = []
        self._more: Counter[tuple[str, Severity, str]] = Counter()
        self._last = 1

    def __iter__(self) -> Iterator[Finding]:
        yield from self._named
        for (rule, severity, place), count in self._more.items():
            yield Finding(
                rule=rule,
                severity=severity,
                source=Source(place, self._last),
                message=f"{count:,} more findings of this kind in this list.",
                hint="Mend those above first.",
            )

    def append(self, finding: Finding) -> None:
        if len(self._named) < SHOWN_PER_LIST:
            self._named.append(finding)
        else:
            self._more[finding.rule, finding.severity, finding.source.file] += 1
            self._last = finding.source.line


def short(text: str) -> str:
    """For a message: not too long, and what cannot be seen is written as its number."""
    shown = "".join(
        char if char.isprintable() else f"\\u{ord(char):04x}" for char in text[:_LONGEST]
    )
    return shown if len(text) <= _LONGEST else f"{shown[: _LONGEST - 3]}..."
