"""The ledger's side of a run: rows claimed ahead, and outcomes that wait for their commit.

A batch's outcomes and the next batch's claims share a transaction, made in a thread of its own.
What is not committed yet stands in the journal.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.pace import Pace
from newsletter_mailer.deliver.unrecorded import Unrecorded
from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.claims import (
    NOT_IN_THIS_RUN,
    ClaimedRow,
    Claims,
    Due,
    Journal,
)
from newsletter_mailer.store.states import State

BATCH = 200  #: rows claimed at once
RECORD_AFTER = 1.0  #: seconds an outcome may wait for its batch

_T = TypeVar("_T")


class ClaimQueue:
    """Rows go out one by one and come back with an outcome. For the event loop's thread."""

    def __init__(
        self,
        claims: Claims,
        journal: Journal,
        pace: Pace,
        states: Sequence[State],
        *,
        retry_until: float,
        now: Callable[[], float],
    ) -> None:
        self._claims, self._journal, self._pace, self._states = claims, journal, pace, states
        self._retry_until, self._now = retry_until, now
        self._rows: deque[ClaimedRow] = deque()
        self._resting: set[str] = set()  #: domains
        self._slots: dict[int, int] = {}  #: of the journal, by row: past its mark, and no fate yet
        self._unrecorded = Unrecorded()
        self._recorded_at = now()
        self._work: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "ledger")
        self.is_through = False  #: nothing is due at present
        self.fault: BaseException | None = None  #: of the ledger: no further message may leave

    @property
    def rows(self) -> int:
        """Claimed, and not given out."""
        return len(self._rows)

    @property
    def _batch(self) -> int:
        """Rows claimed at once: no more than leave soon, since they may still unsubscribe."""
        rate = self._pace.per_minute
        return BATCH if rate is None else min(BATCH, 1 + int(rate / 60))

    @property
    def is_at_work(self) -> bool:
        return self._work is not None

    def keep_up(self, on_news: Callable[[], None]) -> None:
        """Claims and records if it is time to. `on_news`: called when that is done."""
        if self._work is not None or self.fault is not None:
            return
        wants_rows = not self.is_through and len(self._rows) < self._batch
        untold = self._unrecorded
        is_late = untold.settled and self._now() - self._recorded_at > RECORD_AFTER
        if wants_rows or is_late or untold.resting or untold.left_out:
            self._work = asyncio.create_task(self._record(self._batch if wants_rows else 0))
            self._work.add_done_callback(lambda _: on_news())

    def choose(self, wanted: Callable[[ClaimedRow], tuple[int, ...]]) -> None:
        """The next row is to be the one that is wanted most."""
        if len(self._rows) > 1:
            number, row = max(enumerate(self._rows), key=lambda one: (*wanted(one[1]), -one[0]))
            del self._rows[number]
            self._rows.appendleft(row)

    def next_row(self) -> ClaimedRow | None:
        """The first that may leave now; it counts as left.

        Whoever must not be mailed by now is passed over, and is the ledger's again.
        """
        try:
            while (row := self._first_row()) is not None:
                if not self._claims.must_not_be_mailed(row):
                    return row
                self._unrecorded.withdrawn[row.id] = 0.0
        except LedgerError as fault:
            self.fault = self.fault or fault
        return None

    def _first_row(self) -> ClaimedRow | None:
        if not self._rows:
            return None
        pace = self._pace
        if not pace.has_limits:
            return self._rows.popleft() if pace.rests_until <= self._now() else None
        now = self._now()
        if pace.opens(now) > now:
            return None
        for number, row in enumerate(self._rows):
            if pace.opens_for(row.domain, now) <= now:
                del self._rows[number]
                pace.take(row.domain, now)
                return row
        return None

    def mark(self, row: ClaimedRow) -> bool:
        """The brink is next. False: too many outcomes wait for their commit, or a fault."""
        try:
            slot = self._journal.mark(row.id, row.attempt)
        except LedgerError as fault:
            self.fault = self.fault or fault
            return False
        if slot is None:
            return False
        self._slots[row.id] = slot
        return True

    def settle(self, row: ClaimedRow, outcome: Outcome, again_after: float | None = None) -> None:
        """`again_after`: seconds until a row that was put off may be tried again; None: not in this
        run.
        """
        now = self._now()
        slot = self._slots.pop(row.id, None)
        if slot is not None:
            self._journal.answer(slot, outcome.state, outcome.code, outcome.enhanced, outcome.reply)
            self._unrecorded.slots.append(slot)
        due = 0.0
        if outcome.state is State.DEFERRED:
            if again_after is None or row.domain in self._resting:
                due = NOT_IN_THIS_RUN
            else:
                due = now + again_after
                if now < self._retry_until:  # a pause that is too long is cut short for a last try
                    due = min(due, self._retry_until)
                self.is_through = False
        self._unrecorded.settle(row.id, outcome, at=now, due=due)

    def put_back(self, row: ClaimedRow) -> None:
        """It was begun, and the server cannot have it: it is next, if it is to be tried."""
        slot = self._slots.pop(row.id, None)
        if slot is not None:  # marked, and the brink was not passed
            self._journal.release([slot])
        if row.domain in self._resting:
            self._unrecorded.left_out.append(row.id)
        else:
            self._rows.appendleft(row)

    def refuse(self, rows: Iterable[int]) -> None:
        """These were deferred in this run, and it is the readers' fault after all."""
        self._unrecorded.refused += rows

    def rest(self, domain: str) -> None:
        """Nobody of this domain is tried any more."""
        self._resting.add(domain)
        self._unrecorded.resting.add(domain)
        self._take_in(())

    def _take_in(self, claimed: Iterable[ClaimedRow]) -> None:
        rows = (*self._rows, *claimed)
        self._rows = deque(row for row in rows if row.domain not in self._resting)
        self._unrecorded.left_out += (row.id for row in rows if row.domain in self._resting)

    async def hold_back(self) -> bool:
        """Nothing stays claimed for long: rows that a limit, or a server that asked for patience,
        keeps waiting are owed again.

        Whether there were such rows.
        """
        if not self._rows or self._work is not None:
            return False
        waiting = self._waiting(self._now())
        if waiting:
            self._rows = deque(row for row in self._rows if row.id not in waiting)
            await self._in_thread(lambda: self._claims.give_back(waiting))
            self.is_through = not self._rows
        return bool(waiting)

    def _waiting(self, now: float) -> dict[int, float]:
        """Claimed rows that cannot leave soon, and when each is due."""
        pace = self._pace
        if pace.rests_until - now > RECORD_AFTER:
            return {row.id: 0.0 for row in self._rows}  # as due as they were: nobody is, till then
        if not pace.has_limits:
            return {}
        moments = pace.moments((row.domain for row in self._rows), now)
        return {
            row.id: at
            for row, at in zip(self._rows, moments, strict=True)
            if at - now > RECORD_AFTER
        }

    async def next_due(self) -> Mapping[State, Due]:
        """By owed state: when its first row is due, and how many there are."""
        await self._record(0)
        found = await self._in_thread(self._claims.next_due)
        return {state: due for state, due in found.items() if state in self._states}

    async def close(self) -> None:
        """Records everything, and gives back what was not begun, as far as the ledger lets us."""
        try:
            if self._work is not None:
                await self._work
            await self._record(0)
            rows = {row.id: 0.0 for row in self._rows}
            rows |= dict.fromkeys(self._unrecorded.left_out, 0.0)
            self._rows.clear()
            if rows:
                await self._in_thread(lambda: self._claims.give_back(rows))
        except LedgerError as fault:
            self.fault = self.fault or fault
        finally:
            self._thread.shutdown()

    async def _record(self, count: int) -> None:
        untold, self._unrecorded = self._unrecorded, Unrecorded()
        now = self._recorded_at = self._now()
        # Without retrying, what this run deferred is not due in it, however soon it would be.
        last = {State.QUEUED: now, State.DEFERRED: min(now, self._retry_until)}
        due = {state: last[state] for state in self._states}
        pace = self._pace.used_up()
        try:
            if untold.withdrawn:
                await self._in_thread(lambda: self._claims.give_back(untold.withdrawn))
                untold.withdrawn = {}
            if untold.resting or untold.left_out:
                await self._in_thread(lambda: self._claims.rest([*untold.resting], untold.left_out))
                untold.resting, untold.left_out = set(), []
            if untold.settled or count or pace or untold.refused:
                claimed = await self._in_thread(
                    lambda: self._claims.record_and_claim(
                        untold.settled, count, due=due, pace=pace, refused=untold.refused
                    )
                )
                if self._resting:
                    self._take_in(claimed)
                else:
                    self._rows.extend(claimed)
                self._journal.release(untold.slots)
                if count:
                    self.is_through = not claimed
        except BaseException as fault:  # noqa: BLE001  # raised again by the engine
            self._unrecorded = untold.and_then(self._unrecorded)
            self.fault = self.fault or fault
        finally:
            self._work = None

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
