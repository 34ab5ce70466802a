"""A session with the server that takes our mail: connected, encrypted, logged in.

`opening` decides what is said; this module reads and writes, over a non-blocking socket.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
from dataclasses import asdict, dataclass

from newsletter_mailer.address import needs_smtputf8
from newsletter_mailer.deliver.extensions import Extensions
from newsletter_mailer.deliver.opening import LOOK, Act, Caller, opening
from newsletter_mailer.deliver.replies import Garbage, Reply, ReplyReader
from newsletter_mailer.deliver.tls import Tls, context_of
from newsletter_mailer.deliver.token import access_token
from newsletter_mailer.errors import CannotConnect, CertificateRefused
from newsletter_mailer.smtp_settings import SmtpSettings

PIECE = 1 << 16  #: octets read at once
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
                await loop.sock_recv(self.connection, PIECE)
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
            f"The mail server {where} does not answer ({in_words(fault)}). {LOOK}, and at your "
            "network."
        ) from None
    except ValueError as fault:  # a name that cannot be one
        raise CannotConnect(f"{where} is no mail server ({in_words(fault)}). {LOOK}.") from None
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
        )
    except (OSError, Garbage) as fault:
        connection.close()
        if talk.is_logging_in:
            raise CannotConnect(
                f"{caller.where} broke off the login of {caller.username} ({in_words(fault)}). "
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
        octets = await self._loop.sock_recv(self._connection, PIECE)
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


def _helo_name() -> str:
    """Our name, or an address literal (RFC 5321 section 4.1.4). No DNS: that can hang."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def in_words(fault: BaseException) -> str:
    """What went wrong with a connection, in the system's words, on one line."""
    if isinstance(fault, TimeoutError):
        return "timed out"
    if isinstance(fault, ConnectionError) and fault.errno:  # asyncio's words are for programmers
        return os.strerror(fault.errno)
    text = getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
    return " ".join(str(text).split())
