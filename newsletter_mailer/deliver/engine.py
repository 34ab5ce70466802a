"""Has all that is owed sent over several lines, and stops when there is no sense in going on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from newsletter_mailer.deliver.books import Books, Marks, Memory
from newsletter_mailer.deliver.breaker import Breaker
from newsletter_mailer.deliver.dialogue import Content, Ended, MailObject
from newsletter_mailer.deliver.hearing import Hearing, Watch
from newsletter_mailer.deliver.judge import Judge
from newsletter_mailer.deliver.line import Line
from newsletter_mailer.deliver.pace import Pace
from newsletter_mailer.deliver.replies import Outcome
from newsletter_mailer.deliver.session import Session
from newsletter_mailer.deliver.stop import Stop
from newsletter_mailer.deliver.stopping import ServerBreaksOff, refuse_too_large
from newsletter_mailer.errors import CannotConnect, DeliveryError
from newsletter_mailer.store.rows import ClaimedRow
from newsletter_mailer.store.states import State

MESSAGES_PER_CONNECTION = 1_000
_TICK = 0.25  #: seconds between looks at clocks, limits and whoever wants to stop
_REST = 20.0  #: seconds without work after which lines are closed: servers do not like idlers


@dataclass(slots=True, kw_only=True)
class Engine:
    """`first` is an open session, made to see that the server can be used at all."""

    connect: Callable[[], Awaitable[Session]]
    first: Session
    ready: Callable[[ClaimedRow], Content]
    memory: Memory
    marks: Marks
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
    """What one run knows; also the owner of its lines (line.Owner)."""

    def __init__(self, engine: Engine, now: Callable[[], float]) -> None:
        self.engine, self.now = engine, now
        self.patience = now() + engine.retry_for  #: until when deferred rows are tried again
        self.books = Books(
            engine.memory,
            engine.marks,
            engine.pace,
            engine.states,
            retry_until=self.patience,
            now=now,
        )
        self.lines: set[Line[ClaimedRow]] = set()
        self.opening: set[asyncio.Task[None]] = set()
        self.closing: set[asyncio.Task[None]] = set()
        self.breaker = Breaker(self.patience)
        self.judge = Judge(engine.has_earlier)
        self.hearing = Hearing(
            self.books,
            engine.pace,
            engine.watch,
            judge=self.judge,
            breaker=self.breaker,
            sizes=engine.sizes,
            now=now,
        )
        self.connect_after = 0.0
        self.news = asyncio.Event()
        self.is_finishing = False

    async def run(self) -> bool:
        loop = asyncio.get_running_loop()
        self.engine.stop.wake = lambda: loop.call_soon_threadsafe(self.news.set)
        try:
            self.attach(self.engine.first)
            while not await self.is_done():
                await self.step()
            if not self.is_stopping:
                self.hearing.all_tried()
        finally:
            self.engine.stop.wake = lambda: None
            await self.finish()
        fault = self.hearing.fault or self.books.fault
        if fault is not None:
            raise fault
        return not self.engine.stop.is_set()

    @property
    def is_stopping(self) -> bool:
        has_fault = self.hearing.fault is not None or self.books.fault is not None
        return has_fault or self.is_finishing or self.engine.stop.is_set()

    async def is_done(self) -> bool:
        """Whether nothing is under way, and nothing is left to do or to wait for."""
        if self.hearing.in_flight or self.books.is_at_work:
            return False
        if self.is_stopping:
            return True
        if self.books.rows or not self.books.is_through:
            return False
        return not await self.waits_for_due()

    async def step(self) -> None:
        """Looks after everything, then waits for news."""
        self.look_after_lines()
        self.hearing.tell()
        if not self.is_stopping:
            self.books.keep_up(self.news.set)
            if await self.books.hold_back():
                self.news.set()  # whether all was tried is looked at now, by no timer
            self.open_lines()
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

    def look_after_lines(self) -> None:
        clock = asyncio.get_running_loop().time()
        for line in tuple(self.lines):
            line.check(clock)
            line.resume()
            is_too_much = len(self.lines) > self.at_once
            if line.is_idle and (is_too_much or line.messages >= self.engine.per_connection):
                self.retire(line)
            else:
                line.begin()

    async def waits_for_due(self) -> bool:
        """All was tried: waits for what may be tried again, or held back. False: for nothing."""
        found = {**await self.books.next_due()}
        if State.DEFERRED in found and found[State.DEFERRED][0] > self.patience:
            del found[State.DEFERRED]
        if self.is_stopping or not found:
            return False
        until = min(moment for moment, _ in found.values())
        now = self.now()
        if until - now > 1:
            why = {State.QUEUED: "held back by a limit", State.DEFERRED: "to be tried again"}
            waiting = (f"{count:,} {why[state]}" for state, (_, count) in found.items())
            self.engine.watch.waiting(until, ", ".join(waiting))
        if until - now > _REST:
            for line in tuple(self.lines):
                self.retire(line)
        while (left := until - self.now()) > 0 and not self.engine.stop.is_set():
            await self.wait(min(left, _TICK))
        self.books.is_through = False
        return not self.is_stopping

    @property
    def at_once(self) -> int:
        """How many lines there may be now."""
        if self.judge.is_careful:
            return 1
        return self.engine.pace.at_once(self.engine.connections)

    def open_lines(self) -> None:
        at_once = 1 if self.breaker.is_wary else self.at_once
        wanted = min(at_once, self.books.rows + self.hearing.in_flight)
        missing = wanted - len(self.lines) - len(self.opening)
        if self.now() < self.connect_after or not self.books.rows:
            return
        for _ in range(min(missing, 1) if self.breaker.failures else missing):
            in_background(self.open(), self.opening)

    async def open(self) -> None:
        try:
            session = await self.engine.connect()
        except DeliveryError as fault:
            self.failed(fault)
        except Exception as fault:  # noqa: BLE001  # raised again by `run`
            self.stop(fault)
        else:
            if self.is_stopping:
                await session.say_goodbye()
            else:
                self.attach(session)
        self.news.set()

    def failed(self, fault: DeliveryError) -> None:
        """To connect, or to be of use. While other lines are up, the server only takes no more."""
        wait = self.breaker.failed()
        self.connect_after = self.now() + wait
        if self.lines and isinstance(fault, CannotConnect):
            return
        if self.breaker.is_hopeless(fault, self.connect_after):
            self.stop(fault)
        elif wait > 1:
            self.engine.watch.waiting(
                self.connect_after, "the server cannot be reached, or takes no message"
            )

    def attach(self, session: Session) -> None:
        line: Line[ClaimedRow] = Line(session, self)
        self.lines.add(line)
        line.begin()

    def retire(self, line: Line[ClaimedRow]) -> None:
        self.lines.discard(line)
        in_background(line.close(), self.closing)

    async def finish(self) -> None:
        """Whatever happened is recorded."""
        self.is_finishing = True
        for opening in self.opening:
            opening.cancel()
        for line in tuple(self.lines):
            if line.is_idle:
                self.retire(line)
            else:
                line.lose("stopped at once")
        try:
            await self.books.close()
        finally:
            await asyncio.gather(*self.opening, *self.closing, return_exceptions=True)
            self.hearing.tell()

    def next_mail(self, line: Line[ClaimedRow]) -> MailObject[ClaimedRow] | None:
        if self.is_stopping or line.messages >= self.engine.per_connection:
            return None
        row = self.hearing.next_row()
        if row is None:
            return None
        self.books.keep_up(self.news.set)
        if not row.mailbox.isascii() and not line.offered.smtputf8:
            self.hearing.settle(row, _NO_SMTPUTF8)
            return self.next_mail(line)
        try:
            content = self.engine.ready(row)
            refuse_too_large(content.size, line.offered.largest)
        except BaseException as fault:  # noqa: BLE001  # raised again by `run`
            self.stop(fault)
            self.hearing.put_back(row)
            return None
        return MailObject(row, row.mailbox, row.message_id, content)

    def mark(self, mail: MailObject[ClaimedRow]) -> bool:
        return self.books.mark(mail.key)

    def ended(self, ended: Ended[ClaimedRow]) -> None:
        self.hearing.answered(ended.mail.key, ended.outcome)
        if not self.hearing.in_flight:
            self.news.set()

    def lost(self, line: Line[ClaimedRow], why: str) -> None:
        self.lines.discard(line)
        self.hearing.lost(line.left, why)
        if line.is_in_doubt and not self.is_finishing:
            self.stop(self.breaker.lost(line.began, asyncio.get_running_loop().time()))
        if line.messages and not line.answers and not self.is_finishing:
            self.failed(ServerBreaksOff(f"The server takes no message: {why}."))
        self.news.set()

    def stop(self, fault: BaseException | None) -> None:
        """The first fault counts."""
        self.hearing.fault = self.hearing.fault or fault


def in_background(work: Coroutine[None, None, None], tasks: set[asyncio.Task[None]]) -> None:
    """`tasks` has it until it is done."""
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


_NO_SMTPUTF8 = Outcome(State.DEFERRED, reply="the server lacks SMTPUTF8, which the address needs")
