"""When the next message may go: pure arithmetic over a clock that is handed in.

Moments are seconds since 1970. A limit is spread evenly; it never lets a burst through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from newsletter_mailer.deliver.domain_limits import DomainLimits

#: Seconds that a server which asks for patience, and does not say for how long, is left alone:
#: the first time, and at most.
FIRST_REST, LONGEST_REST = 1.0, 60.0
_CALM = 20  #: messages taken in a row, and the rests become shorter


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of the day in which mail may leave; past midnight when it ends before it begins.

    A window that ends when it begins is always open.
    """

    begins: time
    ends: time
    zone: tzinfo

    def opens(self, now: datetime) -> datetime:
        """`now` if it is open, else the next moment when it is."""
        local = now.astimezone(self.zone)
        clock = local.time()
        if self.begins < self.ends:
            is_open = self.begins <= clock < self.ends
        else:
            is_open = clock >= self.begins or clock < self.ends
        if is_open:
            return now
        day = local.date() if clock < self.begins else local.date() + timedelta(days=1)
        return datetime.combine(day, self.begins, self.zone)


class Pace:
    """Limits for all messages, and for those to a domain.

    `per_minute`: None means as fast as it goes. `by_domain`: messages a minute by pattern.
    """

    def __init__(
        self,
        per_minute: float | None = None,
        window: Window | None = None,
        by_domain: Mapping[str, float] = {},  # never changed
    ) -> None:
        self.per_minute, self.window = per_minute, window
        self.domains = DomainLimits(by_domain)
        self._free_at: dict[str, float] = {}  #: by domain; empty for all messages
        self._rest, self._calm, self._slowed = 0.0, 0, 0
        self.rests_until = 0.0  #: whoever asked for patience gets nothing before
        self._touched: set[str] = set()
        self.has_limits = bool(per_minute or self.domains or window)

    def restore(self, free_at: Mapping[str, float], now: float) -> None:
        """What earlier runs used up. A clock that was set back does not stop us for long."""
        for name, moment in free_at.items():
            self._free_at[name] = min(moment, now + self._interval(name))

    def used_up(self) -> dict[str, float]:
        """The limits that were touched since the last call: until when each is used up."""
        touched = {name: self._free_at[name] for name in self._touched}
        self._touched.clear()
        return touched

    def opens(self, now: float) -> float:
        """The earliest moment for a message to anybody."""
        at = max(now, self.rests_until)
        if self.per_minute is not None:
            at = max(at, self._free_at.get("", 0.0))
        if self.window is not None:
            at = self.window.opens(datetime.fromtimestamp(at, UTC)).timestamp()
        return at

    def opens_for(self, domain: str, now: float) -> float:
        """The earliest moment for a message to that domain, were everybody else at rest."""
        return max(now, self._free_at.get(domain, 0.0)) if self.domains else now

    def moments(self, domains: Iterable[str], now: float) -> Iterator[float]:
        """The earliest for a message to each, if they leave one after the other."""
        opens = self.opens(now)
        coming: dict[str, float] = {}
        for domain in domains:
            at = max(opens, coming.get(domain) or self.opens_for(domain, now))
            coming[domain] = at + self.domains.interval(domain)
            yield at

    def take(self, domain: str, now: float) -> None:
        """A message to that domain leaves now."""
        if self.per_minute is not None:
            self._use_up("", now)
        if self.domains.interval(domain):
            self._use_up(domain, now)

    def slow_down(self, now: float, rest: float = 0.0) -> bool:
        """The server asks for patience: nothing for a while, each time longer.

        `rest`: seconds for which it asks itself. False if that while has begun already.
        """
        self._calm = 0
        if now < self.rests_until:
            self.rests_until = max(self.rests_until, now + rest)
            return False
        self._slowed += 1
        self._rest = min(max(FIRST_REST, self._rest * 2), LONGEST_REST)
        self.rests_until = now + max(self._rest, rest)
        return True

    def go_on(self) -> None:
        """The server takes messages."""
        if self._rest:
            self._calm += 1
            if self._calm >= _CALM:
                self._rest, self._calm = self._rest / 2 if self._rest > FIRST_REST else 0.0, 0
                self._slowed = self._slowed - 1 if self._rest else 0

    def at_once(self, connections: int) -> int:
        """How many of so many connections may be used: half of them after each rest."""
        return max(1, connections >> min(self._slowed, 10))

    def _use_up(self, name: str, now: float) -> None:
        self._free_at[name] = max(now, self._free_at.get(name, 0.0)) + self._interval(name)
        self._touched.add(name)

    def _interval(self, name: str) -> float:
        """`name`: a domain, or empty for all messages."""
        if name:
            return self.domains.interval(name)
        return 60.0 / self.per_minute if self.per_minute else 0.0
