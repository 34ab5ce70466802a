"""What a server offers in its answer to EHLO (RFC 5321 section 4.1.1.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
