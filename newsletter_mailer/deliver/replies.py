"""What an SMTP reply means for a message (RFC 5321 section 4.2, RFC 3463)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter_mailer.store.states import State

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_LONGEST = 500  #: characters of a reply that are kept


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    enhanced: str | None
    text: str

    def __str__(self) -> str:
        """For the middle of a sentence."""
        return f"{self.code} {self.text}".strip().rstrip(".")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One message's fate."""

    state: State
    code: int | None = None
    enhanced: str | None = None
    reply: str = ""


def read_reply(code: int, octets: bytes) -> Reply:
    """The reply with nothing in it that a terminal would obey."""
    text = octets.decode("utf-8", "replace")
    text = "".join(char if char.isprintable() else " " for char in text)
    text = " ".join(text.split())[:_LONGEST]
    found = _ENHANCED.match(text)
    if not found:
        return Reply(code, None, text)
    return Reply(code, found[1], text[found.end() :].replace(f"{found[1]} ", ""))


def outcome_of(reply: Reply, *, after_dot: bool) -> Outcome:
    """2yz sent, 4yz deferred, 5yz refused: even after the dot never ambiguous (section 4.2.5).

    Anything else is no answer: before the dot the message was not taken, after it it may have been.
    """
    match reply.code // 100:
        case 2 if after_dot:
            state = State.SENT
        case 4:
            state = State.DEFERRED
        case 5:
            state = State.REFUSED
        case _:
            state = State.UNKNOWN if after_dot else State.DEFERRED
    return Outcome(state, reply.code, reply.enhanced, reply.text)
