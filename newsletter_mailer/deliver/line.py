"""A session at work: mail after mail goes out over it, and the answers come in.

`dialogue` decides; this module reads and writes. It writes to the socket itself, not through a
transport: so it knows when the kernel has everything before the final dot. Libraries cannot tell
"lost before the dot" from "accepted, but the answer was lost".
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from typing import Generic, Protocol

from newsletter_mailer.deliver.dialogue import Dialogue, Ended, Key, Left, MailObject
from newsletter_mailer.deliver.extensions import Extensions
from newsletter_mailer.deliver.gather import MOST_PARTS, rest, write_parts
from newsletter_mailer.deliver.replies import Garbage
from newsletter_mailer.deliver.session import PIECE, Session, in_words
from newsletter_mailer.store.states import State


class Owner(Protocol[Key]):
    """Whoever has mail for a line, and is told what became of it."""

    def next_mail(self, line: Line[Key]) -> MailObject[Key] | None:
        """The next to be sent now over this line. None: nothing now; `begin` asks again."""

    def mark(self, mail: MailObject[Key]) -> bool:
        """Everything before its dot is with the kernel: says so in the journal. False: not now."""

    def ended(self, ended: Ended[Key]) -> None:
        """A mail's fate."""

    def lost(self, line: Line[Key], why: str) -> None:
        """The line is closed. `line.left` has the mails without a fate."""


