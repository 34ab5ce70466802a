"""How an issue got to its readers over time: each sitting a picture, side by side.

Between two runs there may be days in which nothing happens; they take no room.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from newsletter_mailer.store.figures import Moment
from newsletter_mailer.store.runs import RunRecord
from newsletter_mailer.store.states import State

#: From the bottom of the picture to its top.
LAYERS = (State.SENT, State.REFUSED, State.DEFERRED, State.UNKNOWN)
_MOST_SITTINGS = 4
_MOST_STEPS = 120  #: of a sitting's curve; none is shorter than a second
_LEAST_WIDTH = 0.15  #: of the longest sitting


@dataclass(frozen=True, slots=True)
class Area:
    """One state's part of a sitting's picture, in a field of 100 by 100."""

    state: State
    path: str  #: of SVG


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """A run, from its first to its last moment."""

    run: int
    began: datetime
    ended: datetime
    width: float  #: beside the others; the longest has 1
    areas: Sequence[Area]
    ended_with: Counter[State]  #: of all readers, at its end


@dataclass(frozen=True, slots=True)
class _Span:
    """When a run was at work, in seconds since 1970."""

    run: int
    first: float
    last: float


def sittings(
    moments: Iterable[Moment], runs: Sequence[RunRecord], readers: int, zone: tzinfo
) -> list[Sitting]:
    """The runs in which the most happened, oldest first. `readers`: of the issue, altogether."""
    by_run: dict[int, list[Moment]] = {}
    for moment in moments:
        by_run.setdefault(moment.run, []).append(moment)
    spans = [*_spans(by_run, runs)]
    busy = Counter({span.run: sum(m.rows for m in by_run[span.run]) for span in spans})
    shown = {run for run, _ in busy.most_common(_MOST_SITTINGS)}
    longest = max((span.last - span.first for span in spans if span.run in shown), default=1.0)
    counts: Counter[State] = Counter()
    found = []
    for span in spans:
        steps = _steps(by_run[span.run], span, counts)
        counts = steps[-1]
        if span.run in shown:
            found.append(
                Sitting(
                    run=span.run,
                    began=datetime.fromtimestamp(span.first, zone),
                    ended=datetime.fromtimestamp(span.last, zone),
                    width=max((span.last - span.first) / longest, _LEAST_WIDTH),
                    areas=[*_areas(steps, readers)],
                    ended_with=counts,
                )
            )
    return found


def milestones(
    moments: Iterable[Moment], zone: tzinfo, shares: Sequence[float] = (0.5, 0.9, 1.0)
) -> list[tuple[float, datetime]]:
    """When so much of all that is sent was sent."""
    sent = sorted((m.second, m.rows) for m in moments if m.state is State.SENT)
    total = sum(rows for _, rows in sent)
    reached, found, left = 0, [], [*shares]
    for second, rows in sent:
        reached += rows
        while left and reached >= left[0] * total:
            found.append((left.pop(0), datetime.fromtimestamp(second, zone)))
    return found


def _spans(by_run: Mapping[int, Sequence[Moment]], runs: Sequence[RunRecord]) -> Iterator[_Span]:
    """What a run left unsaid was told by the next one's start: that belongs to its own end."""
    for number, run in enumerate(runs):
        seconds = [moment.second for moment in by_run.get(run.number, ())]
        if not seconds:
            continue
        first = run.began.timestamp()
        if run.ended:
            last = run.ended.timestamp()
        else:
            following = runs[number + 1 : number + 2]
            until = following[0].began.timestamp() - 5 if following else float("inf")
            last = max((second for second in seconds if second <= until), default=first)
        yield _Span(run.number, first, max(last, first + 1))


def _steps(moments: Sequence[Moment], span: _Span, before: Counter[State]) -> list[Counter[State]]:
    """What all readers had, at each of equally long steps of a run; the first is its beginning."""
    last = max(1, min(_MOST_STEPS, round(span.last - span.first)))
    added: list[Counter[State]] = [Counter() for _ in range(last + 1)]
    for moment in moments:
        share = (moment.second + 1 - span.first) / (span.last - span.first)
        added[min(max(round(share * last), 1), last)][moment.state] += moment.rows
    steps = [Counter(before)]
    for more in added[1:]:
        steps.append(steps[-1] + more)
    return steps


def _areas(steps: Sequence[Counter[State]], readers: int) -> Iterator[Area]:
    floor = [0.0] * len(steps)
    for state in LAYERS:
        if not steps[-1][state]:
            continue
        top = [
            below + 100 * step[state] / readers for below, step in zip(floor, steps, strict=True)
        ]
        there = " ".join(_points(top))
        back = " ".join(reversed(_points(floor)))
        yield Area(state, f"M{there} L{back} Z")
        floor = top


def _points(heights: Sequence[float]) -> list[str]:
    last = len(heights) - 1
    return [f"{100 * at / last:.4g},{100 - height:.4g}" for at, height in enumerate(heights)]
