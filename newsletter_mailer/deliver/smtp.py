"""A session with the server that takes our mail, over a non-blocking socket.

The state machines of `opening` and `dialogue` decide; this module reads and writes. It writes to
the socket itself, not through a transport: so it knows when the kernel has everything before the
final dot. Libraries cannot tell "lost before the dot" from "accepted, but the answer was lost".
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Generic, Protocol

from newsletter_mailer.address import needs_smtputf8
from newsletter_mailer.deliver.dialogue import Dialogue, Ended, Key, Left, MailObject, MailRefused
from newsletter_mailer.deliver.extensions import Extensions
from newsletter_mailer.deliver.gather import MOST_PARTS, write_parts
from newsletter_mailer.deliver.opening import LOOK, Act, Caller, opening
from newsletter_mailer.deliver.replies import Garbage, Reply, ReplyReader
from newsletter_mailer.deliver.tls import Tls, context_of
from newsletter_mailer.deliver.token import access_token
from newsletter_mailer.errors import CannotConnect, CertificateRefused
from newsletter_mailer.smtp_settings import SmtpSettings

_PIECE = 1 << 16  #: octets read at once
_HELO_NAME = re.compile(r"[A-Za-z0-9._:\[\]-]+")  #: a domain or an address literal
_BUFFER = 1 << 18  #: asked of the kernel: a message fits, and is handed over in one call


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. Connecting is short, so that a wrong host is noticed; the rest is RFC 5321 section
    4.5.3.2: a time-out after the dot "would typically result in delivery of multiple copies".
    """

    connect: float = 30.0  #: for each step: an address, the TLS handshake, a reply until the login
    command: float = 300.0
    block: float = 180.0  #: for a piece of the content to be taken
    after_dot: float = 600.0
    goodbye: float = 5.0  #: for the answer to QUIT, which changes nothing

    def at_most(self, seconds: float) -> Timeouts:
        return Timeouts(**{name: min(value, seconds) for name, value in asdict(self).items()})


PATIENT = Timeouts()


@dataclass(slots=True, kw_only=True)
class Session:
    """Greeted, encrypted and logged in as the settings say."""

    connection: socket.socket  #: non-blocking
    tls: Tls | None
    offered: Extensions
    reverse_path: str
    reader: ReplyReader
    timeouts: Timeouts
    with_chunking: bool = False

    @property
    def takes_smtputf8(self) -> bool:
        return self.offered.smtputf8

    def close(self) -> None:
        """Hangs up without a word."""
        self.connection.close()

    async def say_goodbye(self) -> None:
        """QUIT; what the server says to it changes nothing."""
        loop = asyncio.get_running_loop()
        octets = b"QUIT\r\n"
        try:
            async with asyncio.timeout(self.timeouts.goodbye):
                if self.tls is not None:
                    octets = self.tls.encrypt(octets)
                await loop.sock_sendall(self.connection, octets)
                await loop.sock_recv(self.connection, _PIECE)
        except OSError:  # also TimeoutError and ssl.SSLError
            pass
        finally:
            self.close()


async def connect(settings: SmtpSettings, sender: str, timeouts: Timeouts = PATIENT) -> Session:
    """Raises CannotConnect, CertificateRefused, LoginRefused."""
    where = f"{settings.host}:{settings.port}"
    helo_name = settings.helo_name or _helo_name()
    if not _HELO_NAME.fullmatch(helo_name):
        raise CannotConnect(f"SMTP_HELO_NAME in .env is no name of a host: {helo_name!a}.")
    timeouts = timeouts.at_most(settings.timeout) if settings.timeout else timeouts
    secret = settings.password
    if settings.token_command:  # it takes its time, and other lines are at work
        secret = await asyncio.to_thread(access_token, settings.token_command)
    context = None if settings.security == "none" else context_of(settings)
    caller = Caller(
        where=where,
        helo_name=helo_name,
        starttls=settings.security == "starttls",
        username=settings.username,
        secret=secret,
        with_token=bool(settings.token_command),
    )
    try:
        session = await _opened(settings, sender, caller, context, timeouts)
    except ssl.SSLCertVerificationError as fault:
        raise CertificateRefused(
            f"The certificate of {where} is not valid: {fault.verify_message.rstrip('.')}. "
            "Nothing was sent. SMTP_HOST must be the name that the certificate is for; if your "
            "organisation signs its own certificates, name their file in SMTP_CA_FILE."
        ) from None
    except ssl.SSLError as fault:
        raise CannotConnect(
            f"{where} does not speak TLS as expected ({fault.reason or fault}). "
            f"{LOOK}: starttls is usually 587, tls 465."
        ) from None
    except Garbage as fault:
        raise CannotConnect(f"{where} is not a mail server: {fault}. {LOOK}.") from None
    except (OSError, TimeoutError) as fault:
        raise CannotConnect(
            f"The mail server {where} does not answer ({_said(fault)}). {LOOK}, and at your "
            "network."
        ) from None
    except ValueError as fault:  # a name that cannot be one
        raise CannotConnect(f"{where} cannot be a mail server ({_said(fault)}). {LOOK}.") from None
    if needs_smtputf8(session.reverse_path) and not session.takes_smtputf8:
        session.close()
        raise CannotConnect(
            f"{where} lacks SMTPUTF8, which the sender's address {session.reverse_path} needs. "
            "Use an address without accents before the @-sign."
        )
    return session


