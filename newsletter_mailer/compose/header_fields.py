"""Header fields as bytes: RFC 5322 folding, RFC 2047 encoded words, RFC 5322 mailboxes.

By hand, because the standard library turns a List-Unsubscribe of more than 78 characters into
encoded words (so that mail clients show no button), takes 70 us a header, and loads sockets for a
date. No value can add a header: what is not printable ASCII is encoded, line breaks are refused.
"""

from __future__ import annotations

import base64
import re
from datetime import datetime

from newsletter_mailer.characters.invisible import has_line_break

_WIDTH = 76  #: RFC 2047 section 2; RFC 5322 section 2.1.1 allows 78
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_NOT_PLAIN = re.compile(r"=\?|  ")  #: readers fold two spaces into one
_FRAME = len("=?utf-8?b??=")
#: As RFC 5322 section 3.3 spells them, whatever language the system speaks.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


class HeaderInjection(ValueError):
    """A value for a header holds a line break."""


def text_header(name: str, text: str) -> bytes:
    """An unstructured field (Subject), folded, with its line end."""
    if has_line_break(text):
        raise HeaderInjection(f"{name} holds a line break")
    is_plain = _PRINTABLE.fullmatch(text) and "=?" not in text and text == text.strip()
    if is_plain and len(name) + 2 + len(text) <= _WIDTH:
        return f"{name}: {text}\r\n".encode()
    words = text.split(" ") if is_plain and "  " not in text else _encoded(name, text)
    if max(len(name) + 1 + len(words[0]), *map(len, words)) > _WIDTH - 1:
        words = _encoded(name, text)
    return _folded(f"{name}:", words)


def mailbox_header(name: str, display_name: str, address: str) -> bytes:
    """A field with one mailbox (From, To, Reply-To), folded, with its line end.

    RFC 5322 section 3.4. A non-ASCII local part stays UTF-8, for servers with SMTPUTF8 (RFC 6532).
    """
    if has_line_break(display_name) or has_line_break(address):
        raise HeaderInjection(f"{name} holds a line break")
    display_name = display_name.replace("\t", " ").strip()
    if not display_name:
        return f"{name}: {address}\r\n".encode()
    is_plain = not _NOT_PLAIN.search(display_name)
    if is_plain and _ATOMS.fullmatch(display_name):
        phrase = [display_name]
    elif is_plain and _PRINTABLE.fullmatch(display_name):
        escaped = display_name.replace("\\", "\\\\").replace('"', '\\"')
        phrase = [f'"{escaped}"']
    else:
        phrase = _encoded(name, display_name)
    if len(phrase[0]) > _WIDTH - 2 - len(name):
        phrase = _encoded(name, display_name)
    if len(phrase) == 1 and len(name) + len(phrase[0]) + len(address) + 5 <= _WIDTH:
        return f"{name}: {phrase[0]} <{address}>\r\n".encode()
    return _folded(f"{name}:", [*phrase, f"<{address}>"])


def plain_header(name: str, value: str) -> bytes:
    """A field of ours, printable ASCII, folded only at spaces; the line may be up to 998 long."""
    if not _PRINTABLE.fullmatch(value):
        raise HeaderInjection(f"{name} holds a character that is not printable ASCII")
    return _folded(f"{name}:", value.split(" "))


def date_header(name: str, moment: datetime) -> bytes:
    """A field with a moment that knows its zone (RFC 5322 section 3.3), with its line end."""
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    date = f"{day}, {moment.day:02} {month} {moment.year:04}"
    return f"{name}: {date} {moment:%H:%M:%S %z}\r\n".encode()


def _encoded(name: str, text: str) -> list[str]:
    """RFC 2047 B encoding, cut between characters, so that each word fits behind `name: `.

    As few words as can be: Python 3.11 reads a space between two in a name (bpo-35547).
    """
    room = (_WIDTH - len(name) - 2 - _FRAME) // 4 * 3
    words: list[str] = []
    chunk = b""
    for char in text:
        octets = char.encode()
        if len(chunk) + len(octets) > room:
            words.append(_word(chunk))
            chunk = b""
        chunk += octets
    return [*words, _word(chunk)]


def _word(octets: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(octets).decode()}?="


def _folded(start: str, words: list[str]) -> bytes:
    lines = [start]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _WIDTH and lines[-1].strip() and lines[-1] != start:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines).encode() + b"\r\n"
