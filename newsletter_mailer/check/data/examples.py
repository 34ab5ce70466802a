"""What breaks a rule and what does not: lines of files, cut out of what the tests check."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from newsletter_mailer.check.data.tables import read_table


@dataclass(frozen=True, slots=True)
class Example:
    """Lines that break a rule, and what stands in their place where it is kept."""

    file: str  #: its path in a project
    bad: str
    good: str


def example_of(rule: str) -> Example | None:
    """None for a rule that lines of a file cannot show."""
    return _examples().get(rule)


@cache
def _examples() -> dict[str, Example]:
    return {rule: Example(**one) for rule, one in read_table("examples.json").items()}
