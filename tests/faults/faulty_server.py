"""A real SMTP server that misbehaves on cue, and knows the truth: what it accepted, for whom."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import math
import re
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.faults.cues import HANGS_UP, WORDS, Cue, Fault, Stage, wrong_answer
from tests.faults.wire import Gone, Wire

USER, PASSWORD = "ann", "secret"
_TRICKLE = 0.05  #: seconds from octet to octet
_PATIENCE = 90.0  #: seconds that a test waits for a condition


class Accepted(NamedTuple):
    """A message that the server is responsible for (RFC 5321 section 4.2.5)."""

    message_id: str
    recipient: str


@dataclass(kw_only=True)
class FaultyServer:
    """Runs in a thread of its own. `cues` may be changed while it runs."""

    pipelining: bool = True
    starttls: ssl.SSLContext | None = None  #: offered
    with_login: bool = False
    #: What it says to STARTTLS beyond its answer, in the clear (RFC 3207's man in the middle).
    injected: bytes = b""
    pause: Callable[[], float] = lambda: 0.0  #: seconds before each answer
    on_message: Callable[[], object] = lambda: None  #: called when one was taken
    most: float = math.inf  #: messages that it begins; whoever comes with another waits
    may_grow: bool = False  #: `most`, for those who wait; else they wait for ever
    cues: list[Cue] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)  #: by recipient, the last one's
    begun: list[str] = field(default_factory=list)  #: messages, by envelope id, as they came first
    played: Counter[Stage] = field(default_factory=Counter)
    rude: list[str] = field(default_factory=list)  #: what no client may do
    sessions: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self.news = threading.Condition()
        self.loop = asyncio.new_event_loop()
        self._open: dict[asyncio.Task[None], Wire] = {}
        self._listener: asyncio.Task[None] | None = None

    def recipients(self) -> list[str]:
        return [one.recipient for one in self.accepted]

    def twice(self) -> list[Accepted]:
        return [one for one, count in Counter(self.accepted).items() if count > 1]

    def environment(self, **more: str) -> dict[str, str]:
        """Settings that lead here. The time-out ends what hangs, also on a slow machine."""
        login = {"SMTP_USERNAME": USER, "SMTP_PASSWORD": PASSWORD} if self.with_login else {}
        return {
            "SMTP_HOST": "localhost",
            "SMTP_PORT": str(self.port),
            "SMTP_SECURITY": "starttls" if self.starttls else "none",
            "SMTP_TIMEOUT": "60",
            **login,
            **more,
        }

    def until(self, true: Callable[[], bool]) -> None:
        """Waits for it; looks at everything that happens."""
        with self.news:
            assert self.news.wait_for(true, _PATIENCE), "it never came"

    def go_up(self) -> None:
        """Listens: on a free port, later on the same one."""
        asyncio.run_coroutine_threadsafe(self._go_up(), self.loop).result()

    def go_down(self) -> None:
        """As if killed: every connection is reset, none is taken."""
        asyncio.run_coroutine_threadsafe(self._go_down(), self.loop).result()

    async def _go_up(self) -> None:
        listening = socket.create_server(("127.0.0.1", self.port))
        # Little room, so that a client notices when nobody reads.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        listening.setblocking(False)
        self.port = listening.getsockname()[1]
        self._listener = self.loop.create_task(self._listen(listening))

    async def _listen(self, listening: socket.socket) -> None:
        with listening:
            while True:
                connection, _ = await self.loop.sock_accept(listening)
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.sessions += 1
                wire = Wire(connection)
                task = self.loop.create_task(_Session(self, wire, self.sessions).hold())
                self._open[task] = wire
                task.add_done_callback(lambda done: self._open.pop(done, None))

    async def _go_down(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        held = [*self._open.items()]
        for task, _ in held:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        for _, wire in held:
            wire.hang_up(reset=True)

    def take(self, accepted: Accepted, content: bytes) -> None:
        with self.news:
            self.contents[accepted.recipient] = content
            self.accepted.append(accepted)
            self.on_message()
            self.news.notify_all()

    def is_full_for(self, envelope: str) -> bool:
        return len(self.begun) >= self.most and envelope not in self.begun

    def number_of(self, envelope: str) -> int:
        """1 for the first message that ever came."""
        if envelope not in self.begun:
            with self.news:
                self.begun.append(envelope)
                self.news.notify_all()
        return self.begun.index(envelope) + 1


@contextmanager
def faulty_server(*cues: Cue, **how: object) -> Iterator[FaultyServer]:
    """Runs while the context does."""
    server = FaultyServer(cues=[*cues], **how)  # type: ignore[arg-type]  # FaultyServer's own
    thread = threading.Thread(target=server.loop.run_forever, daemon=True)
    thread.start()
    server.go_up()
    try:
        yield server
    finally:
        server.go_down()
        server.loop.call_soon_threadsafe(server.loop.stop)
        thread.join()
        server.loop.close()


class _Session:
    """One connection's conversation."""

    def __init__(self, server: FaultyServer, wire: Wire, number: int) -> None:
        self.server, self.wire, self.number = server, wire, number
        self.pipelining = server.pipelining
        self.message = 0  #: the number of the one under way
        self.mail = self.recipient = ""
        self.is_encrypted = False
        self.may_send = not server.with_login
        self.answered: set[Stage] = set()  #: before they were asked

    async def hold(self) -> None:
        with contextlib.suppress(Gone):
            await self.answer(Stage.BANNER, b"220 mail.example.org ESMTP\r\n")
            while True:
                words = (await self.wire.line()).decode("utf-8", "replace").strip()
                if self.wire.has_heard_more and not self.pipelining:
                    self.server.rude.append(words)
                await self.obey(words)
        self.wire.hang_up()

    async def obey(self, words: str) -> None:
        match words.upper().partition(" ")[0]:
            case "EHLO":
                await self.answer(Stage.EHLO, self.offer())
            case "HELO" | "RSET" | "NOOP":
                self.mail = self.recipient = ""
                await self.say(b"250 2.0.0 OK\r\n")
            case "STARTTLS" if self.server.starttls is not None:
                await self.answer(Stage.STARTTLS, b"220 2.0.0 go on\r\n" + self.server.injected)
                await self.wire.encrypt(self.server.starttls)
                self.is_encrypted = True
            case "AUTH":
                await self.log_in(words)
            case "MAIL":
                await self.begin(words)
            case "RCPT" if self.mail:
                recipient = words.partition("<")[2].partition(">")[0]
                if await self.answer(Stage.RCPT, b"250 2.1.5 OK\r\n"):
                    self.recipient = recipient
            case "DATA" if self.recipient:
                if await self.answer(Stage.DATA, b"354 go on\r\n"):
                    await self.read_message()
            case "RCPT" | "DATA":
                await self.say(b"503 5.5.1 not now\r\n")
            case "QUIT":
                await self.answer(Stage.QUIT, b"221 2.0.0 bye\r\n")
                raise Gone
            case _:
                await self.say(b"502 5.5.2 no such command\r\n")

    def offer(self) -> bytes:
        words = ["mail.example.org", "SIZE 100000000", "DSN", "SMTPUTF8", "8BITMIME"]
        if self.pipelining:
            words.append("PIPELINING")
        if self.server.starttls is not None and not self.is_encrypted:
            words.append("STARTTLS")
        if self.server.with_login:
            words.append("AUTH PLAIN")
        return (
            "".join(f"250-{word}\r\n" for word in words).encode() + b"250 ENHANCEDSTATUSCODES\r\n"
        )

    async def log_in(self, words: str) -> None:
        told = base64.b64decode(words.split()[-1])
        if told != f"\0{USER}\0{PASSWORD}".encode():
            await self.say(b"535 5.7.8 wrong\r\n")
        elif await self.answer(Stage.AUTH, b"235 2.7.0 welcome\r\n"):
            self.may_send = True

    async def begin(self, words: str) -> None:
        if not self.may_send:
            await self.say(b"530 5.7.0 log in first\r\n")
            return
        envelope = re.search(r"ENVID=(\S+)", words)  # none after HELO
        if envelope is not None:
            while self.server.is_full_for(envelope[1]):
                if not self.server.may_grow:
                    await self.wire.until_gone(reading=True)
                self.wire.refuse_gone()
                await asyncio.sleep(0.02)
            self.message = self.server.number_of(envelope[1])
        self.mail = self.recipient = ""
        if await self.answer(Stage.MAIL, b"250 2.1.0 OK\r\n"):
            self.mail = words

    async def read_message(self) -> None:
        lines = [await self.wire.line()]
        cue = self.cue(Stage.BODY)
        if cue is not None:
            await self.play(cue)
            await self.wire.until_gone(reading=True)
        while lines[-1] != b".\r\n":
            lines.append(await self.wire.line())
        content = b"".join(lines[:-1])
        found = re.search(rb"(?im)^Message-ID: <(.+)>\r$", content)
        taken = Accepted(found[1].decode() if found else "", self.recipient)
        self.mail = self.recipient = ""
        cue = self.cue(Stage.DOT)
        if cue is None or cue.accepts:
            self.server.take(taken, content)
        await self.answer(Stage.DOT, b"250 2.0.0 OK\r\n")

    async def answer(self, stage: Stage, usual: bytes) -> bool:
        """Whether it is the usual one, so that the conversation goes on."""
        if stage in self.answered:
            self.answered.discard(stage)
            return True
        cue = self.cue(stage)
        if cue is None:
            await self.say(usual + self.early_answer(stage))
            return True
        await self.play(cue)
        return False

    def cue(self, stage: Stage) -> Cue | None:
        for cue in self.server.cues:
            if (
                cue.stage is stage
                and cue.fault is not Fault.EARLY
                and cue.message in (0, self.message)
                and self.number >= cue.session
            ):
                return cue
        return None

    def early_answer(self, stage: Stage) -> bytes:
        """What the next question will be answered with, said with the answer to this one."""
        for cue in self.server.cues:
            is_now = cue.message in (0, self.message) and self.number >= cue.session
            if cue.fault is Fault.EARLY and is_now and _BEFORE.get(cue.stage) is stage:
                self.server.played[cue.stage] += 1
                self.answered.add(cue.stage)
                return _EARLY[cue.stage]
        return b""

    async def play(self, cue: Cue) -> None:
        with self.server.news:
            self.server.played[cue.stage] += 1
            self.server.news.notify_all()
        fault = cue.fault
        if fault is Fault.SILENCE:
            await self.wire.until_gone(reading=cue.stage is not Stage.BODY)
        if fault is Fault.TRICKLE:
            while True:
                await self.wire.say(b"2")
                await asyncio.sleep(_TRICKLE)
        await self.say(
            wrong_answer(cue.stage) if fault is Fault.WRONG_ORDER else WORDS.get(fault, b"")
        )
        if fault in HANGS_UP:
            self.wire.hang_up(reset=fault is Fault.RESET)
            raise Gone

    async def say(self, octets: bytes) -> None:
        seconds = self.server.pause()
        if seconds:
            await asyncio.sleep(seconds)
        await self.wire.say(octets)


#: With which answer an early one comes.
_BEFORE = {
    Stage.EHLO: Stage.BANNER,
    Stage.STARTTLS: Stage.EHLO,
    Stage.AUTH: Stage.EHLO,
    Stage.MAIL: Stage.EHLO,
    Stage.RCPT: Stage.MAIL,
    Stage.DATA: Stage.RCPT,
    Stage.DOT: Stage.DATA,
    Stage.QUIT: Stage.DOT,
}
_EARLY = {
    Stage.EHLO: b"250 mail.example.org\r\n",
    Stage.STARTTLS: b"220 2.0.0 go on\r\n",
    Stage.AUTH: b"235 2.7.0 welcome\r\n",
    Stage.MAIL: b"250 2.1.0 OK\r\n",
    Stage.RCPT: b"250 2.1.5 OK\r\n",
    Stage.DATA: b"354 go on\r\n",
    Stage.DOT: b"250 2.0.0 queued\r\n",
    Stage.QUIT: b"221 2.0.0 bye\r\n",
}
