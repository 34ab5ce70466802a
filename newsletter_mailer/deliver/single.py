"""Single messages over one session, without a ledger: tests that a person sends to themselves."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from newsletter_mailer.deliver.dialogue import Content, Ended, MailObject
from newsletter_mailer.deliver.line import Line
from newsletter_mailer.deliver.replies import Outcome
from newsletter_mailer.deliver.session import Session
from newsletter_mailer.store.states import State

_TICK = 0.25  #: seconds between looks at the line's deadline


async def send_single(session: Session, mailbox: str, message_id: str, content: bytes) -> Outcome:
    """One message to one recipient, its fate awaited, and the session ended."""
    owner = _Owner(MailObject(None, mailbox, message_id, Content([content], len(content))))
    line: Line[None] = Line(session, owner)
    line.begin()
    while not owner.fate.done():
        await asyncio.wait([owner.fate], timeout=_TICK)
        line.check(asyncio.get_running_loop().time())
    with suppress(TimeoutError):
        async with asyncio.timeout(session.timeouts.goodbye):
            await owner.is_at_rest.wait()  # a refused message may still have its last word to say
    if line.is_idle:
        await line.close()
    else:
        line.lose("it has nothing more to say")
    return owner.fate.result()


class _Owner:
    """Of one mail (line.Owner)."""

    def __init__(self, mail: MailObject[None]) -> None:
        self._mail: MailObject[None] | None = mail
        self.fate: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.is_at_rest = asyncio.Event()  #: the line, or it is lost

    def next_mail(self, line: Line[None]) -> MailObject[None] | None:
        mail, self._mail = self._mail, None
        if mail is None and line.is_idle:
            self.is_at_rest.set()
        return mail

    def mark(self, mail: MailObject[None]) -> bool:  # noqa: ARG002  # nothing is to be remembered
        return True

    def ended(self, ended: Ended[None]) -> None:
        self.fate.set_result(ended.outcome)

    def lost(self, line: Line[None], why: str) -> None:
        self.is_at_rest.set()
        if self.fate.done():
            return
        if line.left.dotted:
            self.fate.set_result(
                Outcome(State.UNKNOWN, reply=f"line lost after the final dot: {why}")
            )
        else:
            self.fate.set_result(
                Outcome(State.DEFERRED, reply=f"line lost before the final dot: {why}")
            )
