"""A session at work: mail after mail goes out over it, and the answers come in.

`mail_transactions` decides; this module reads and writes. It writes to the socket itself, not
through a transport of asyncio: so it knows when the kernel has everything before the final dot.
Libraries cannot tell "lost before the dot" from "accepted, but the answer was lost".

A message that the kernel has room for goes to it in one call with its dot, and the mark comes
first. A larger one is two calls, with the mark between them: who is killed while a slow server
takes the content would leave marks for messages that it cannot have.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from typing import Generic

from newsletter_mailer.deliver.smtp.mail_transactions import MailTransactions
from newsletter_mailer.deliver.smtp.replies import Garbage
from newsletter_mailer.deliver.smtp.session import Session
from newsletter_mailer.deliver.smtp.tcp import PIECE, in_words
from newsletter_mailer.deliver.smtp.vectored_io import MOST_PARTS, rest, write_parts
from newsletter_mailer.deliver.transport import Key, MailObject, Owner, Unsettled


class SmtpConnection(Generic[Key]):
    """A session at work: callbacks of the event loop, until it is lost or closed."""

    __slots__ = (
        "_dot_due",
        "_is_sending",
        "_loop",
        "_owner",
        "_pieces",
        "_reader",
        "_room",
        "_session",
        "_tls",
        "_transactions",
        "_wire",
        "deadline",
        "is_closed",
        "limits",
    )

    brink = "the final dot"

    def __init__(self, session: Session, owner: Owner[Key]) -> None:
        self._session, self._owner = session, owner
        self._wire, self._tls, self._reader = session.wire, session.tls, session.reader
        self._loop = asyncio.get_running_loop()
        self._transactions = MailTransactions[Key](session.offered, session.reverse_path)
        #: Octets that the kernel takes at once from a session at rest; Linux doubles what it tells.
        self._room = self._wire.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) // 2
        self._pieces: list[memoryview] = []  #: what the kernel did not take yet
        self._dot_due = 0  #: octets until the final dot is with the kernel
        self._is_sending = False  #: the content that is due was begun, and its dot was not
        self.limits = session.limits
        self.deadline = float("inf")  #: of the loop's clock, for the server's next word
        self.is_closed = False
        self._loop.add_reader(self._wire, self._readable)

    @property
    def is_idle(self) -> bool:
        return self._transactions.is_idle and not self.is_closed

    def begin(self) -> None:
        """Offers the next mail, if the session is at rest and there is one."""
        transactions = self._transactions
        if self.is_closed or not transactions.may_offer:
            return
        mail = self._owner.next_mail()
        if mail is not None:
            transactions.offer(mail)
            self._write_outgoing(self._session.timeouts.command)

    def resume(self) -> None:
        """Whoever could not mark a mail's dot may be able to now."""
        if not self.is_closed and self._is_sending and not self._pieces:
            self._content_gone()

    def check(self, now: float) -> None:
        """Hangs up on a server that was silent for too long."""
        if now > self.deadline:
            self._readable()  # if it was this process that slept, the answer is there
        if now > self.deadline:
            self.lose("it was silent for too long")

    def lose(self, why: str) -> None:
        """Hangs up."""
        if self.is_closed:
            return
        self._detach()
        self._session.close()
        dotted, begun, unheard = self._transactions.unsettled()
        if self._dot_due > 0:  # not all of it is with the kernel: the server cannot have it
            dotted, begun = dotted[:-1], [*dotted[-1:], *begun]
        self._owner.lost(Unsettled(dotted, begun, unheard), why)

    async def close(self) -> None:
        """Ends the session politely. Only at rest."""
        if not self.is_closed:
            self._detach()
            await self._session.say_goodbye()

    def _detach(self) -> None:
        self.is_closed = True
        self.deadline = float("inf")
        self._loop.remove_reader(self._wire)
        self._loop.remove_writer(self._wire)

    def _readable(self) -> None:
        try:
            octets = self._wire.recv(PIECE)
            if self._tls is not None and octets:
                octets = self._tls.decrypt(octets)
                if not octets and not self._tls.is_over:
                    return
        except (BlockingIOError, InterruptedError):
            return
        except (OSError, ssl.SSLError) as fault:
            self.lose(in_words(fault))
            return
        if not octets:
            self.lose("it hung up")
            return
        self._hear(octets)

    def _hear(self, octets: bytes) -> None:
        transactions = self._transactions
        try:
            for reply in self._reader.feed(octets):
                if self._dot_due and transactions.is_dot_next and reply.kind not in (4, 5):
                    raise Garbage("it answered a message before its end")
                ended = transactions.receive(reply)
                if ended is not None:
                    self._owner.ended(ended.mail, ended.answer)
                if transactions.is_over:
                    self.lose(f"it said {reply}")
                    return
        except Garbage as fault:
            self.lose(str(fault))
            return
        if not self.is_closed:
            self._go_on()

    def _go_on(self) -> None:
        """Writes what is to be said to what was heard."""
        transactions = self._transactions
        goes_on = transactions.content_due or transactions.outgoing or transactions.may_offer
        if goes_on and self._pieces and not self._is_sending:
            self.lose("it answered before it was asked")
        elif transactions.content_due is not None:
            if not self._is_sending:
                self._send_content(transactions.content_due)
        elif transactions.outgoing:
            self._write_outgoing(self._session.timeouts.command)
        elif transactions.may_offer:
            self.deadline = float("inf")
            self.begin()

    def _send_content(self, mail: MailObject[Key]) -> None:
        parts, size = mail.content
        if size <= self._room and self._owner.mark(mail):
            self._send_dot(parts, size)
            return
        self._is_sending = True
        self.deadline = self._loop.time() + self._session.timeouts.block
        if self._hand_over(parts, size, more_follows=True):
            self._content_gone()

    def _content_gone(self) -> None:
        """The kernel has everything before the dot."""
        mail = self._transactions.content_due
        if mail is not None and self._owner.mark(mail):
            self._is_sending = False
            self._send_dot()

    def _send_dot(self, before: Sequence[bytes] = (), size: int = 0) -> None:
        """In one call with what is left of its content, and with the next envelope.

        `size`: octets of what is left.
        """
        transactions = self._transactions
        following = self._owner.next_mail() if transactions.may_offer_behind_dot else None
        transactions.dot()
        self._dot_due = size + len(transactions.outgoing)
        if following is not None:
            transactions.offer_behind_dot(following)
        self._write_outgoing(self._session.timeouts.after_dot, before)

    def _write_outgoing(self, patience: float, before: Sequence[bytes] = ()) -> None:
        # Copying a hundred pieces takes less time than the kernel does to gather them.
        octets = b"".join([*before, self._transactions.outgoing])
        self._transactions.outgoing.clear()
        self.deadline = self._loop.time() + patience
        self._hand_over([octets], len(octets), more_follows=False)

    def _hand_over(self, parts: Sequence[bytes], size: int, *, more_follows: bool) -> bool:
        """Whether the kernel took all of it; the rest follows when it takes more.

        `size`: octets of the parts together.
        """
        if self._tls is not None:
            try:
                parts = [self._tls.encrypt(b"".join(parts))]
            except ssl.SSLError as fault:
                self.lose(in_words(fault))
                return False
            size = len(parts[0])
            if self._dot_due:
                self._dot_due = size
        elif len(parts) > MOST_PARTS:
            parts = [b"".join(parts)]
        try:
            taken = write_parts(self._wire, parts, more_follows=more_follows)
        except (BlockingIOError, InterruptedError):
            taken = 0
        except OSError as fault:
            self._broken(fault)
            return False
        self._dot_due = max(0, self._dot_due - taken) if self._dot_due else 0
        if taken == size:
            return True
        self._pieces = rest([memoryview(part) for part in parts], taken)
        self._loop.add_writer(self._wire, self._writable)
        return False

    def _writable(self) -> None:
        try:
            taken = write_parts(self._wire, self._pieces[:MOST_PARTS])
        except (BlockingIOError, InterruptedError):
            return
        except OSError as fault:
            self._broken(fault)
            return
        self._dot_due = max(0, self._dot_due - taken)
        self._pieces = rest(self._pieces, taken)
        if self._transactions.content_due is not None:
            self.deadline = self._loop.time() + self._session.timeouts.block
        if not self._pieces:
            self._loop.remove_writer(self._wire)
            if self._is_sending:
                self._content_gone()

    def _broken(self, fault: OSError) -> None:
        """The server takes no more. It may have said why before it closed."""
        self._readable()
        self.lose(in_words(fault))
