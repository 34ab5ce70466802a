"""Mail transactions as a state machine without a network (RFC 5321 section 3.3, RFC 2920).

Bytes to write and replies that were read go in and out as values. With PIPELINING an envelope is
one write, and the final dot shares a write with the next envelope. The dot itself is held back
until the caller says that everything before it was handed to the kernel, and that a mark for it
stands in the journal. So it is always known whether the server can have a message: not before its
dot.
"""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from typing import Generic, NamedTuple

from newsletter_mailer.deliver.smtp.answer import SmtpAnswer, answer_of
from newsletter_mailer.deliver.smtp.envelope import mail_command, rcpt_command
from newsletter_mailer.deliver.smtp.extensions import Extensions
from newsletter_mailer.deliver.smtp.replies import Garbage, Reply
from newsletter_mailer.deliver.smtp.stage import Stage
from newsletter_mailer.deliver.transport import Key, MailObject, Unsettled
from newsletter_mailer.store.states import State


class Ended(NamedTuple, Generic[Key]):
    """A mail object and its fate."""

    mail: MailObject[Key]
    answer: SmtpAnswer


class _Asked(IntEnum):
    """What the next reply answers."""

    RSET = 0
    MAIL = 1
    RCPT = 2
    DATA = 3
    DOT = 4
    LONE_DOT = 5


_STAGES = {
    _Asked.MAIL: Stage.MAIL,
    _Asked.RCPT: Stage.RCPT,
    _Asked.DATA: Stage.DATA,
    _Asked.DOT: Stage.DOT,
}


