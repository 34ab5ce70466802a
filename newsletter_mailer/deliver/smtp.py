"""A connection to the server that takes our mail, over smtplib's commands.

`smtplib.sendmail` cannot tell "lost before the final dot" (not delivered, safe to try again) from
"accepted, but the answer was lost" (unknown). So the dot is our own: everything before it is handed
to the kernel first, then the dot, then the answer is read.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from dataclasses import dataclass

from newsletter_mailer.address import needs_smtputf8
from newsletter_mailer.deliver.login import log_in
from newsletter_mailer.deliver.replies import Outcome, Reply, outcome_of, read_reply
from newsletter_mailer.errors import CannotConnect, CertificateRefused, DeliveryError
from newsletter_mailer.smtp_settings import SmtpSettings
from newsletter_mailer.store.states import State

_LOST = (smtplib.SMTPException, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. Connecting is short, so that a wrong host is noticed; the rest is RFC 5321 section
    4.5.3.2: a time-out after the dot "would typically result in delivery of multiple copies".
    """

    connect: float = 30.0
    command: float = 300.0
    after_dot: float = 600.0
    goodbye: float = 5.0  #: for the answer to QUIT, which changes nothing


PATIENT = Timeouts()


class RunRefused(DeliveryError):
    """The server takes none of these messages: to go on would burn the list."""


class SenderRefused(RunRefused):
    """The server takes no mail from this sender at all."""


class MessageTooLarge(RunRefused):
    """RFC 1870: the server takes no message of this size."""


class SmtpConnection:
    """One open session. Not for several threads."""

    def __init__(self, smtp: smtplib.SMTP, reverse_path: str, timeouts: Timeouts = PATIENT) -> None:
        self._smtp: smtplib.SMTP | None = smtp
        self._reverse_path = reverse_path
        self._timeouts = timeouts
        self.takes_smtputf8 = smtp.has_extn("smtputf8")
        self._states_size = smtp.has_extn("size")
        limit = smtp.esmtp_features.get("size", "").strip()
        self._largest = int(limit) if limit.isascii() and limit.isdigit() else 0  #: 0: no limit

    @property
    def is_open(self) -> bool:
        return self._smtp is not None

    def send(self, mailbox: str, message: bytes) -> Outcome:
        """One message to one recipient. `message` has CRLF line ends and ends in one.

        Raises RunRefused; every other fate is an Outcome.
        """
        if self._smtp is None:
            return Outcome(State.DEFERRED, reply="the connection was lost before")
        smtp = self._smtp
        if needs_smtputf8(mailbox) and not self.takes_smtputf8:
            return Outcome(
                State.DEFERRED, reply="the server lacks SMTPUTF8, which the address needs"
            )
        if 0 < self._largest < len(message):
            raise MessageTooLarge(
                f"The server takes messages of up to {self._largest:,} octets, and this issue has "
                f"{len(message):,}. Make its pictures smaller, or host them."
            )
        try:
            refused = self._envelope(smtp, mailbox, len(message))
            if refused is not None:
                return refused
            _hand_over(smtp, _dot_stuffed(message))
            _set_timeout(smtp, self._timeouts.after_dot)
            # If the kernel takes not even these, the server never has the dot.
            _hand_over(smtp, b".\r\n")
        except _LOST as fault:
            self.close()
            return Outcome(State.DEFERRED, reply=f"line lost before the final dot: {_said(fault)}")
        try:
            reply = read_reply(*smtp.getreply())
            _set_timeout(smtp, self._timeouts.command)
        except _LOST as fault:
            self.close()
            return Outcome(State.UNKNOWN, reply=f"line lost after the final dot: {_said(fault)}")
        outcome = outcome_of(reply, after_dot=True)
        if reply.code == 421 or outcome.state is State.UNKNOWN:
            self.close()
        return outcome

    def _envelope(self, smtp: smtplib.SMTP, mailbox: str, size: int) -> Outcome | None:
        """MAIL, RCPT and DATA; an Outcome if one of them is refused."""
        options = [f"SIZE={size}"] if self._states_size else []
        if needs_smtputf8(mailbox) or needs_smtputf8(self._reverse_path):
            options.append("SMTPUTF8")
        reply = read_reply(*smtp.mail(self._reverse_path, options))
        if reply.code == 552:
            raise MessageTooLarge(
                f"The server takes no message of {size:,} octets: {reply}. "
                "Make the issue's pictures smaller, or host them."
            )
        if 500 <= reply.code < 600:
            raise SenderRefused(
                f"The server refuses the sender {self._reverse_path}: {reply}. Ask whoever runs "
                "it, or look at BOUNCE_ADDRESS in .env and from in newsletter.toml."
            )
        if reply.code // 100 == 2:
            reply = read_reply(*smtp.rcpt(mailbox))
        if reply.code // 100 == 2:
            reply = read_reply(*smtp.docmd("DATA"))
            if reply.code == 354:
                return None
        self._begin_anew(smtp, reply)
        return outcome_of(reply, after_dot=False)

    def _begin_anew(self, smtp: smtplib.SMTP, reply: Reply) -> None:
        """After a refusal the connection is good for the next message, or closed."""
        if reply.code // 100 in (4, 5) and reply.code != 421:
            with contextlib.suppress(*_LOST):
                if smtp.rset()[0] == 250:
                    return
        self.close()

    def close(self) -> None:
        """Ends the session; what the server says to QUIT changes nothing."""
        if self._smtp is not None:
            smtp, self._smtp = self._smtp, None
            with contextlib.suppress(*_LOST):
                _set_timeout(smtp, self._timeouts.goodbye)
                smtp.quit()
            smtp.close()


