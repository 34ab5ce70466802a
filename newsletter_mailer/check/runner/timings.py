"""How long each rule takes, for whoever makes one faster."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

#: Stands for what all rules of a kind look at and the first of them makes: pages, passages.
WALKING = "(walking)"


class Timing(NamedTuple):
    """What one rule took in all issues that were looked at."""

    rule: str  #: or WALKING
    seconds: float
    times_asked: int

    def as_json(self) -> dict[str, object]:
        return {"rule": self.rule, "seconds": round(self.seconds, 6), "asked": self.times_asked}


class Timings:
    """A stopwatch for every rule. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._times: Counter[str] = Counter()

    @contextmanager
    def of(self, rule: str) -> Iterator[None]:
        begun = self._clock()
        try:
            yield
        finally:
            self._seconds[rule] += self._clock() - begun
            self._times[rule] += 1

    def slowest_first(self) -> list[Timing]:
        return [
            Timing(rule, seconds, self._times[rule])
            for rule, seconds in sorted(self._seconds.items(), key=lambda one: (-one[1], one[0]))
        ]
