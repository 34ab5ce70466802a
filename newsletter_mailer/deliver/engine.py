"""Claims rows in batches, has them sent over several connections, and has each outcome recorded.

One thread (the caller's) talks to the ledger; each connection has a thread of its own. A batch's
outcomes and the next batch's claims share a transaction. Only a batch is ever in memory.
"""

from __future__ import annotations

import itertools
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from newsletter_mailer.deliver.pace import Pace
from newsletter_mailer.deliver.replies import Outcome
from newsletter_mailer.deliver.smtp import SenderRefused, SmtpConnection
from newsletter_mailer.errors import DeliveryError
from newsletter_mailer.store.sqlite import ClaimedRow, Settled
from newsletter_mailer.store.states import State

BATCH = 50  #: rows claimed at once: what a killed process leaves unknown at most
_RECORD_AFTER = 1.0  #: seconds an outcome may wait for its batch
_FAILED_CONNECTIONS = 3  #: in a row, on one thread, before the run stops

#: Seconds before deferred rows are tried again: the first time, and at most.
FIRST_DELAY, LONGEST_DELAY = 5.0, 600.0

#: Records how attempts ended, and claims up to so many rows that were not tried since a moment.
Claim = Callable[[Sequence[Settled], int, datetime], list[ClaimedRow]]
Ready = Callable[[ClaimedRow], bytes]


@dataclass(slots=True)
class Done:
    """What a thread reports of a row. `fault`: it was not sent, and the run must stop."""

    row: ClaimedRow
    outcome: Outcome | None = None
    fault: BaseException | None = None


@dataclass(slots=True, kw_only=True)
class Engine:
    """`first` is an open connection, made to see that the server can be used at all."""

    connect: Callable[[], SmtpConnection]
    first: SmtpConnection
    ready: Ready
    claim: Claim
    give_back: Callable[[Sequence[str]], None]
    on_outcome: Callable[[Outcome], None]
    on_wait: Callable[[datetime, int], None]  #: until when, for how many deferred rows
    stop: threading.Event  #: set by a person: no further message is begun
    connections: int
    pace: Pace
    server: str
    retry_until: datetime  #: deferred rows are tried again until then
    _deferred: int = 0  #: in this round
    _began: datetime = field(default_factory=lambda: datetime.now(UTC))
    _fault: BaseException | None = None
    _settled: list[Settled] = field(default_factory=list)
    _recorded: float = 0.0

    def run(self) -> bool:
        """Sends all that `claim` gives out. False if a person stopped it.

        Raises what stopped the run, after everything that happened was recorded.
        """
        jobs: queue.SimpleQueue[ClaimedRow | None] = queue.SimpleQueue()
        done: queue.SimpleQueue[Done] = queue.SimpleQueue()
        threads = [
            threading.Thread(
                target=self._work,
                args=(jobs, done, self.first if number == 0 else None),
                name=f"connection-{number + 1}",
                daemon=True,
            )
            for number in range(self.connections)
        ]
        for thread in threads:
            thread.start()
        waiting: deque[ClaimedRow] = deque()
        try:
            for delay in _delays():
                self._began, self._deferred = datetime.now(UTC), 0
                self._coordinate(waiting, jobs, done)
                if not self._wait_for_deferred(delay):
                    break
        finally:
            for _ in threads:
                jobs.put(None)
            for thread in threads:
                thread.join()
            self._record(0)
            if waiting:
                self.give_back([row.address for row in waiting])
        if self._fault is not None:
            raise self._fault
        return not self.stop.is_set()

    def _coordinate(
        self,
        waiting: deque[ClaimedRow],
        jobs: queue.SimpleQueue[ClaimedRow | None],
        done: queue.SimpleQueue[Done],
    ) -> None:
        in_flight = 0
        at_once = self.connections if self.pace.per_minute else BATCH
        is_through = False
        while True:
            stopping = self.stop.is_set() or self._fault is not None
            if not stopping and not waiting and not is_through:
                waiting.extend(self._record(at_once))
                is_through = not waiting
            while waiting and in_flight < 2 * self.connections and not stopping:
                if not self._wait_for_pace():
                    stopping = True
                    break
                jobs.put(waiting.popleft())
                in_flight += 1
            if in_flight == 0 and (stopping or (not waiting and is_through)):
                return
            try:
                report = done.get(timeout=_RECORD_AFTER)
            except queue.Empty:
                report = None
            if report is not None:
                in_flight -= 1
                self._note(report)
            if self._settled and time.monotonic() - self._recorded > _RECORD_AFTER:
                self._record(0)

    def _note(self, report: Done) -> None:
        if report.outcome is None:
            self._fault = self._fault or report.fault
            self.give_back([report.row.address])
            return
        outcome = report.outcome
        self._settled.append(
            Settled(
                address=report.row.address,
                state=outcome.state,
                code=outcome.code,
                enhanced=outcome.enhanced,
                reply=outcome.reply,
                server=self.server,
                at=datetime.now(UTC),
            )
        )
        self._deferred += outcome.state is State.DEFERRED
        self.on_outcome(outcome)

    def _record(self, count: int) -> list[ClaimedRow]:
        settled, self._settled = self._settled, []
        self._recorded = time.monotonic()
        if not settled and not count:
            return []
        return self.claim(settled, count, self._began)

    def _wait_for_deferred(self, delay: float) -> bool:
        """Whether there is something to try again, after the wait."""
        if self.stop.is_set() or self._fault is not None or not self._deferred:
            return False
        now = datetime.now(UTC)
        again = min(now + timedelta(seconds=delay), self.retry_until)
        if again <= now:
            return False
        self._record(0)
        self.on_wait(again, self._deferred)
        return not self.stop.wait((again - now).total_seconds())

    def _wait_for_pace(self) -> bool:
        """False if a person stopped the run meanwhile."""
        now = datetime.now(UTC)
        seconds = (self.pace.wait_until(now) - now).total_seconds()
        if seconds <= 0:
            return True
        if self._settled:
            self._record(0)
        return not self.stop.wait(seconds)

    def _work(
        self,
        jobs: queue.SimpleQueue[ClaimedRow | None],
        done: queue.SimpleQueue[Done],
        connection: SmtpConnection | None,
    ) -> None:
        failures = 0
        while (row := jobs.get()) is not None:
            try:
                if connection is None or not connection.is_open:
                    connection = self.connect()
                outcome = connection.send(row.mailbox, self.ready(row))
                failures = 0
            except SenderRefused as fault:
                done.put(Done(row, fault=fault))
            except DeliveryError as fault:
                failures += 1
                if failures >= _FAILED_CONNECTIONS:
                    done.put(Done(row, fault=fault))
                else:
                    done.put(Done(row, Outcome(State.DEFERRED, reply=str(fault))))
            except BaseException as fault:  # noqa: BLE001  # raised again by the caller's thread
                done.put(Done(row, fault=fault))
            else:
                done.put(Done(row, outcome))
        if connection is not None:
            connection.close()


def _delays() -> Iterator[float]:
    """Doubling, with jitter, so that many senders do not come back at the same moment."""
    for attempt in itertools.count():
        delay = min(FIRST_DELAY * 2.0 ** min(attempt, 16), LONGEST_DELAY)
        yield delay * random.uniform(0.8, 1.2)  # noqa: S311  # not a secret
