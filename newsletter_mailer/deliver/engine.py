"""Has all that is owed sent, over several connections; stops when there is no sense in going on."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from newsletter_mailer.deliver.circuit_breaker import CircuitBreaker
from newsletter_mailer.deliver.claim_queue import ClaimQueue
from newsletter_mailer.deliver.connection_pool import ConnectionPool
from newsletter_mailer.deliver.in_flight import InFlight, Watch
from newsletter_mailer.deliver.judge import Judge
from newsletter_mailer.deliver.pace import Pace
from newsletter_mailer.deliver.stop import Stop
from newsletter_mailer.deliver.transport import Content, Transport
from newsletter_mailer.deliver.worker import Work
from newsletter_mailer.store.claims import ClaimedRow, Claims, Journal
from newsletter_mailer.store.states import State

MESSAGES_PER_CONNECTION = 1_000
_TICK = 0.25  #: seconds between looks at clocks, limits and whoever wants to stop
_REST = 20.0  #: seconds without work after which connections are closed


@dataclass(slots=True, kw_only=True)
class Engine:
    """`transport` is open: the server can be used."""

    transport: Transport
    ready: Callable[[ClaimedRow], Content]
    claims: Claims
    journal: Journal
    watch: Watch
    stop: Stop  #: set by a person: no further message is begun
    pace: Pace
    states: Sequence[State]  #: that are to be mailed, in order of preference
    connections: int
    retry_for: float = 0.0  #: seconds in which deferred rows are tried again
    per_connection: int = MESSAGES_PER_CONNECTION
    sizes: Mapping[str, int] = field(default_factory=dict)  #: octets by variant: largest first
    has_earlier: bool = False  #: earlier runs had messages of this issue taken
    task: asyncio.Task[bool] | None = field(default=None, init=False)

    async def run(self) -> bool:
        """Sends all that is owed. False if a person stopped it.

        Raises what stopped the run, after everything that happened was recorded.
        """
        self.task = asyncio.current_task()
        return await _Run(self, steady_clock()).run()

    async def abort(self) -> None:
        """Ends a run that was left in its middle (a second Ctrl-C): what happened is recorded."""
        if self.task is not None and not self.task.done():
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)


def steady_clock() -> Callable[[], float]:
    """Seconds since 1970, as they go on from now, whatever becomes of the machine's clock."""
    offset = time.time() - time.monotonic()
    return lambda: time.monotonic() + offset


class _Run:
    """What one run knows."""

    def __init__(self, engine: Engine, now: Callable[[], float]) -> None:
        self.engine, self.now = engine, now
        self.patience = now() + engine.retry_for  #: until when deferred rows are tried again
        self.news = asyncio.Event()
        self.queue = ClaimQueue(
            engine.claims,
            engine.journal,
            engine.pace,
            engine.states,
            retry_until=self.patience,
            now=now,
        )
        self.judge = Judge(engine.has_earlier)
        breaker = CircuitBreaker(self.patience, engine.transport.when_silent)
        self.in_flight = InFlight(
            self.queue,
            engine.pace,
            engine.watch,
            judge=self.judge,
            breaker=breaker,
            sizes=engine.sizes,
            now=now,
            jitter=random.random,
        )
        work = Work(
            queue=self.queue,
            in_flight=self.in_flight,
            ready=engine.ready,
            per_connection=engine.per_connection,
            is_stopping=self.is_stopping,
            on_news=self.news.set,
        )
        self.pool = ConnectionPool(engine.transport, work, breaker, engine.watch, now=now)

    async def run(self) -> bool:
        loop = asyncio.get_running_loop()
        self.engine.stop.wake = lambda: loop.call_soon_threadsafe(self.news.set)
        try:
            await self.pool.connect()
            while not await self.is_done():
                await self.step()
            if not self.is_stopping():
                self.in_flight.all_tried()
        finally:
            self.engine.stop.wake = lambda: None
            await self.finish()
        fault = self.in_flight.fault or self.queue.fault
        if fault is not None:
            raise fault
        return not self.engine.stop.is_set()

    def is_stopping(self) -> bool:
        has_fault = self.in_flight.fault is not None or self.queue.fault is not None
        return has_fault or self.pool.is_ending or self.engine.stop.is_set()

    async def is_done(self) -> bool:
        """Whether nothing is under way, and nothing is left to do or to wait for."""
        if self.in_flight.count or self.queue.is_at_work:
            return False
        if self.is_stopping():
            return True
        if self.queue.rows or not self.queue.is_through:
            return False
        return not await self.waits_for_due()

    async def step(self) -> None:
        """Looks after everything, then waits for news."""
        self.pool.look_after(self.at_once)
        self.in_flight.tell()
        if not self.is_stopping():
            self.queue.keep_up(self.news.set)
            if await self.queue.hold_back():
                self.news.set()  # whether all was tried is looked at now, by no timer
            self.pool.grow(self.at_once)
        await self.wait(self.pause())

    async def wait(self, seconds: float) -> None:
        """At most so long: for news, or for whoever wants to stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.news.wait()
        self.news.clear()

    def pause(self) -> float:
        """Seconds until something may have to be done, without news."""
        now = self.now()
        opens = self.engine.pace.opens(now)
        return min(_TICK, opens - now) if opens > now else _TICK

    async def waits_for_due(self) -> bool:
        """All was tried: waits for what may be tried again, or held back. False: for nothing."""
        found = {**await self.queue.next_due()}
        if State.DEFERRED in found and found[State.DEFERRED][0] > self.patience:
            del found[State.DEFERRED]
        if self.is_stopping() or not found:
            return False
        now, rests_until = self.now(), self.engine.pace.rests_until
        until = max(rests_until, min(moment for moment, _ in found.values()))
        if until - now > 1:
            holder = "the server" if until == rests_until else "a limit"
            why = {State.QUEUED: f"held back by {holder}", State.DEFERRED: "to be tried again"}
            waiting = (f"{count:,} {why[state]}" for state, (_, count) in found.items())
            self.engine.watch.waiting(until, ", ".join(waiting))
        if until - now > _REST:
            self.pool.rest()
        while (left := until - self.now()) > 0 and not self.engine.stop.is_set():
            await self.wait(min(left, _TICK))
        self.queue.is_through = False
        return not self.is_stopping()

    @property
    def at_once(self) -> int:
        """How many connections there may be now."""
        if self.judge.is_careful:
            return 1
        most = self.engine.transport.limits.connections
        connections = self.engine.connections
        return self.engine.pace.at_once(connections if most is None else min(connections, most))

    async def finish(self) -> None:
        """Whatever happened is recorded."""
        self.pool.end()
        try:
            await self.queue.close()
        finally:
            await self.pool.ended()
            self.in_flight.tell()
