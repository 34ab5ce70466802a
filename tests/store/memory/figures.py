"""Deliveries in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from newsletter_mailer.store.figures import (
    LEFT,
    Moment,
    NoLonger,
    Remembered,
    Skip,
    Tally,
    Trouble,
)
from newsletter_mailer.store.states import OWED, TROUBLE, State
from tests.store.memory.parts import MemoryParts
from tests.store.memory.tables import Row, counts_of


class MemoryFigures(MemoryParts):
    """store.figures.Figures"""

    def tallies(self, issue: str) -> Iterator[Tally]:
        tried = Counter(
            (row.state, row.run, row.domain, row.planned.variant, row.code, row.enhanced)
            for row in self.tables.of(issue)
            if row.state not in (State.QUEUED, State.SENDING)
        )
        yield from (Tally(*what, count) for what, count in tried.items())

    def was_handed_over(self, issue: str) -> bool:
        settled = any(of == issue and one.how != "retry" for of, one in self.tables.resolutions)
        states = {row.state for row in self.tables.of(issue)}
        return settled or bool({State.SENT, State.UNKNOWN} & states)

    def untried(self, issue: str) -> dict[State, int]:
        counts = counts_of(self.tables.of(issue))
        return {one: counts[one] for one in (State.QUEUED, State.SENDING) if one in counts}

    def troubles(self, issue: str) -> Iterator[Trouble]:
        rows = [row for row in self.tables.of(issue) if row.state in TROUBLE]
        alike = Counter((row.state, row.code, row.enhanced, row.reply) for row in rows)
        for what, count in alike.items():
            one = next(r for r in rows if (r.state, r.code, r.enhanced, r.reply) == what)
            yield Trouble(*what, one.planned.address, count)

    def no_longer_mailed(self, issue: str) -> Iterator[NoLonger]:
        alike: dict[tuple[str, State, str, str, int | None, str | None, str], list[Row]] = {}
        for row in self.tables.of(issue):
            objected = self.tables.suppressions.get(row.planned.address)
            if row.state in OWED and (objected or row.has_left):
                why = objected.reason if objected else LEFT
                about = (row.state, row.domain, row.planned.variant)
                alike.setdefault((why, *about, row.code, row.enhanced, row.reply), []).append(row)
        for what, rows in alike.items():
            yield NoLonger(*what, rows[0].planned.address, len(rows))

    def suppressed_in(self, issue: str, run: int) -> dict[str, Counter[State]]:
        found: dict[str, Counter[State]] = {}
        for row in self.tables.of(issue):
            objected = self.tables.suppressions.get(row.planned.address)
            if row.run == run and row.state in OWED and objected:
                found.setdefault(objected.reason, Counter())[row.state] += 1
        return found

    def remembered(self, issue: str) -> Remembered | None:
        known = [row for row in self.tables.of(issue) if not row.has_left]
        objected = self.tables.suppressions
        readers = [row for row in known if row.planned.address not in objected]
        owed = [row for row in readers if row.state in (*OWED, State.SENDING)]
        if not owed:
            return None
        return replace(
            self._planned(issue, owed),
            counts=counts_of(readers),
            skipped=Counter(
                objected[row.planned.address].reason
                for row in known
                if row.planned.address in objected
            ),
        )

    def planned_for(self, issue: str, addresses: Sequence[str]) -> Remembered:
        rows = [row for row in self.tables.of(issue) if row.planned.address in addresses]
        return replace(self._planned(issue, rows), counts={State.QUEUED: len(rows)})

    def skips(self, issue: str) -> Iterator[Skip]:
        of_issue = [skip for (of, _), skip in self.tables.skips.items() if of == issue]
        yield from sorted(of_issue, key=lambda skip: (skip.reason, skip.address))

    def suppressed_readers(self, issue: str) -> Iterator[tuple[str, str]]:
        for row in self.tables.of(issue):
            objected = self.tables.suppressions.get(row.planned.address)
            if objected and not row.has_left:
                yield row.planned.address, objected.reason

    def moments(self, issue: str) -> Iterator[Moment]:
        ended = Counter(
            (row.claimed, int(row.at), row.state)
            for row in self.tables.of(issue)
            if row.claimed and row.at is not None and row.state is not State.SENDING
        )
        for (run, second, state), count in sorted(ended.items(), key=lambda one: one[0][1]):
            yield Moment(run, second, state, count)

    def _planned(self, issue: str, rows: Sequence[Row]) -> Remembered:
        return Remembered(
            owed=Counter(row.planned.variant for row in rows),
            sections={
                variant: slugs
                for (of, variant), slugs in self.tables.variants.items()
                if of == issue
            },
            content_hashes=frozenset(
                self.tables.runs[row.planned_by - 1].new.content_hash for row in rows
            ),
            counts={},
            skipped={},
        )
