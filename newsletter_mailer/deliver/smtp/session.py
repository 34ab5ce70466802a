"""A session with the server that takes our mail: connected, encrypted, logged in.

`initiation` decides what is said; this module reads and writes, over a non-blocking socket.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from dataclasses import asdict, dataclass

from newsletter_mailer.address import needs_smtputf8
from newsletter_mailer.deliver.smtp.dialogue import Dialogue
from newsletter_mailer.deliver.smtp.extensions import Extensions
from newsletter_mailer.deliver.smtp.initiation import LOOK, Act, Caller, initiation
from newsletter_mailer.deliver.smtp.replies import Garbage, Reply, ReplyReader
from newsletter_mailer.deliver.smtp.tcp import PIECE, connected, in_words
from newsletter_mailer.deliver.smtp.tls import Tls, context_of
from newsletter_mailer.deliver.smtp.token_command import access_token
from newsletter_mailer.deliver.transport import Limits
from newsletter_mailer.errors import CannotConnect, CertificateRefused
from newsletter_mailer.settings.smtp import SmtpSettings

_HELO_NAME = re.compile(r"[A-Za-z0-9._:\[\]-]+")  #: a domain or an address literal

_NO_SMTPUTF8 = "the server lacks SMTPUTF8, which the address needs"  #: RFC 6531


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

    wire: socket.socket  #: non-blocking
    tls: Tls | None
    offered: Extensions
    reverse_path: str
    reader: ReplyReader
    timeouts: Timeouts

    @property
    def limits(self) -> Limits:
        ascii_only = "" if self.offered.smtputf8 else _NO_SMTPUTF8
        return Limits(largest=self.offered.largest, ascii_only=ascii_only)

    def close(self) -> None:
        """Hangs up without a word."""
        self.wire.close()

    async def say_goodbye(self) -> None:
        """QUIT; what the server says to it changes nothing."""
        loop = asyncio.get_running_loop()
        octets = b"QUIT\r\n"
        try:
            async with asyncio.timeout(self.timeouts.goodbye):
                if self.tls is not None:
                    octets = self.tls.encrypt(octets)
                await loop.sock_sendall(self.wire, octets)
                await loop.sock_recv(self.wire, PIECE)
        except OSError:  # also TimeoutError and ssl.SSLError
            pass
        finally:
            self.close()


async def connect(settings: SmtpSettings, sender: str, timeouts: Timeouts = PATIENT) -> Session:
    """Raises CannotConnect, CertificateRefused, LoginRefused."""
    where = settings.where
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
    if needs_smtputf8(session.reverse_path) and not session.offered.smtputf8:
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
    connection = await connected(host, settings.port, timeouts.connect)
    talk = Dialogue(connection, timeouts.connect)
    try:
        if context is not None and settings.security == "tls":
            await talk.encrypt(context, host)
        machine = initiation(caller)
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
            wire=connection,
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


def _helo_name() -> str:
    """Our name, or an address literal (RFC 5321 section 4.1.4). No DNS: that can hang."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