class MailTransactions(Generic[Key]):
    """Transactions over one open session.

    `outgoing` is what to write next. `content_due` is the mail whose content the server waits for:
    write it, then call `dot`. At most one further mail's envelope is under way behind it.
    """

    def __init__(self, offered: Extensions, reverse_path: str) -> None:
        self._offered, self._reverse_path = offered, reverse_path
        self._pipelines = offered.pipelining
        #: What the coming replies answer, and of which mail; None once its fate is told.
        self._asked: deque[tuple[_Asked, MailObject[Key] | None]] = deque()
        self._needs_reset = False
        self._following: MailObject[Key] | None = None  #: offered behind a dot
        self.outgoing = bytearray()
        self.content_due: MailObject[Key] | None = None
        self.is_over = False  #: no further transaction on this session

    @property
    def may_offer(self) -> bool:
        """Whether an envelope may be begun now."""
        return not (self._asked or self.content_due or self.is_over)

    @property
    def may_offer_behind_dot(self) -> bool:
        return self._pipelines

    @property
    def is_idle(self) -> bool:
        return not self._asked and self.content_due is None

    @property
    def is_dot_next(self) -> bool:
        """Whether the next reply answers a dot."""
        return bool(self._asked) and self._asked[0][0] is _Asked.DOT

    def unsettled(self) -> Unsettled[Key]:
        """The mails without a fate."""
        asked = [(what, mail) for what, mail in self._asked if mail is not None]
        dotted = [mail for what, mail in asked if what is _Asked.DOT]
        unheard = [mail for what, mail in asked if what is _Asked.MAIL and mail is self._following]
        begun = [mail for _, mail in asked]
        if self.content_due is not None:
            begun.insert(0, self.content_due)
        told = {id(mail) for mail in (*dotted, *unheard)}
        others = {id(mail): mail for mail in begun if id(mail) not in told}
        return Unsettled(dotted, [*others.values()], unheard)

    def offer(self, mail: MailObject[Key]) -> None:
        """Begins a transaction: its envelope goes to `outgoing`."""
        if self._needs_reset:
            self._needs_reset = False
            self.outgoing += b"RSET\r\n"
            self._asked.append((_Asked.RSET, None if self._pipelines else mail))
            if not self._pipelines:
                return  # its envelope follows the answer
        self._ask_sender(mail)

    def dot(self) -> None:
        """The content of `content_due` is with the kernel, and its mark is made: now the dot."""
        mail = self.content_due
        if mail is None:
            raise ValueError("no content was asked for")
        self.content_due = None
        self.outgoing += b".\r\n"
        self._asked.append((_Asked.DOT, mail))

    def offer_behind_dot(self, mail: MailObject[Key]) -> None:
        """Begins a transaction in the same write as the dot; only if `may_offer_behind_dot`."""
        self._following = mail
        self.offer(mail)

    def receive(self, reply: Reply) -> Ended[Key] | None:
        """What a reply ends. Raises Garbage for what answers nothing."""
        if self.outgoing or not self._asked:  # what is still to be written was not asked
            return self._unasked(reply)
        asked, mail = self._asked.popleft()
        if asked is _Asked.RSET:
            self._reset_answered(mail, reply)
            return None
        if reply.code == 421:  # RFC 5321 section 3.8: the server closes, whatever was asked
            self._close()
            stage = _STAGES.get(asked, Stage.MAIL)
            return None if mail is None else self._end(mail, reply, stage)
        if mail is None:
            self._afterwards(asked, reply)
            return None
        match asked:
            case _Asked.MAIL:
                return self._mail_answered(mail, reply)
            case _Asked.RCPT:
                return self._recipient_answered(mail, reply)
            case _Asked.DATA:
                return self._data_answered(mail, reply)
            case _Asked.DOT:
                return self._end(mail, reply, Stage.DOT)
        return None

    def _end(self, mail: MailObject[Key], reply: Reply, stage: Stage) -> Ended[Key]:
        """Its further replies say nothing of it any more."""
        answer = answer_of(reply, stage)
        if answer.outcome.state is State.UNKNOWN:
            self._close()
        if stage is not Stage.DOT:
            self._asked = deque((asked, None if one is mail else one) for asked, one in self._asked)
            self.content_due = None
        return Ended(mail, answer)

    def _unasked(self, reply: Reply) -> Ended[Key] | None:
        self._close()
        mail = self.content_due
        if mail is not None and reply.kind in (4, 5):  # it does not want the rest
            return self._end(mail, reply, Stage.DATA)
        if reply.code == 421:
            return None
        raise Garbage(f"it answered what was not asked: {reply}")

    def _ask_sender(self, mail: MailObject[Key]) -> None:
        self.outgoing += mail_command(
            self._reverse_path, mail.mailbox, mail.content.size, mail.message_id, self._offered
        )
        self._asked.append((_Asked.MAIL, mail))
        if self._pipelines:
            self._ask_recipient(mail)
            self._ask_data(mail)

    def _ask_recipient(self, mail: MailObject[Key]) -> None:
        self.outgoing += rcpt_command(mail.mailbox, self._offered)
        self._asked.append((_Asked.RCPT, mail))

    def _ask_data(self, mail: MailObject[Key]) -> None:
        self.outgoing += b"DATA\r\n"
        self._asked.append((_Asked.DATA, mail))

    def _reset_answered(self, mail: MailObject[Key] | None, reply: Reply) -> None:
        """`mail`: whose envelope waits for it."""
        if reply.kind != 2:
            self._asked.appendleft((_Asked.RSET, mail))  # it has no fate
            self._close()
        elif mail is not None:
            self._ask_sender(mail)

    def _afterwards(self, asked: _Asked, reply: Reply) -> None:
        """Of a mail whose fate was told."""
        if asked is _Asked.DATA and reply.code == 354:
            # Taken with no valid recipient: "send a single dot" (RFC 2920 section 3.1).
            self.outgoing += b".\r\n"
            self._asked.append((_Asked.LONE_DOT, None))

    def _mail_answered(self, mail: MailObject[Key], reply: Reply) -> Ended[Key] | None:
        if reply.kind != 2:
            ended = self._come_to_nothing(mail, reply, Stage.MAIL)
            if (
                reply.kind == 5
            ):  # the rest of the envelope is on its way: some would take it for a message
                self._close()
            return ended
        if not self._pipelines:
            self._ask_recipient(mail)
        return None

    def _recipient_answered(self, mail: MailObject[Key], reply: Reply) -> Ended[Key] | None:
        if reply.kind != 2:
            return self._come_to_nothing(mail, reply, Stage.RCPT)
        if not self._pipelines:
            self._ask_data(mail)
        return None

    def _data_answered(self, mail: MailObject[Key], reply: Reply) -> Ended[Key] | None:
        if reply.code == 354:
            self.content_due = mail
            return None
        return self._come_to_nothing(mail, reply, Stage.DATA)

    def _come_to_nothing(self, mail: MailObject[Key], reply: Reply, stage: Stage) -> Ended[Key]:
        """The server wants no content: the session is good for the next, or over."""
        if reply.kind not in (4, 5):
            self._asked.appendleft((_Asked.DATA, mail))  # it has no fate
            self._close()
            raise Garbage(f"it answered an envelope with: {reply}")
        self._needs_reset = True
        return self._end(mail, reply, stage)

    def _close(self) -> None:
        self.is_over = True
        self.outgoing.clear()