async def _opened(
    settings: SmtpSettings,
    sender: str,
    caller: Caller,
    context: ssl.SSLContext | None,
    timeouts: Timeouts,
) -> Session:
    host = settings.host.strip("[]")  # an IPv6 address as in a URL
    connection = await _connected(host, settings.port, timeouts.connect)
    talk = _Talk(connection, timeouts.connect)
    try:
        if context is not None and settings.security == "tls":
            await talk.encrypt(context, host)
        machine = opening(caller)
        act = next(machine)
        while True:
            if act is Act.ENCRYPT:
                if context is None or not talk.is_quiet:
                    raise Garbage("it said something between STARTTLS and the encryption")
                await talk.encrypt(context, host)
                reply = Reply(0)
            else:
                reply = await talk.reply_to(act if isinstance(act, str) else None)
            act = machine.send(reply)
    except StopIteration as done:
        if not talk.is_quiet:
            connection.close()
            raise Garbage("it says more than it was asked") from None
        return Session(
            connection=connection,
            tls=talk.tls,
            offered=done.value,
            reverse_path=settings.bounce_address or sender,
            reader=talk.reader,
            timeouts=timeouts,
            with_chunking=settings.chunking,
        )
    except (OSError, Garbage) as fault:
        connection.close()
        if talk.is_logging_in:
            raise CannotConnect(
                f"{caller.where} broke off the login of {caller.username} ({_said(fault)}). "
                "Look at SMTP_USERNAME in .env, or try again later."
            ) from None
        raise
    except BaseException:
        connection.close()
        raise


class _Talk:
    """Lines and replies, one after the other, until the session is open."""

    def __init__(self, connection: socket.socket, patience: float) -> None:
        """`patience`: seconds for a handshake, and for a reply."""
        self._connection, self._patience = connection, patience
        self._loop = asyncio.get_running_loop()
        self._replies: list[Reply] = []
        self.reader = ReplyReader()
        self.tls: Tls | None = None
        self.is_logging_in = False

    @property
    def is_quiet(self) -> bool:
        """Nothing came that was not read as a reply."""
        return not self._replies and self.reader.is_between_replies

    async def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        tls = Tls(context, host)
        octets, is_done = tls.shake_hands(b"")
        async with asyncio.timeout(self._patience):
            while True:
                await self._loop.sock_sendall(self._connection, octets)
                if is_done:
                    break
                octets, is_done = tls.shake_hands(await self._received())
        self.tls = tls
        # With TLS 1.2 a greeting may have come with the end of the handshake.
        self._replies = [*self.reader.feed(tls.decrypt(b""))]

    async def reply_to(self, line: str | None) -> Reply:
        """Raises Garbage, also if the answer was there before the question."""
        if line is not None:
            if not self.is_quiet:
                raise Garbage("it answered before it was asked")
            self.is_logging_in = self.is_logging_in or line.startswith("AUTH")
        async with asyncio.timeout(self._patience):
            if line is not None:
                octets = f"{line}\r\n".encode()
                if self.tls is not None:
                    octets = self.tls.encrypt(octets)
                await self._loop.sock_sendall(self._connection, octets)
            while not self._replies:
                octets = await self._received()
                if self.tls is not None:
                    octets = self.tls.decrypt(octets)
                self._replies = [*self.reader.feed(octets)]
        return self._replies.pop(0)

    async def _received(self) -> bytes:
        octets = await self._loop.sock_recv(self._connection, _PIECE)
        if not octets:
            raise ConnectionError("it hung up")
        return octets


async def _connected(host: str, port: int, patience: float) -> socket.socket:
    """To the first of the host's addresses that answers. Raises OSError."""
    loop = asyncio.get_running_loop()
    fault: OSError = OSError(f"{host} has no address")
    async with asyncio.timeout(patience):
        addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _, address in addresses:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
            # The dot goes in a write of its own: without this it would wait for an ACK (40 ms).
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(patience):
                await loop.sock_connect(connection, address)
        except OSError as refused:
            connection.close()
            fault = refused
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise fault


