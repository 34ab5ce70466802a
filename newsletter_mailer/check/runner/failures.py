"""Rules that fail: each is told once, with how to find the mistake, and hides nothing else."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from newsletter_mailer.findings import Finding, Source, error

_SHOWN = 200  #: characters of what an exception says


class _Failure(NamedTuple):
    """The first time that a rule failed, and how often it did."""

    source: Source  #: of what it was asked
    fault: Exception
    times: int = 1


class Failures:
    """What rules raised in one run. It is a mistake of ours: rules do not raise for bad content."""

    def __init__(self, otherwise: Source) -> None:
        """`otherwise`: where a failure is told whose place is not known."""
        self._otherwise = otherwise
        self._by_rule: dict[str, _Failure] = {}

    def add(self, rule: str, asked: object, fault: Exception) -> None:
        known = self._by_rule.get(rule)
        self._by_rule[rule] = (
            known._replace(times=known.times + 1)
            if known
            else _Failure(self._source_of(asked), fault)
        )

    def findings(self) -> Iterator[Finding]:
        for rule, failure in self._by_rule.items():
            fault, times = failure.fault, failure.times
            more = f" It failed {times - 1:,} more {_times(times - 1)}." if times > 1 else ""
            told = error(
                "internal-error",
                failure.source,
                f'The rule "{rule}" failed: {type(fault).__name__}: {str(fault)[:_SHOWN]}.{more}',
                "This is a mistake in newsletter-mailer, not in your issue. Please report it.",
            )
            yield replace(told, traceback="".join(traceback.format_exception(fault)))

    def _source_of(self, asked: object) -> Source:
        try:
            source = getattr(asked, "source", None)
        except Exception:  # noqa: BLE001  # a page that cannot be traced may be why the rule failed
            return self._otherwise
        return source if isinstance(source, Source) else self._otherwise


def _times(count: int) -> str:
    return "time" if count == 1 else "times"
