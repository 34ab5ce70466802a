"""Our own client over a real connection, driven by a test: one line, a loop of its own."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from newsletter_mailer.deliver.dialogue import Content, Ended, MailObject
from newsletter_mailer.deliver.line import Line
from newsletter_mailer.deliver.loop import runner
from newsletter_mailer.deliver.replies import Outcome
from newsletter_mailer.deliver.session import Session, Timeouts, connect
from newsletter_mailer.deliver.single import send_single
from newsletter_mailer.smtp_settings import SmtpSettings

SENDER = "news@example.org"
MESSAGE = b"Subject: Hello\r\n\r\nDear Ann,\r\nhello.\r\n"
CALM = Timeouts(connect=20, command=20, block=20, after_dot=20, goodbye=20)


def settings_for(port: int, **more: object) -> SmtpSettings:
    """A server on this machine, without encryption unless told otherwise."""
    return SmtpSettings(host="localhost", port=port, **{"security": "none", **more})  # type: ignore[arg-type]  # of the fields' types


def content(message: bytes) -> Content:
    return Content([message], len(message))


@dataclass
class Correspondent:
    """Sends over one line and keeps what became of each message (line.Owner). Keys are numbers.

    `marks_left`: so many messages may still have their dot.
    """

    loop: asyncio.Runner
    session: Session
    fates: dict[int, Outcome] = field(default_factory=dict)
    marked: list[int] = field(default_factory=list)
    why: str = ""  #: the line was lost
    marks_left: int = 1_000
    waiting: deque[MailObject[int]] = field(default_factory=deque)
    number: int = 0
    line: Line[int] = field(init=False)
    news: asyncio.Event = field(init=False)

    def __post_init__(self) -> None:
        self.loop.run(self._begin())

    async def _begin(self) -> None:
        self.news = asyncio.Event()
        self.line = Line(self.session, self)

    @property
    def is_open(self) -> bool:
        return not self.line.is_closed

    def send(self, mailbox: str, message: bytes = MESSAGE) -> Outcome:
        """Its fate, which the server told."""
        (fate,) = self.send_all([mailbox], message)
        assert fate is not None, f"the line was lost: {self.why}"
        return fate

    def send_all(self, mailboxes: list[str], message: bytes = MESSAGE) -> list[Outcome | None]:
        """Their fates. None for those that had none when the line was lost."""
        numbers = range(self.number, self.number + len(mailboxes))
        self.number += len(mailboxes)
        for number, mailbox in zip(numbers, mailboxes, strict=True):
            self.waiting.append(
                MailObject(number, mailbox, f"id{number}@example.org", content(message))
            )
        self.loop.run(self._sent(numbers))
        return [self.fates.get(number) for number in numbers]

    async def _sent(self, numbers: range) -> None:
        self.line.begin()
        while self.is_open and not self.fates.keys() >= {*numbers}:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), 0.05)
            self.news.clear()
            self.line.check(asyncio.get_running_loop().time())

    async def close(self) -> None:
        if self.line.is_idle:
            await self.line.close()
        else:
            self.line.lose("the test is over")

    def next_mail(self, line: Line[int]) -> MailObject[int] | None:
        return self.waiting.popleft() if self.waiting else None

    def mark(self, mail: MailObject[int]) -> bool:
        if self.marks_left == 0:
            return False
        self.marks_left -= 1
        self.marked.append(mail.key)
        return True

    def ended(self, ended: Ended[int]) -> None:
        assert ended.mail.key not in self.fates, "two fates"
        self.fates[ended.mail.key] = ended.outcome
        self.news.set()

    def lost(self, line: Line[int], why: str) -> None:
        self.why = why
        self.news.set()


@contextmanager
def connected(port: int, timeouts: Timeouts = CALM, **more: object) -> Iterator[Correspondent]:
    with runner() as loop:
        session = loop.run(connect(settings_for(port, **more), SENDER, timeouts))
        correspondent = Correspondent(loop, session)
        try:
            yield correspondent
        finally:
            loop.run(correspondent.close())


def send_one(
    port: int,
    mailbox: str = "ann@example.org",
    message: bytes = MESSAGE,
    timeouts: Timeouts = CALM,
    **more: object,
) -> Outcome:
    """A message over a connection of its own, as `send --test` sends it."""
    with runner() as loop:
        session = loop.run(connect(settings_for(port, **more), SENDER, timeouts))
        return loop.run(send_single(session, mailbox, "id@example.org", message))