class Owner(Protocol[Key]):
    """Whoever has mail for a line, and is told what became of it."""

    def next_mail(self, line: Line[Key]) -> MailObject[Key] | None:
        """The next to be sent now over this line. None: nothing now; `begin` asks again."""

    def mark(self, mail: MailObject[Key]) -> bool:
        """Everything before its dot is with the kernel: says so in the journal. False: not now."""

    def ended(self, ended: Ended[Key]) -> None:
        """A mail's fate."""

    def lost(self, line: Line[Key], why: str, fault: MailRefused | None) -> None:
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
        "deadline",
        "is_closed",
        "left",
        "messages",
    )

    def __init__(self, session: Session, owner: Owner[Key]) -> None:
        self._session, self._owner = session, owner
        self._socket, self._tls, self._reader = session.connection, session.tls, session.reader
        self._loop = asyncio.get_running_loop()
        self._dialogue: Dialogue[Key] = Dialogue(
            session.offered, session.reverse_path, with_chunking=session.with_chunking
        )
        self._pieces: list[memoryview] = []  #: what the kernel did not take yet
        self._dot_due = 0  #: octets until the final dot is with the kernel
        self._is_sending = False  #: the content that is due was begun, and its dot was not
        self.deadline = float("inf")  #: of the loop's clock, for the server's next word
        self.is_closed = False
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

    def lose(self, why: str, fault: MailRefused | None = None) -> None:
        """Hangs up. Mails without a fate are in `left`."""
        if self.is_closed:
            return
        self._detach()
        self._session.close()
        left = self._dialogue.left()
        if self._dot_due > 0:  # not all of it is with the kernel: the server cannot have it
            left = Left(left.dotted[:-1], [*left.dotted[-1:], *left.begun], left.unheard)
        self.left = left
        self._owner.lost(self, why, fault)

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
            octets = self._socket.recv(_PIECE)
            if self._tls is not None and octets:
                octets = self._tls.decrypt(octets)
                if not octets and not self._tls.is_over:
                    return
        except (BlockingIOError, InterruptedError):
            return
        except (OSError, ssl.SSLError) as fault:
            self.lose(_said(fault))
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
                    self.answers += reply.code != 421 and reply.kind in (2, 4, 5)
                    self._owner.ended(ended)
                if dialogue.is_over:
                    self.lose(f"it said {reply}")
                    return
        except Garbage as fault:
            self.lose(str(fault))
            return
        except MailRefused as fault:
            self.lose(f"it refused the sender: {fault}", fault)
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
        dialogue = self._dialogue
        parts = mail.content.pieces
        if dialogue.outgoing:  # BDAT's own line
            parts = [bytes(dialogue.outgoing), *parts]
            dialogue.outgoing.clear()
        self._is_sending = True
        self.deadline = self._loop.time() + self._session.timeouts.block
        if self._hand_over(parts, more_follows=True):
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
        self._hand_over([octets], more_follows=False)

    def _hand_over(self, parts: Sequence[bytes], *, more_follows: bool) -> bool:
        """Whether the kernel took all of it; the rest follows when it takes more."""
        if self._tls is not None:
            try:
                parts = [self._tls.encrypt(b"".join(parts))]
            except ssl.SSLError as fault:
                self.lose(_said(fault))
                return False
            if self._dot_due:
                self._dot_due = len(parts[0])
        elif len(parts) > MOST_PARTS:
            parts = [b"".join(parts)]
        size = sum(map(len, parts))
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
        self._pieces = _rest([memoryview(part) for part in parts], taken)
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
        self._pieces = _rest(self._pieces, taken)
        if self._dialogue.content_due is not None:
            self.deadline = self._loop.time() + self._session.timeouts.block
        if not self._pieces:
            self._loop.remove_writer(self._socket)
            if self._is_sending:
                self._content_gone()

    def _broken(self, fault: OSError) -> None:
        """The server takes no more. It may have said why before it closed."""
        self._readable()
        self.lose(_said(fault))


def _rest(parts: Sequence[memoryview], taken: int) -> list[memoryview]:
    """What is left of the parts after so many octets."""
    for number, part in enumerate(parts):
        if taken < len(part):
            return [part[taken:], *parts[number + 1 :]]
        taken -= len(part)
    return []


def _helo_name() -> str:
    """Our name, or an address literal (RFC 5321 section 4.1.4). No DNS: that can hang."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _said(fault: BaseException) -> str:
    if isinstance(fault, TimeoutError):
        return "timed out"
    text = getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
    return " ".join(str(text).split())