class Line(Generic[Key]):
    """A session at work: callbacks of the event loop, until it is lost or closed."""

    __slots__ = (
        "_dialogue",
        "_dot_due",
        "_is_sending",
        "_loop",
        "_owner",
        "_pieces",
        "_reader",
        "_session",
        "_socket",
        "_tls",
        "answers",
        "began",
        "deadline",
        "is_closed",
        "is_in_doubt",
        "left",
        "messages",
    )

    def __init__(self, session: Session, owner: Owner[Key]) -> None:
        self._session, self._owner = session, owner
        self._socket, self._tls, self._reader = session.connection, session.tls, session.reader
        self._loop = asyncio.get_running_loop()
        self._dialogue: Dialogue[Key] = Dialogue(session.offered, session.reverse_path)
        self._pieces: list[memoryview] = []  #: what the kernel did not take yet
        self._dot_due = 0  #: octets until the final dot is with the kernel
        self._is_sending = False  #: the content that is due was begun, and its dot was not
        self.deadline = float("inf")  #: of the loop's clock, for the server's next word
        self.is_closed = False
        self.began = self._loop.time()
        self.is_in_doubt = False  #: the server may have a message that nobody knows of
        self.messages = 0  #: begun over this session
        self.answers = 0  #: messages whose fate the server told; that it closes (421) tells none
        #: When closed: the mails without a fate.
        self.left: Left[Key] = Left([], [], [])
        self._loop.add_reader(self._socket, self._readable)

    @property
    def is_idle(self) -> bool:
        return self._dialogue.is_idle and not self.is_closed

    @property
    def offered(self) -> Extensions:
        return self._session.offered

    def begin(self) -> None:
        """Offers the next mail, if the line is at rest and there is one."""
        dialogue = self._dialogue
        if self.is_closed or not dialogue.may_offer:
            return
        mail = self._owner.next_mail(self)
        if mail is not None:
            dialogue.offer(mail)
            self.messages += 1
            self._write_outgoing(self._session.timeouts.command)

    def resume(self) -> None:
        """Whoever could not mark a mail's dot can now."""
        if not self.is_closed and self._is_sending and not self._pieces:
            self._content_gone()

    def check(self, now: float) -> None:
        """Hangs up on a server that was silent for too long."""
        if now > self.deadline:
            self._readable()  # if it was this process that slept, the answer is there
        if now > self.deadline:
            self.lose("it was silent for too long")

    def lose(self, why: str) -> None:
        """Hangs up. Mails without a fate are in `left`."""
        if self.is_closed:
            return
        self._detach()
        self._session.close()
        left = self._dialogue.left()
        if self._dot_due > 0:  # not all of it is with the kernel: the server cannot have it
            left = Left(left.dotted[:-1], [*left.dotted[-1:], *left.begun], left.unheard)
        self.left = left
        self.is_in_doubt = self.is_in_doubt or bool(left.dotted)
        self._owner.lost(self, why)

    async def close(self) -> None:
        """Ends the session politely. Only for a line at rest."""
        if not self.is_closed:
            self._detach()
            await self._session.say_goodbye()

    def _detach(self) -> None:
        self.is_closed = True
        self.deadline = float("inf")
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)

    def _readable(self) -> None:
        try:
            octets = self._socket.recv(PIECE)
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
        dialogue = self._dialogue
        try:
            for reply in self._reader.feed(octets):
                if self._dot_due and dialogue.is_dot_next and reply.kind not in (4, 5):
                    raise Garbage("it answered a message before its end")
                ended = dialogue.receive(reply)
                if ended is not None:
                    self.is_in_doubt = ended.outcome.state is State.UNKNOWN
                    self.answers += reply.code != 421 and reply.kind in (2, 4, 5)
                    self._owner.ended(ended)
                if dialogue.is_over:
                    self.lose(f"it said {reply}")
                    return
        except Garbage as fault:
            self.lose(str(fault))
            return
        if not self.is_closed:
            self._go_on()

    def _go_on(self) -> None:
        """Writes what is to be said to what was heard."""
        dialogue = self._dialogue
        goes_on = dialogue.content_due or dialogue.outgoing or dialogue.may_offer
        if goes_on and self._pieces and not self._is_sending:
            self.lose("it answered before it was asked")
        elif dialogue.content_due is not None:
            if not self._is_sending:
                self._send_content(dialogue.content_due)
        elif dialogue.outgoing:
            self._write_outgoing(self._session.timeouts.command)
        elif dialogue.may_offer:
            self.deadline = float("inf")
            self.begin()

    def _send_content(self, mail: MailObject[Key]) -> None:
        parts, size = mail.content
        self._is_sending = True
        self.deadline = self._loop.time() + self._session.timeouts.block
        if self._hand_over(parts, size, more_follows=True):
            self._content_gone()

    def _content_gone(self) -> None:
        """The kernel has everything before the dot."""
        dialogue, owner = self._dialogue, self._owner
        mail = dialogue.content_due
        if mail is None or not owner.mark(mail):
            return
        following = owner.next_mail(self) if dialogue.may_offer_behind_dot else None
        self._is_sending = False
        dialogue.dot()
        self._dot_due = len(dialogue.outgoing)
        if following is not None:
            dialogue.offer_behind_dot(following)
            self.messages += 1
        self._write_outgoing(self._session.timeouts.after_dot)

    def _write_outgoing(self, patience: float) -> None:
        octets = bytes(self._dialogue.outgoing)
        self._dialogue.outgoing.clear()
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
            taken = write_parts(self._socket, parts, more_follows=more_follows)
        except (BlockingIOError, InterruptedError):
            taken = 0
        except OSError as fault:
            self._broken(fault)
            return False
        self._dot_due = max(0, self._dot_due - taken) if self._dot_due else 0
        if taken == size:
            return True
        self._pieces = rest([memoryview(part) for part in parts], taken)
        self._loop.add_writer(self._socket, self._writable)
        return False

    def _writable(self) -> None:
        try:
            taken = write_parts(self._socket, self._pieces[:MOST_PARTS])
        except (BlockingIOError, InterruptedError):
            return
        except OSError as fault:
            self._broken(fault)
            return
        self._dot_due = max(0, self._dot_due - taken)
        self._pieces = rest(self._pieces, taken)
        if self._dialogue.content_due is not None:
            self.deadline = self._loop.time() + self._session.timeouts.block
        if not self._pieces:
            self._loop.remove_writer(self._socket)
            if self._is_sending:
                self._content_gone()

    def _broken(self, fault: OSError) -> None:
        """The server takes no more. It may have said why before it closed."""
        self._readable()
        self.lose(in_words(fault))
