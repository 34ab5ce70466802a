"""AUTH (RFC 4954): who we are, told to the server.

smtplib's own `login` fails on a password or a user name beyond ASCII; RFC 4616 has them as UTF-8.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import shlex
import smtplib
import subprocess

from newsletter_mailer.deliver.replies import Reply, read_reply
from newsletter_mailer.errors import LoginRefused
from newsletter_mailer.smtp_settings import SmtpSettings

_LONGEST_WAIT = 60  #: seconds for the command that gives a token


def log_in(smtp: smtplib.SMTP, settings: SmtpSettings) -> None:
    """Does nothing without a user name. Raises LoginRefused."""
    if not settings.username:
        return
    name = settings.username.encode()
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    wanted = ("XOAUTH2",) if settings.token_command else ("CRAM-MD5", "PLAIN", "LOGIN")
    mechanism = next((mechanism for mechanism in wanted if mechanism in offered), None)
    if mechanism is None:
        raise LoginRefused(
            f"{settings.host} offers no login by {', '.join(wanted)}"
            + (f" (but {', '.join(offered)})" if offered else "")
            + ", but SMTP_USERNAME is set. Remove it from .env, or use the port for submission "
            "(587 or 465) with encryption."
        )
    secret = _token(settings.token_command) if settings.token_command else settings.password
    try:
        reply = _MECHANISMS[mechanism](smtp, name, secret.encode())
    except (smtplib.SMTPException, OSError) as fault:
        raise LoginRefused(
            f"{settings.host} hung up during the login of {settings.username} ({fault})."
        ) from None
    if reply.code // 100 != 2:
        where = "SMTP_TOKEN_COMMAND" if settings.token_command else "SMTP_PASSWORD"
        raise LoginRefused(
            f"{settings.host} refuses the login of {settings.username}: {reply}. "
            f"Look at SMTP_USERNAME and {where} in .env."
        )


def _plain(smtp: smtplib.SMTP, name: bytes, password: bytes) -> Reply:
    """RFC 4616."""
    words = _base64(b"\0%b\0%b" % (name, password))
    return read_reply(*smtp.docmd("AUTH", f"PLAIN {words}"))


def _login(smtp: smtplib.SMTP, name: bytes, password: bytes) -> Reply:
    """Never standardised; Microsoft's servers like it."""
    reply = read_reply(*smtp.docmd("AUTH", "LOGIN"))
    for word in (name, password):
        if reply.code == 334:
            reply = read_reply(*smtp.docmd(_base64(word)))
    return reply


def _cram_md5(smtp: smtplib.SMTP, name: bytes, password: bytes) -> Reply:
    """RFC 2195."""
    code, challenge = smtp.docmd("AUTH", "CRAM-MD5")
    if code != 334:
        return read_reply(code, challenge)
    try:
        digest = hmac.new(password, base64.b64decode(challenge), "md5").hexdigest()
    except binascii.Error:
        return read_reply(code, challenge)
    return read_reply(*smtp.docmd(_base64(name + b" " + digest.encode())))


def _xoauth2(smtp: smtplib.SMTP, name: bytes, token: bytes) -> Reply:
    """Microsoft's and Google's; like RFC 7628, whose section 3.2.3 has the second challenge."""
    words = b"user=%b\x01auth=Bearer %b\x01\x01" % (name, token)
    code, said = smtp.docmd("AUTH", f"XOAUTH2 {_base64(words)}")
    if code == 334:  # it holds the server's error; the refusal itself follows an empty answer
        code, said = smtp.docmd("")
    return read_reply(code, said)


_MECHANISMS = {"PLAIN": _plain, "LOGIN": _login, "CRAM-MD5": _cram_md5, "XOAUTH2": _xoauth2}


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _token(command: str) -> str:
    """The access token that the person's own command prints. Raises LoginRefused."""
    try:
        words = shlex.split(command, posix=os.name != "nt")
        done = subprocess.run(  # noqa: S603  # the command is the person's own, from .env
            words, capture_output=True, text=True, timeout=_LONGEST_WAIT, check=False
        )
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired) as fault:
        raise LoginRefused(f"SMTP_TOKEN_COMMAND cannot be run: {fault}.") from None
    if done.returncode or not done.stdout.strip():
        raise LoginRefused(
            f"SMTP_TOKEN_COMMAND gave no token (exit code {done.returncode}). Run it by hand."
        )
    return done.stdout.strip()
