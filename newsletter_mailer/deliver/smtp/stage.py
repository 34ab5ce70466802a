"""The steps of a mail transaction that a server answers (RFC 5321 section 3.3)."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """What a reply answers."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "dot"
