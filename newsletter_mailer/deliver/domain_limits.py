"""How many messages a minute a receiver's domain gets."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase


class DomainLimits:
    """The first pattern that fits counts (`*.onmicrosoft.com`, `*`), for each domain by itself."""

    def __init__(self, by_pattern: Mapping[str, float]) -> None:
        """`by_pattern`: messages a minute."""
        self.by_pattern = dict(by_pattern)
        self._intervals: dict[str, float] = {}  #: by domain

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.by_pattern)

    def interval(self, domain: str) -> float:
        """Seconds from one message to that domain to the next; 0: as fast as it goes."""
        if domain not in self._intervals:
            fitting = (
                rate for pattern, rate in self.by_pattern.items() if fnmatchcase(domain, pattern)
            )
            rate = next(fitting, None)
            self._intervals[domain] = 60.0 / rate if rate else 0.0
        return self._intervals[domain]