def connect(settings: SmtpSettings, sender: str, timeouts: Timeouts = PATIENT) -> SmtpConnection:
    """A session, encrypted and logged in as the settings say.

    Raises CannotConnect, CertificateRefused, LoginRefused.
    """
    where = f"{settings.host}:{settings.port}"
    reverse_path = settings.bounce_address or sender
    smtp = _greeted(settings, where, timeouts)
    try:
        log_in(smtp, settings)
        connection = SmtpConnection(smtp, reverse_path, timeouts)
        if needs_smtputf8(reverse_path) and not connection.takes_smtputf8:
            raise CannotConnect(
                f"{where} lacks SMTPUTF8, which the sender's address {reverse_path} needs. "
                "Use an address without accents before the @-sign."
            )
        _set_timeout(smtp, timeouts.command)
    except BaseException:
        smtp.close()
        raise
    return connection


def _greeted(settings: SmtpSettings, where: str, timeouts: Timeouts) -> smtplib.SMTP:
    """Raises CannotConnect, CertificateRefused."""
    look = "Look at SMTP_HOST, SMTP_PORT and SMTP_SECURITY in .env"
    try:
        return _session(settings, timeouts)
    except ssl.SSLCertVerificationError as fault:
        raise CertificateRefused(
            f"The certificate of {where} is not valid: {fault.verify_message.rstrip('.')}. "
            "Nothing was sent. SMTP_HOST must be the name that the certificate is for; if your "
            "organisation signs its own certificates, name their file in SMTP_CA_FILE."
        ) from None
    except ssl.SSLError as fault:
        raise CannotConnect(
            f"{where} does not speak TLS as expected ({fault.reason or fault}). "
            f"{look}: starttls is usually 587, tls 465."
        ) from None
    except smtplib.SMTPNotSupportedError:
        raise CannotConnect(
            f"{where} offers no STARTTLS, so the connection would not be encrypted. {look}."
        ) from None
    except smtplib.SMTPResponseException as fault:
        reply = read_reply(fault.smtp_code, _octets(fault.smtp_error))
        if reply.code < 0:
            raise CannotConnect(f"{where} is not a mail server. {look}.") from None
        raise CannotConnect(f"{where} does not want us: {reply}.") from None
    except _LOST as fault:
        raise CannotConnect(
            f"The mail server {where} does not answer ({_said(fault)}). {look}, and at your "
            "network."
        ) from None
    except ValueError as fault:  # a name that cannot be one
        raise CannotConnect(f"{where} cannot be a mail server ({_said(fault)}). {look}.") from None


def _session(settings: SmtpSettings, timeouts: Timeouts) -> smtplib.SMTP:
    helo = settings.helo_name or _helo_name()
    host = settings.host.strip("[]")  # an IPv6 address as in a URL
    if settings.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            local_hostname=helo, timeout=timeouts.connect, context=_context(settings)
        )
    else:
        smtp = smtplib.SMTP(local_hostname=helo, timeout=timeouts.connect)
    try:
        # smtplib checks the certificate's name against this, and sets it only in its constructor.
        smtp._host = host  # type: ignore[attr-defined]  # noqa: SLF001
        code, said = smtp.connect(host, settings.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        if smtp.sock is not None:
            # The dot goes in a write of its own: without this it would wait for an ACK (40 ms).
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        smtp.ehlo_or_helo_if_needed()
        if settings.security == "starttls":
            code, said = smtp.starttls(context=_context(settings))
            if code != 220:
                raise smtplib.SMTPResponseException(code, said)
            smtp.ehlo_or_helo_if_needed()
    except BaseException:
        smtp.close()
        raise
    return smtp


def _context(settings: SmtpSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
    except (OSError, ssl.SSLError):
        raise CertificateRefused(
            f"SMTP_CA_FILE={settings.ca_file} is not a readable certificate file."
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _helo_name() -> str:
    """Our name, or an address literal (RFC 5321 section 4.1.4). No DNS: that can hang."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _hand_over(smtp: smtplib.SMTP, octets: bytes) -> None:
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("the connection is closed")
    smtp.sock.sendall(octets)


def _set_timeout(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _dot_stuffed(message: bytes) -> bytes:
    """RFC 5321 section 4.5.2. Our own messages never need it; looking costs 10 us for 90 KB."""
    if b"\r\n." in message:
        message = message.replace(b"\r\n.", b"\r\n..")
    return b"." + message if message.startswith(b".") else message


def _said(fault: BaseException) -> str:
    text = getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
    return " ".join(str(text).split())


def _octets(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
