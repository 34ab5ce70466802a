"""A way out that leads nowhere: a server in the test's own memory, without a socket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Generic, NamedTuple

from newsletter_mailer.deliver.answers.answer import Answer
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.scopes import Alibi, Scope, Then, Verdict, Wait
from newsletter_mailer.deliver.transport import Key, Limits, MailObject, Owner, Unsettled
from newsletter_mailer.errors import CannotConnect
from newsletter_mailer.store.states import State
from tests.smtp_server import Behaviour, Received

#: A reply: its code, its enhanced code if it has one, its words.
_PARTS = re.compile(r"(\d{3}) (?:(\d\.\d+\.\d+) )?(.*)")
_STATES = {"2": State.SENT, "4": State.DEFERRED, "5": State.REFUSED}
_SLOWER = Verdict(scope=Scope.RELAY, then=Then.SLOWER)
#: What this server means: the first that its words begin with. It has no other words for a no.
_MEANINGS = {
    "busy": Verdict(scope=Scope.READER, then=Then.LATER),
    "later": Verdict(scope=Scope.READER, then=Then.LATER),
    "Später": Verdict(scope=Scope.READER, then=Then.LATER),
    "greylisted for 5 minutes": Verdict(scope=Scope.DOMAIN, then=Then.LATER, wait=Wait(300)),
    "greylisted": Verdict(scope=Scope.DOMAIN, then=Then.LATER, wait=Wait(0.05, is_said=False)),
    "no space left": _SLOWER,
    "Error: too much mail": _SLOWER,
    "STOREDRV.ClientSubmit; sender thread limit exceeded": _SLOWER,
    "Throttling failure": _SLOWER,
    "not you": Verdict(scope=Scope.SENDER, then=Then.STOP, do="Look at BOUNCE_ADDRESS in .env."),
    "no": Verdict(scope=Scope.READER, then=Then.REFUSE, alibi=Alibi.DOMAIN),
    "blocked": Verdict(scope=None, then=Then.WEIGH, alibi=Alibi.DOMAIN),
}


class MemoryAnswer(NamedTuple):
    """deliver.answers.answer.Answer. Words that mean nothing cannot be judged: KeyError."""

    outcome: Outcome
    is_closing: bool = False

    def verdict(self) -> Verdict:
        said = self.outcome.reply
        found = (meant for words, meant in _MEANINGS.items() if said.startswith(words))
        if (meant := next(found, None)) is None:
            raise KeyError(said)
        return meant


class TooManyRequests(NamedTuple):
    """deliver.answers.answer.Answer, of HTTP: 429 with Retry-After (RFC 6585 section 4)."""

    outcome: Outcome
    retry_after: float  #: seconds
    is_closing: bool = False

    def verdict(self) -> Verdict:
        return Verdict(
            scope=Scope.SENDER,
            then=Then.SLOWER,
            wait=Wait(self.retry_after),
            rest=self.retry_after,
            is_known=True,
            means="The account has sent as much as it may for now.",
            do="Send more slowly.",
        )


@dataclass(kw_only=True)
class MemoryServer:
    """What arrived, and how it behaves. Where a message is past the brink, `at_dot` is asked."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    too_many: Callable[[str], TooManyRequests | None] = lambda address: None  #: no SMTP at all
    limits: Limits | None = None  #: None: of addresses beyond ASCII as it behaves
    is_down: bool = False
    received: list[Received] = field(default_factory=list)
    carried: list[int] = field(default_factory=list)  #: messages of each connection made so far
    open: int = 0  #: connections now
    most: int = 0  #: at once

    @property
    def connections(self) -> int:
        """Made so far."""
        return len(self.carried)

    def recipients(self) -> list[str]:
        return [one.recipient for one in self.received]


@dataclass(frozen=True, kw_only=True)
class MemorySettings:
    """settings.transport.TransportSettings"""

    kind: ClassVar[str] = "memory"

    server: MemoryServer
    where: str = "the memory of a test"


