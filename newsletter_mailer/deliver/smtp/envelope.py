"""An envelope on the wire: MAIL and RCPT, with what the server understands."""

from __future__ import annotations

import re

from newsletter_mailer.address import needs_smtputf8
from newsletter_mailer.deliver.smtp.extensions import Extensions

_LONGEST_ENVELOPE_ID = 100  #: characters, RFC 3461 section 4.4
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")  #: printable ASCII but + and = stands for itself


def mail_command(
    reverse_path: str, mailbox: str, size: int, envelope_id: str, offered: Extensions
) -> bytes:
    """MAIL FROM with what the server understands (RFC 1870, 3461, 6531), CRLF at its end."""
    words = f"MAIL FROM:<{reverse_path}>"
    if offered.states_size:
        words += f" SIZE={size}"
    if needs_smtputf8(mailbox) or needs_smtputf8(reverse_path):
        # The headers hold the address as it is: octets beyond ASCII (RFC 6531 section 3.6).
        words += " BODY=8BITMIME SMTPUTF8"
    if offered.dsn:
        words += " RET=HDRS"
        encoded = xtext(envelope_id)
        if len(encoded) <= _LONGEST_ENVELOPE_ID:
            words += f" ENVID={encoded}"
    return f"{words}\r\n".encode()


def rcpt_command(mailbox: str, offered: Extensions) -> bytes:
    """RCPT TO; a failure is to be reported, with the address that we know (RFC 3461 section 4)."""
    if not offered.dsn:
        return f"RCPT TO:<{mailbox}>\r\n".encode()
    original = f"rfc822;{xtext(mailbox)}" if mailbox.isascii() else f"utf-8;{_unitext(mailbox)}"
    return f"RCPT TO:<{mailbox}> NOTIFY=FAILURE ORCPT={original}\r\n".encode()


def xtext(text: str) -> str:
    """RFC 3461 section 4: everything but printable ASCII without + and = as +HH."""
    octets = text.encode().decode("latin-1")
    return _NOT_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", octets)


def _unitext(mailbox: str) -> str:
    """RFC 6533 section 3: what it reserves as a code point."""
    return "".join(f"\\x{{{ord(char):02X}}}" if char in "+=\\" else char for char in mailbox)
