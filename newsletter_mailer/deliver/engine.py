"""Claims rows in batches, has them sent over several connections, and has each outcome recorded.

One thread (the caller's) talks to the ledger; each connection has a thread of its own. A batch's
outcomes and the next batch's claims share a transaction. Only a batch is ever in memory.
"""

from __future__ import annotations

import contextlib
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
from newsletter_mailer.deliver.smtp import RunRefused, SmtpConnection
from newsletter_mailer.errors import DeliveryError
from newsletter_mailer.store.rows import ClaimedRow, Settled
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
    """What a thread reports of a row. Without an outcome it was not sent, and is owed again.

    `fault`: the run must stop.
    """

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
                args=(jobs, done, _Line(self.connect, self.first if number == 0 else None)),
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
        except BaseException as fault:
            self._fault = self._fault or fault
            raise
        finally:
            for _ in threads:
                jobs.put(None)
            for thread in threads:
                thread.join()
            self._finish(waiting, done)
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
        next_at: datetime | None = None  #: of the first one waiting
        while True:
            if not self._is_stopping and not waiting and not is_through:
                waiting.extend(self._record(at_once))
                is_through = not waiting
            while waiting and in_flight < 2 * self.connections and not self._is_stopping:
                next_at = next_at or self.pace.wait_until(datetime.now(UTC))
                if next_at > datetime.now(UTC):
                    break
                next_at = None
                jobs.put(waiting.popleft())
                in_flight += 1
            if in_flight == 0 and (self._is_stopping or (not waiting and is_through)):
                return
            if in_flight == 0 and next_at is not None:
                self._wait_for_pace(next_at, waiting)
                continue
            with contextlib.suppress(queue.Empty):
                report = done.get(timeout=_until(next_at, at_most=_RECORD_AFTER))
                in_flight -= 1
                self._note(report)
            if self._settled and time.monotonic() - self._recorded > _RECORD_AFTER:
                self._record(0)

    @property
    def _is_stopping(self) -> bool:
        return self.stop.is_set() or self._fault is not None

    def _finish(self, waiting: deque[ClaimedRow], done: queue.SimpleQueue[Done]) -> None:
        """Records what the connections still did, whatever failed before."""
        reports = []
        with contextlib.suppress(queue.Empty):
            while True:
                reports.append(done.get_nowait())
        for report in reports:
            self._settle(report)
        self._record(0)
        unsent = [report.row for report in reports if report.outcome is None]
        if addresses := [row.address for row in (*waiting, *unsent)]:
            self.give_back(addresses)
        for report in reports:
            if report.outcome is not None:
                self.on_outcome(report.outcome)

    def _note(self, report: Done) -> None:
        self._settle(report)
        if report.outcome is None:
            self.give_back([report.row.address])
        else:
            self.on_outcome(report.outcome)

    def _settle(self, report: Done) -> None:
        self._fault = self._fault or report.fault
        outcome = report.outcome
        if outcome is None:
            return
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

    def _record(self, count: int) -> list[ClaimedRow]:
        self._recorded = time.monotonic()
        if not self._settled and not count:
            return []
        claimed = self.claim(self._settled, count, self._began)
        self._settled = []
        return claimed

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

    def _wait_for_pace(self, until: datetime, waiting: deque[ClaimedRow]) -> None:
        """Nothing is in flight: all is recorded first, and nothing stays claimed for long.

        A person may end the wait.
        """
        self._record(0)
        seconds = _until(until) or 0.0
        if seconds > _RECORD_AFTER:
            self.give_back([row.address for row in waiting])
            waiting.clear()
        self.stop.wait(seconds)

    def _work(
        self,
        jobs: queue.SimpleQueue[ClaimedRow | None],
        done: queue.SimpleQueue[Done],
        line: _Line,
    ) -> None:
        failures = 0
        while (row := jobs.get()) is not None:
            if self._is_stopping:
                done.put(Done(row))
                continue
            try:
                outcome = line.send(row.mailbox, self.ready(row))
                failures = 0
            except RunRefused as fault:
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
        line.close()


class _Line:
    """One connection after another."""

    def __init__(
        self, connect: Callable[[], SmtpConnection], connection: SmtpConnection | None
    ) -> None:
        self._connect = connect
        self._connection = connection

    def send(self, mailbox: str, message: bytes) -> Outcome:
        """Raises DeliveryError.

        A connection that was at rest may be gone, or have had its share of messages: what was
        deferred because of that (no reply, or 421) goes over a fresh one at once.
        """
        if self._connection is not None and self._connection.is_open:
            outcome = self._connection.send(mailbox, message)
            if not _is_spent(self._connection, outcome):
                return outcome
        self._connection = self._connect()
        return self._connection.send(mailbox, message)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _is_spent(connection: SmtpConnection, outcome: Outcome) -> bool:
    return (
        outcome.state is State.DEFERRED and outcome.code in (None, 421) and not connection.is_open
    )


def _until(moment: datetime | None, *, at_most: float | None = None) -> float | None:
    """Seconds until then."""
    if moment is None:
        return at_most
    seconds = max(0.0, (moment - datetime.now(UTC)).total_seconds())
    return seconds if at_most is None else min(seconds, at_most)


def _delays() -> Iterator[float]:
    """Doubling, with jitter, so that many senders do not come back at the same moment."""
    for attempt in itertools.count():
        delay = min(FIRST_DELAY * 2.0 ** min(attempt, 16), LONGEST_DELAY)
        yield delay * random.uniform(0.8, 1.2)  # noqa: S311  # not a secret
