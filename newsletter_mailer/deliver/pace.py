"""When the next message may go: pure arithmetic over a clock that is handed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo


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


@dataclass(slots=True)
class Pace:
    """At most `per_minute` messages a minute, evenly spread; None means as fast as it goes."""

    per_minute: float | None = None
    window: Window | None = None
    _next: datetime | None = None

    def wait_until(self, now: datetime) -> datetime:
        """The earliest moment for the next message; it counts as sent then."""
        at = now if self._next is None else max(now, self._next)
        if self.window is not None:
            at = self.window.opens(at)
        if self.per_minute is not None:
            self._next = at + timedelta(minutes=1 / self.per_minute)
        return at
