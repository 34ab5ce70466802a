"""A message over a connection of its own, without a ledger: the tests that a person sends."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import NamedTuple

from newsletter_mailer.deliver.answers.answer import Answer
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.stop_reasons import what_it_means
from newsletter_mailer.deliver.transport import (
    Connection,
    Content,
    MailObject,
    Transport,
    Unsettled,
    lost_before,
    lost_past,
)
from newsletter_mailer.store.states import State

_TICK = 0.25  #: seconds between looks at the connection's deadline
_LAST_WORD = 5.0  #: seconds that a server may still have something to say to what it refused


class Fate(NamedTuple):
    """What became of a message. `means`: of the server's no, for a person; empty if not known."""

    outcome: Outcome
    means: str = ""


async def send_single_message(
    transport: Transport, mailbox: str, message_id: str, content: bytes
) -> Fate:
    """One message to one recipient, its fate awaited, and the connection ended.

    Raises what `Transport.connect` raises.
    """
    owner = _Owner(MailObject(None, mailbox, message_id, Content([content], len(content))))
    owner.connection = connection = await transport.connect(owner)
    connection.begin()
    while not owner.fate.done():
        await asyncio.wait([owner.fate], timeout=_TICK)
        connection.check(asyncio.get_running_loop().time())
    with suppress(TimeoutError):
        async with asyncio.timeout(_LAST_WORD):
            await owner.is_at_rest.wait()
    if connection.is_idle:
        await connection.close()
    else:
        connection.lose("it has nothing more to say")
    return Fate(owner.fate.result(), _meaning(owner.answer))


def _meaning(answer: Answer | None) -> str:
    if answer is None or answer.outcome.state not in (State.DEFERRED, State.REFUSED):
        return ""
    return what_it_means(answer.verdict())


class _Owner:
    """Of one mail (transport.Owner)."""

    connection: Connection

    def __init__(self, mail: MailObject[None]) -> None:
        self._mail: MailObject[None] | None = mail
        self.fate: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.answer: Answer | None = None  #: if the server gave any
        self.is_at_rest = asyncio.Event()  #: the connection, or it is lost

    def next_mail(self) -> MailObject[None] | None:
        mail, self._mail = self._mail, None
        if mail is None and self.connection.is_idle:
            self.is_at_rest.set()
        return mail

    def mark(self, mail: MailObject[None]) -> bool:  # noqa: ARG002  # nothing is to be remembered
        return True

    def ended(self, mail: MailObject[None], answer: Answer) -> None:  # noqa: ARG002  # the only one
        self.answer = answer
        self.fate.set_result(answer.outcome)

    def lost(self, unsettled: Unsettled[None], why: str) -> None:
        self.is_at_rest.set()
        if not self.fate.done():
            lost = lost_past if unsettled.past_brink else lost_before
            self.fate.set_result(lost(self.connection.brink, why))
