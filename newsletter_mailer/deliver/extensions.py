"""What a server offers (RFC 5321 section 4.1.1.1), and the words for it on MAIL and RCPT."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from newsletter_mailer.address import needs_smtputf8

_LONGEST_ENVELOPE_ID = 100  #: characters, RFC 3461 section 4.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """Service extensions by their keywords; none of them after HELO."""

    starttls: bool = False  #: RFC 3207
    pipelining: bool = False  #: RFC 2920
    eight_bit: bool = False  #: 8BITMIME, RFC 6152
    smtputf8: bool = False  #: RFC 6531
    dsn: bool = False  #: RFC 3461
    states_size: bool = False  #: SIZE, RFC 1870
    largest: int = 0  #: octets of a message; 0 means no limit
    mechanisms: tuple[str, ...] = ()  #: of AUTH, RFC 4954


def extensions_of(lines: Iterable[str]) -> Extensions:
    """Of the lines of an answer to EHLO, its greeting left out."""
    offered: dict[str, str] = {}
    for line in lines:
        keyword, _, rest = line.strip().upper().replace("AUTH=", "AUTH ").partition(" ")
        offered[keyword] = f"{offered.get(keyword, '')} {rest}".strip()
    size = offered.get("SIZE", "")
    return Extensions(
        starttls="STARTTLS" in offered,
        pipelining="PIPELINING" in offered,
        eight_bit="8BITMIME" in offered,
        smtputf8="SMTPUTF8" in offered,
        dsn="DSN" in offered,
        states_size="SIZE" in offered,
        largest=int(size) if size.isascii() and size.isdigit() else 0,
        mechanisms=tuple(dict.fromkeys(offered.get("AUTH", "").split())),
    )


def mail_command(
    reverse_path: str, mailbox: str, size: int, envelope_id: str, offered: Extensions
) -> bytes:
    """MAIL FROM with what the server understands (RFC 1870, 3461, 6531), CRLF at its end."""
    words = [f"MAIL FROM:<{reverse_path}>"]
    if offered.states_size:
        words.append(f"SIZE={size}")
    if needs_smtputf8(mailbox) or needs_smtputf8(reverse_path):
        # The headers hold the address as it is: octets beyond ASCII (RFC 6531 section 3.6).
        words.append("BODY=8BITMIME SMTPUTF8")
    if offered.dsn:
        words.append("RET=HDRS")
        if len(xtext(envelope_id)) <= _LONGEST_ENVELOPE_ID:
            words.append(f"ENVID={xtext(envelope_id)}")
    return f"{' '.join(words)}\r\n".encode()


def rcpt_command(mailbox: str, offered: Extensions) -> bytes:
    """RCPT TO; a failure is to be reported, with the address that we know (RFC 3461 section 4)."""
    if not offered.dsn:
        return f"RCPT TO:<{mailbox}>\r\n".encode()
    original = f"rfc822;{xtext(mailbox)}" if mailbox.isascii() else f"utf-8;{_unitext(mailbox)}"
    return f"RCPT TO:<{mailbox}> NOTIFY=FAILURE ORCPT={original}\r\n".encode()


def xtext(text: str) -> str:
    """RFC 3461 section 4: everything but printable ASCII without + and = as +HH."""
    return "".join(
        chr(octet) if 0x21 <= octet <= 0x7E and octet not in b"+=" else f"+{octet:02X}"
        for octet in text.encode()
    )


def _unitext(mailbox: str) -> str:
    """RFC 6533 section 3: what it reserves as a code point."""
    return "".join(f"\\x{{{ord(char):02X}}}" if char in "+=\\" else char for char in mailbox)
