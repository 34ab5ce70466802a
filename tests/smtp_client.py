"""Our own client over a real connection, driven by a test, in a loop of its own."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from newsletter_mailer.deliver.answers.answer import Answer
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.event_loop import runner
from newsletter_mailer.deliver.single_message import send_single_message
from newsletter_mailer.deliver.smtp.connection import SmtpConnection
from newsletter_mailer.deliver.smtp.session import Timeouts
from newsletter_mailer.deliver.smtp.transport import SmtpTransport
from newsletter_mailer.deliver.transport import Content, MailObject, Unsettled
from newsletter_mailer.settings.smtp import SmtpSettings

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
    """Sends over one connection and keeps what became of each message (transport.Owner). Keys are
    numbers.

    `full`: so many times there is no place for a mark.
    """

    loop: asyncio.Runner
    transport: SmtpTransport
    fates: dict[int, Outcome] = field(default_factory=dict)
    said: Answer | None = None  #: last
    marked: list[int] = field(default_factory=list)
    why: str = ""  #: the connection was lost
    full: int = 0
    waiting: deque[MailObject[int]] = field(default_factory=deque)
    number: int = 0
    connection: SmtpConnection[int] = field(init=False)
    news: asyncio.Event = field(init=False)

    def __post_init__(self) -> None:
        self.loop.run(self._begin())

    async def _begin(self) -> None:
        self.news = asyncio.Event()
        self.connection = await self.transport.connect(self)

    @property
    def is_open(self) -> bool:
        return not self.connection.is_closed

    def send(self, mailbox: str, message: bytes = MESSAGE) -> Outcome:
        """Its fate, which the server told."""
        (fate,) = self.send_all([mailbox], message)
        assert fate is not None, f"the connection was lost: {self.why}"
        return fate

    def send_all(self, mailboxes: list[str], message: bytes = MESSAGE) -> list[Outcome | None]:
        """Their fates. None for those that had none when the connection was lost."""
        numbers = range(self.number, self.number + len(mailboxes))
        self.number += len(mailboxes)
        for number, mailbox in zip(numbers, mailboxes, strict=True):
            self.waiting.append(
                MailObject(number, mailbox, f"id{number}@example.org", content(message))
            )
        self.loop.run(self._sent(numbers))
        return [self.fates.get(number) for number in numbers]

    async def _sent(self, numbers: range) -> None:
        self.connection.begin()
        while self.is_open and not self.fates.keys() >= {*numbers}:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), 0.05)
            self.news.clear()
            self.connection.resume()
            self.connection.check(asyncio.get_running_loop().time())

    async def close(self) -> None:
        if self.connection.is_idle:
            await self.connection.close()
        else:
            self.connection.lose("the test is over")

    def next_mail(self) -> MailObject[int] | None:
        return self.waiting.popleft() if self.waiting else None

    def mark(self, mail: MailObject[int]) -> bool:
        if self.full:
            self.full -= 1
            return False
        self.marked.append(mail.key)
        return True

    def ended(self, mail: MailObject[int], answer: Answer) -> None:
        assert mail.key not in self.fates, "two fates"
        self.fates[mail.key], self.said = answer.outcome, answer
        self.news.set()

    def lost(self, unsettled: Unsettled[int], why: str) -> None:
        self.why = why
        self.news.set()


@contextmanager
def connected(port: int, timeouts: Timeouts = CALM, **more: object) -> Iterator[Correspondent]:
    with runner() as loop:
        transport = SmtpTransport(settings_for(port, **more), SENDER, timeouts)
        correspondent = Correspondent(loop, transport)
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
        transport = SmtpTransport(settings_for(port, **more), SENDER, timeouts)
        sending = send_single_message(transport, mailbox, "id@example.org", message)
        return loop.run(sending).outcome
