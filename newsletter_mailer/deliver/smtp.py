"""A connection to the server that takes our mail, over smtplib's commands.

`smtplib.sendmail` cannot tell "lost before the final dot" (not delivered, safe to try again) from
"accepted, but the answer was lost" (unknown). So the dot is our own: everything before it is handed
to the kernel first, then the dot, then the answer is read.
"""

from __future__ import annotations

import contextlib
import shlex
import smtplib
import socket
import ssl
import subprocess

from newsletter_mailer.address import needs_smtputf8
from newsletter_mailer.deliver.replies import Outcome, outcome_of, read_reply
from newsletter_mailer.errors import (
    CannotConnect,
    CertificateRefused,
    DeliveryError,
    LoginRefused,
)
from newsletter_mailer.settings import SmtpSettings
from newsletter_mailer.store.states import State

#: Seconds. Connecting is short, so that a wrong host is noticed; the rest is RFC 5321 section
#: 4.5.3.2: a time-out after the dot "would typically result in delivery of multiple copies".
CONNECT, COMMAND, AFTER_DOT = 30.0, 300.0, 600.0

_LOST = (smtplib.SMTPException, OSError)


class SenderRefused(DeliveryError):
    """The server takes no mail from this sender at all."""


class SmtpConnection:
    """One open session. Not for several threads."""

    def __init__(self, smtp: smtplib.SMTP, reverse_path: str) -> None:
        self._smtp: smtplib.SMTP | None = smtp
        self._reverse_path = reverse_path
        self.takes_smtputf8 = smtp.has_extn("smtputf8")
        self._states_size = smtp.has_extn("size")

    @property
    def is_open(self) -> bool:
        return self._smtp is not None

    def send(self, mailbox: str, message: bytes) -> Outcome:
        """One message to one recipient. `message` has CRLF line ends and ends in one.

        Raises SenderRefused; every other fate is an Outcome.
        """
        if self._smtp is None:
            return Outcome(State.DEFERRED, reply="the connection was lost before")
        smtp = self._smtp
        try:
            refused = self._envelope(smtp, mailbox, len(message))
            if refused is not None:
                return refused
            _hand_over(smtp, _dot_stuffed(message))
        except _LOST as fault:
            self.close()
            return Outcome(State.DEFERRED, reply=f"line lost before the final dot: {_said(fault)}")
        try:
            _set_timeout(smtp, AFTER_DOT)
            _hand_over(smtp, b".\r\n")
            reply = read_reply(*smtp.getreply())
            _set_timeout(smtp, COMMAND)
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
        if 500 <= reply.code < 600:
            raise SenderRefused(
                f"The server refuses the sender {self._reverse_path}: {reply.code} {reply.text}"
            )
        if reply.code // 100 == 2:
            reply = read_reply(*smtp.rcpt(mailbox))
        if reply.code // 100 == 2:
            reply = read_reply(*smtp.docmd("DATA"))
            if reply.code == 354:
                return None
        if reply.code == 421:
            self.close()
        else:
            smtp.rset()
        return outcome_of(reply, after_dot=False)

    def close(self) -> None:
        """Ends the session; what the server says to QUIT changes nothing."""
        if self._smtp is not None:
            smtp, self._smtp = self._smtp, None
            with contextlib.suppress(*_LOST):
                _set_timeout(smtp, 5.0)
                smtp.quit()
            smtp.close()


def connect(settings: SmtpSettings, sender: str) -> SmtpConnection:
    """A session, encrypted and logged in as the settings say.

    Raises CannotConnect, CertificateRefused, LoginRefused.
    """
    where = f"{settings.host}:{settings.port}"
    try:
        smtp = _greeted(settings)
    except ssl.SSLCertVerificationError as fault:
        raise CertificateRefused(
            f"The certificate of {where} is not valid: {fault.verify_message}. Nothing was sent. "
            "If your organisation signs its own certificates, name their file in SMTP_CA_FILE."
        ) from None
    except ssl.SSLError as fault:
        raise CannotConnect(
            f"{where} does not speak TLS as expected ({fault.reason or fault}). "
            "Look at SMTP_SECURITY and SMTP_PORT in .env: starttls is usually 587, tls 465."
        ) from None
    except smtplib.SMTPNotSupportedError:
        raise CannotConnect(
            f"{where} offers no STARTTLS, so the connection would not be encrypted. "
            "Look at SMTP_SECURITY and SMTP_PORT in .env."
        ) from None
    except smtplib.SMTPResponseException as fault:
        reply = read_reply(fault.smtp_code, _octets(fault.smtp_error))
        raise CannotConnect(f"{where} does not want us: {reply.code} {reply.text}") from None
    except _LOST as fault:
        raise CannotConnect(
            f"The mail server {where} does not answer ({_said(fault)}). "
            "Look at SMTP_HOST and SMTP_PORT in .env, and at your network."
        ) from None
    try:
        _log_in(smtp, settings)
    except LoginRefused:
        smtp.close()
        raise
    return SmtpConnection(smtp, settings.bounce_address or sender)


def _greeted(settings: SmtpSettings) -> smtplib.SMTP:
    helo = settings.helo_name or _helo_name()
    if settings.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            local_hostname=helo, timeout=CONNECT, context=_context(settings)
        )
    else:
        smtp = smtplib.SMTP(local_hostname=helo, timeout=CONNECT)
    try:
        # smtplib checks the certificate's name against this, and sets it only in its constructor.
        smtp._host = settings.host  # type: ignore[attr-defined]  # noqa: SLF001
        code, said = smtp.connect(settings.host, settings.port)
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
        _set_timeout(smtp, COMMAND)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _log_in(smtp: smtplib.SMTP, settings: SmtpSettings) -> None:
    if not settings.username:
        return
    try:
        if settings.token_command:
            smtp.ehlo_or_helo_if_needed()
            token = _token(settings.token_command)
            words = f"user={settings.username}\x01auth=Bearer {token}\x01\x01"
            # A second challenge holds the server's error (RFC 7628 section 3.2.3): answer nothing.
            smtp.auth("XOAUTH2", lambda challenge=None: "" if challenge else words)
        else:
            smtp.login(settings.username, settings.password)
    except smtplib.SMTPNotSupportedError:
        raise LoginRefused(
            f"{settings.host} offers no login, but SMTP_USERNAME is set. Remove it from .env, or "
            "use the port for submission (587 or 465)."
        ) from None
    except smtplib.SMTPResponseException as fault:
        reply = read_reply(fault.smtp_code, _octets(fault.smtp_error))
        raise LoginRefused(
            f"{settings.host} refuses the login of {settings.username}: {reply.code} {reply.text} "
            "Look at SMTP_USERNAME and SMTP_PASSWORD in .env."
        ) from None
    except _LOST as fault:
        raise LoginRefused(
            f"{settings.host} hung up during the login of {settings.username} ({_said(fault)})."
        ) from None


def _token(command: str) -> str:
    """The access token that the person's own command prints (XOAUTH2). Raises LoginRefused."""
    try:
        done = subprocess.run(  # noqa: S603  # the command is the person's own, from .env
            shlex.split(command), capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as fault:
        raise LoginRefused(f"SMTP_TOKEN_COMMAND cannot be run: {fault}.") from None
    if done.returncode or not done.stdout.strip():
        raise LoginRefused(
            f"SMTP_TOKEN_COMMAND gave no token (exit code {done.returncode}). Run it by hand."
        )
    return done.stdout.strip()


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