class MemoryTransport:
    """deliver.transport.Transport"""

    name = "memory"
    when_silent = ""

    def __init__(self, server: MemoryServer, sender: str) -> None:
        self._server, self._sender = server, sender
        ascii_only = "" if server.behaviour.smtputf8 else "the memory lacks SMTPUTF8"
        self.limits = server.limits or Limits(ascii_only=ascii_only)

    async def open(self) -> None:
        if self._server.is_down:
            raise CannotConnect("The memory does not answer.")

    async def connect(self, owner: Owner[Key]) -> MemoryConnection[Key]:
        await self.open()
        return MemoryConnection(self._server, self.limits, self._sender, owner)

    async def close(self) -> None:
        """Nothing is open."""


def transport(settings: MemorySettings, sender: str) -> MemoryTransport:
    """deliver.transport.transport_of"""
    return MemoryTransport(settings.server, sender)


class MemoryConnection(Generic[Key]):
    """deliver.transport.Connection: one mail at a time, each step in a turn of the event loop."""

    brink = "the last octet"

    def __init__(
        self, server: MemoryServer, limits: Limits, sender: str, owner: Owner[Key]
    ) -> None:
        self._server, self._sender, self._owner = server, sender, owner
        self._mail: MailObject[Key] | None = None  #: under way
        self._is_past_brink = self._waits = self._is_closed = False
        self.limits = limits
        self._number = len(server.carried)
        server.carried.append(0)
        server.open += 1
        server.most = max(server.most, server.open)

    @property
    def is_idle(self) -> bool:
        return self._mail is None and not self._is_closed

    def begin(self) -> None:
        if self.is_idle and (mail := self._owner.next_mail()) is not None:
            self._mail, self._is_past_brink = mail, False
            asyncio.get_running_loop().call_soon(self._address, mail)

    def resume(self) -> None:
        if self._waits and self._mail is not None:
            self._hand_over(self._mail)

    def check(self, now: float) -> None:
        """It is never silent."""

    def lose(self, why: str) -> None:
        if self._is_closed:
            return
        self._closed()
        mails = [] if self._mail is None else [self._mail]
        past, begun = (mails, []) if self._is_past_brink else ([], mails)
        self._owner.lost(Unsettled(past, begun, []), why)

    async def close(self) -> None:
        if not self._is_closed:
            self._closed()

    def _closed(self) -> None:
        self._is_closed = True
        self._server.open -= 1

    def _address(self, mail: MailObject[Key]) -> None:
        if self._is_closed:
            return
        behaviour = self._server.behaviour
        answer = behaviour.at_mail(self._sender) or behaviour.at_rcpt(mail.mailbox)
        if answer is None:
            self._hand_over(mail)
        else:
            self._answer(mail, answer)

    def _hand_over(self, mail: MailObject[Key]) -> None:
        self._waits = not self._owner.mark(mail)
        if not self._waits:
            self._is_past_brink = True
            asyncio.get_running_loop().call_soon(self._take, mail)

    def _take(self, mail: MailObject[Key]) -> None:
        if self._is_closed:
            return
        if (too_many := self._server.too_many(mail.mailbox)) is not None:
            self._ended(mail, too_many)
            return
        answer = self._server.behaviour.at_dot(mail.mailbox)
        if answer in (None, "accept and drop"):
            content = b"".join(mail.content.pieces)
            self._server.carried[self._number] += 1
            self._server.received.append(Received(self._sender, (mail.mailbox,), content, False))
        self._answer(mail, answer or "250 2.0.0 OK")

    def _answer(self, mail: MailObject[Key], answer: str) -> None:
        if answer.endswith("drop"):
            self.lose("it hung up")
            return
        code, enhanced, text = _PARTS.fullmatch(answer).groups()  # type: ignore[union-attr]
        outcome = Outcome(_STATES[code[0]], int(code), enhanced, text)
        self._ended(mail, MemoryAnswer(outcome))

    def _ended(self, mail: MailObject[Key], answer: Answer) -> None:
        self._mail = None
        self._owner.ended(mail, answer)
        if answer.is_closing:
            self.lose("it closes")
        else:
            self.begin()
