"""How fast a run goes, and how long it will take: numbers in, words out."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.settings.quantities import span_text
from newsletter_mailer.store.claims import ClaimedRow
from newsletter_mailer.store.states import TROUBLE, State

_WINDOW = 30.0  #: seconds over which the rate is told


class Score:
    """What became of those that a run owes. Moments are seconds of any steady clock."""

    def __init__(self, owed: int, now: float) -> None:
        self.owed = owed
        self.counts: Counter[State] = Counter()
        self._began = now
        self._seen: deque[tuple[float, int]] = deque([(now, 0)])  #: moment, done by then

    def add(self, outcomes: Sequence[tuple[ClaimedRow, Outcome]], now: float) -> None:
        """A row that was put off and is tried again counts once."""
        self.counts.update(outcome.state for _, outcome in outcomes)
        self.counts[State.DEFERRED] -= sum(row.is_again for row, _ in outcomes)
        self._seen.append((now, self.done))
        while len(self._seen) > 2 and self._seen[1][0] <= now - _WINDOW:
            self._seen.popleft()

    @property
    def done(self) -> int:
        return self.counts.total()

    @property
    def share(self) -> float:
        return self.done / self.owed if self.owed else 1.0

    def rate(self, now: float) -> float:
        """Messages a second, of late."""
        moment, done = self._seen[0]
        return max(0, self.done - done) / max(now - moment, 0.001)

    def seconds_left(self, now: float) -> float | None:
        """None while that cannot be told."""
        rate, left = self.rate(now), self.owed - self.done
        return left / rate if left > 0 and rate > 0 else None

    def seconds(self, now: float) -> float:
        return now - self._began

    def outcomes_text(self) -> str:
        """`1,138 sent, 30 deferred, 12 refused`."""
        states = (State.SENT, *(state for state in TROUBLE if self.counts[state] > 0))
        return ", ".join(f"{self.counts[state]:,} {state}" for state in states)

    def pace_text(self, now: float) -> str:
        """`27/s, 2 min left`."""
        left = self.seconds_left(now)
        rest = f", {span_text(left)} left" if left is not None else ""
        return f"{rate_text(self.rate(now))}{rest}"

    def line(self, now: float) -> str:
        """All of it: `1,180 of 1,204 (98 %): 1,138 sent, 30 deferred; 27/s, 2 min left`."""
        return (
            f"{self.done:,} of {self.owed:,} ({100 * self.share:.0f} %): "
            f"{self.outcomes_text()}; {self.pace_text(now)}"
        )


def rate_text(per_second: float) -> str:
    """`27/s`, or `30/min` where it is slow."""
    if per_second >= 1 or per_second == 0:
        return f"{per_second:,.0f}/s"
    return f"{per_second * 60:.0f}/min" if per_second * 60 >= 1 else f"{per_second * 3600:.0f}/h"
