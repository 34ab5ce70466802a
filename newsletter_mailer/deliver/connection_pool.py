"""The connections of a run: made when there is work, and anew after a pause; closed at rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from newsletter_mailer.deliver.answers.stop_reasons import ServerBreaksOff
from newsletter_mailer.deliver.circuit_breaker import CircuitBreaker
from newsletter_mailer.deliver.in_flight import Watch
from newsletter_mailer.deliver.transport import Transport
from newsletter_mailer.deliver.worker import Work, Worker
from newsletter_mailer.errors import CannotConnect, DeliveryError


class ConnectionPool:
    """For the event loop's thread. `now`: seconds since 1970."""

    def __init__(
        self,
        transport: Transport,
        work: Work,
        breaker: CircuitBreaker,
        watch: Watch,
        *,
        now: Callable[[], float],
    ) -> None:
        self._transport, self._work = transport, work
        self._breaker, self._watch, self._now = breaker, watch, now
        self._workers: set[Worker] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._connect_after = 0.0
        self.is_ending = False

    def look_after(self, at_once: int) -> None:
        """Each goes on if it can. `at_once`: how many there may be."""
        clock = asyncio.get_running_loop().time()
        for worker in tuple(self._workers):
            connection = worker.connection
            connection.check(clock)
            connection.resume()
            if worker.is_held and self._work.queue.fault is not None:
                connection.lose("the ledger takes no mark any more")  # it would wait for ever
                continue
            is_too_much = len(self._workers) > at_once
            if connection.is_idle and (is_too_much or worker.is_spent):
                self._retire(worker)
            else:
                connection.begin()

    def grow(self, at_once: int) -> None:
        """Connects as often as there is work for; one at a time to a server that fails."""
        rows = self._work.queue.rows
        if not rows or self._now() < self._connect_after:
            return
        at_once = 1 if self._breaker.is_wary else at_once
        wanted = min(at_once, rows + self._work.in_flight.count)
        missing = wanted - len(self._workers) - len(self._opening)
        for _ in range(min(missing, 1) if self._breaker.failures else missing):
            _in_background(self.connect(), self._opening)

    def rest(self) -> None:
        """There is no work for long, and all are at rest: servers do not like idlers."""
        for worker in tuple(self._workers):
            self._retire(worker)

    async def connect(self) -> None:
        """One more. What goes wrong may end the run."""
        worker = Worker(self._work, self._lost)
        try:
            connection = await self._transport.connect(worker)
        except DeliveryError as fault:
            self._failed(fault)
        except Exception as fault:  # noqa: BLE001  # raised again by the engine
            self._work.in_flight.stop(fault)
        else:
            if self._work.is_stopping():
                await connection.close()
            else:
                self._workers.add(worker)
                worker.begin(connection)
        self._work.on_news()

    def end(self) -> None:
        """What is at rest is closed, the rest is lost."""
        self.is_ending = True
        for opening in self._opening:
            opening.cancel()
        for worker in tuple(self._workers):
            if worker.connection.is_idle:
                self._retire(worker)
            else:
                worker.connection.lose("stopped at once")

    async def ended(self) -> None:
        """All of them, politely."""
        await asyncio.gather(*self._opening, *self._closing, return_exceptions=True)

    def _failed(self, fault: DeliveryError) -> None:
        """To connect, or to be of use. While others are up, the server only takes no more."""
        wait = self._breaker.failed()
        self._connect_after = self._now() + wait
        if self._workers and isinstance(fault, CannotConnect):
            return
        if self._breaker.is_hopeless(fault, self._connect_after):
            self._work.in_flight.stop(fault)
        elif wait > 1:
            self._watch.waiting(
                self._connect_after, "the server cannot be reached, or takes no message"
            )

    def _retire(self, worker: Worker) -> None:
        self._workers.discard(worker)
        _in_background(worker.connection.close(), self._closing)

    def _lost(self, worker: Worker, why: str) -> None:
        self._workers.discard(worker)
        if not self.is_ending:
            if worker.is_in_doubt:
                clock = asyncio.get_running_loop().time()
                self._work.in_flight.stop(self._breaker.lost(worker.began, clock))
            is_useless = worker.messages and not worker.answers
            if is_useless and self._work.queue.fault is None:
                self._failed(ServerBreaksOff(f"The server takes no message: {why}."))
        self._work.on_news()


def _in_background(work: Coroutine[None, None, None], tasks: set[asyncio.Task[None]]) -> None:
    """`tasks` has it until it is done."""
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
