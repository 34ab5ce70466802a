"""Quoted-printable (RFC 2045 section 6.7) for bodies that are cut at slots.

Every piece begins at the start of a line and, unless it ends in a line break, is closed by a soft
break, so that a slot's value never lengthens a line. No line begins with a dot: nothing is left for
dot-stuffing (RFC 5321 section 4.5.2).
"""

from __future__ import annotations

import binascii
import re

SOFT_BREAK = b"=\r\n"
_WIDTH = 76  #: of a line, with its soft break

_LEADING_DOT = re.compile(rb"^\.+", re.MULTILINE)
#: A value that stands for itself in one line of a quoted-printable body.
_PLAIN = re.compile(r"[A-Za-z0-9,:;!?()/@_+*%&#'-][A-Za-z0-9 .,:;!?()/@_+*%&#'-]{0,70}")
_LONGEST_EVERYDAY = 71  #: characters, as many as `_PLAIN` takes


def encode_everyday_value(value: str | None) -> bytes | None:
    """A value of ASCII letters and digits alone, as most names are: the octets of `encode_value`.

    No context of HTML, and no URL, writes it otherwise. None: it is another, or empty.
    """
    if value and value.isalnum() and value.isascii() and len(value) <= _LONGEST_EVERYDAY:
        return f"{value}=\r\n".encode()
    return None


def encode_piece(text: str) -> bytes:
    """The text's octets, CRLF line ends, no line over 76; begins a line and ends none."""
    octets = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    encoded = binascii.b2a_qp(octets, istext=True)
    # A dot becomes =2E; the soft break behind it keeps the line under 76.
    encoded = _LEADING_DOT.sub(lambda dots: b"=2E=\n" * len(dots[0]), encoded)
    return encoded.replace(b"\n", b"\r\n")


def close(piece: bytes) -> bytes:
    """The piece, ended so that the next one begins a line."""
    if not piece or piece.endswith(b"\r\n"):
        return piece
    if len(piece) - piece.rfind(b"\n") > _WIDTH:  # full: the soft break needs a place
        last = 3 if piece[-3:-2] == b"=" else 1
        piece = piece[:-last] + SOFT_BREAK + piece[-last:].replace(b".", b"=2E")
    return piece + SOFT_BREAK


def encode_value(value: str) -> bytes:
    """A slot's value as a piece of its own. A line break in it is a line break of the text."""
    if _PLAIN.fullmatch(value):
        return f"{value}=\r\n".encode()
    return close(encode_piece(value))
