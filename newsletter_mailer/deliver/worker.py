"""One connection of a run at work: it takes rows from the queue, and tells what becomes of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from newsletter_mailer.deliver.answers.answer import Answer
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.stop_reasons import refuse_too_large
from newsletter_mailer.deliver.claim_queue import ClaimQueue
from newsletter_mailer.deliver.in_flight import InFlight
from newsletter_mailer.deliver.transport import Connection, Content, MailObject, Unsettled
from newsletter_mailer.store.claims import ClaimedRow
from newsletter_mailer.store.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What all workers of a run have in common."""

    queue: ClaimQueue
    in_flight: InFlight
    ready: Callable[[ClaimedRow], Content]  #: the row's message
    per_connection: int  #: messages
    is_stopping: Callable[[], bool]  #: no further message is begun
    on_news: Callable[[], None]  #: something may have to be done now


class Worker:
    """transport.Owner"""

    __slots__ = (
        "_on_lost",
        "_per_connection",
        "_work",
        "answers",
        "began",
        "connection",
        "is_held",
        "is_in_doubt",
        "messages",
    )

    connection: Connection  #: since `begin`

    def __init__(self, work: Work, on_lost: Callable[[Worker, str], None]) -> None:
        self._work, self._on_lost = work, on_lost
        self._per_connection = work.per_connection
        self.began = 0.0  #: by the event loop's clock
        self.messages = 0  #: begun
        self.answers = 0  #: messages whose fate was told; a server that closes tells none
        self.is_held = False  #: a message waits at the brink for its mark
        self.is_in_doubt = False  #: the server may have a message that nobody knows of

    @property
    def is_spent(self) -> bool:
        """The connection had as many messages as one may have."""
        return self.messages >= self._per_connection

    def begin(self, connection: Connection) -> None:
        self.connection = connection
        self.began = asyncio.get_running_loop().time()
        most = connection.limits.per_connection
        if most is not None:
            self._per_connection = min(self._per_connection, most)
        connection.begin()

    def next_mail(self) -> MailObject[ClaimedRow] | None:
        work = self._work
        while not (self.is_spent or work.is_stopping()):
            row = work.in_flight.next_row()
            if row is None:
                return None
            work.queue.keep_up(work.on_news)
            if row.mailbox.isascii() or not (why := self.connection.limits.ascii_only):
                return self._mail(row)
            work.in_flight.settle_unheard(row, Outcome(State.DEFERRED, reply=why))
        return None

    def _mail(self, row: ClaimedRow) -> MailObject[ClaimedRow] | None:
        """None if there is none for it, which stops the run."""
        try:
            content = self._work.ready(row)
            refuse_too_large(content.size, self.connection.limits.largest)
        except BaseException as fault:  # noqa: BLE001  # raised again by the engine
            self._work.in_flight.stop(fault)
            self._work.in_flight.put_back(row)
            return None
        self.messages += 1
        return MailObject(row, row.mailbox, row.message_id, content)

    def mark(self, mail: MailObject[ClaimedRow]) -> bool:
        self.is_held = not self._work.queue.mark(mail.key)
        return not self.is_held

    def ended(self, mail: MailObject[ClaimedRow], answer: Answer) -> None:
        self.is_in_doubt = answer.outcome.state is State.UNKNOWN
        self.answers += not (self.is_in_doubt or answer.is_closing)
        in_flight = self._work.in_flight
        under_way = in_flight.count
        try:
            in_flight.answered(mail.key, answer)
        except Exception as fault:  # noqa: BLE001  # raised again by the engine
            in_flight.stop(fault)
            if in_flight.count == under_way:  # what the answer means was not found out
                in_flight.settle_unjudged(mail.key, answer.outcome)
        if not in_flight.count:
            self._work.on_news()

    def lost(self, unsettled: Unsettled[ClaimedRow], why: str) -> None:
        self.is_in_doubt = self.is_in_doubt or bool(unsettled.past_brink)
        self._work.in_flight.lost(unsettled, self.connection.brink, why)
        self._on_lost(self, why)
