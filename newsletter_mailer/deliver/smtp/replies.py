"""SMTP replies: cut out of what a server sends, and what one means for a message.

RFC 5321 section 4.2 (codes, lines), RFC 3463 (enhanced codes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from newsletter_mailer.deliver.answers.outcome import Outcome, printable
from newsletter_mailer.deliver.smtp.stage import Stage
from newsletter_mailer.store.states import State

LONGEST_LINE = 8_192  #: octets; RFC 5321 section 4.5.3.1.5 has 512, and real servers exceed it
LARGEST = 65_536  #: octets of one reply, all its lines together

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_LONGEST = 500  #: characters of a reply that are kept
_LINE = re.compile(rb"([0-9]{3})(?:([ -])(.*))?", re.DOTALL)


class Garbage(Exception):
    """What the server sends is no SMTP. The text says why, as the end of a sentence."""


class Reply(NamedTuple):
    """A code and the octets behind it, a line feed between its lines."""

    code: int
    octets: bytes = b""

    @property
    def kind(self) -> int:
        """The first digit: 2 done, 3 go on, 4 not now, 5 never."""
        return self.code // 100

    @property
    def enhanced(self) -> str | None:
        return self.enhanced_and_text[0]

    @property
    def text(self) -> str:
        """The words, without the enhanced code; nothing in it that a terminal would obey."""
        return self.enhanced_and_text[1]

    @property
    def enhanced_and_text(self) -> tuple[str | None, str]:
        words = printable(self.octets)[:_LONGEST]
        found = _ENHANCED.match(words)
        if found is None:
            return None, words
        text = words[found.end() :]
        if b"\n" in self.octets:  # each line has it
            text = text.replace(f"{found[1]} ", "")
        return found[1], text

    @property
    def lines(self) -> list[str]:
        return [printable(line) for line in self.octets.split(b"\n")]

    def __str__(self) -> str:
        """For the middle of a sentence."""
        return f"{self.code} {self.text}".strip().rstrip(".")


class ReplyReader:
    """Cuts replies out of a stream, however it is split into packets."""

    __slots__ = ("_code", "_lines", "_rest", "_size")

    def __init__(self) -> None:
        self._rest = b""
        self._code = b""
        self._lines: list[bytes] = []
        self._size = 0  #: octets of these lines, ends included

    @property
    def is_between_replies(self) -> bool:
        return not (self._rest or self._lines)

    def feed(self, octets: bytes) -> Iterator[Reply]:
        """The replies that are complete now: those before garbage count. Raises Garbage."""
        if self._rest:
            octets = self._rest + octets
        *lines, self._rest = octets.split(b"\n")
        for line in lines:
            reply = (None if self._lines else _whole(line)) or self._line(line)
            if reply is not None:
                yield reply
        if len(self._rest) > LONGEST_LINE:
            raise Garbage("it sent a line without end")

    def _line(self, line: bytes) -> Reply | None:
        if len(line) > LONGEST_LINE:
            raise Garbage("it sent a line without end")
        parts = _parts(line)
        if parts is None:
            raise Garbage(f'it said "{printable(line)[:60]}"')
        code, join, text = parts
        if self._lines and code != self._code:
            raise Garbage("it changed its code in the middle of a reply")
        if join == b"-":
            self._size += len(line) + 1
            if self._size > LARGEST:
                raise Garbage("it sent a reply without end")
            self._code = code
            self._lines.append(text)
            return None
        if self._lines:
            text = b"\n".join([*self._lines, text])
            self._lines, self._size = [], 0
        return Reply(int(code), text)


@lru_cache(maxsize=16)  # a session hears the same few lines again and again
def _whole(line: bytes) -> Reply | None:
    """The reply that a line is by itself. None: it is none, or one of several."""
    parts = _parts(line)
    if len(line) > LONGEST_LINE or parts is None or parts[1] == b"-":
        return None
    return Reply(int(parts[0]), parts[2])


def _parts(line: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Code, what joins it to its text, and the text. None: it is no line of a reply."""
    found = _LINE.fullmatch(line.rstrip(b"\r"))
    return None if found is None else (found[1], found[2] or b"", found[3] or b"")


def outcome_of(reply: Reply, stage: Stage) -> Outcome:
    """2yz sent, 4yz deferred, 5yz refused: even after the dot never ambiguous (section 4.2.5).

    Anything else is no answer: before the dot the message was not taken, after it it may have been.
    """
    after_dot = stage is Stage.DOT
    match reply.code // 100:
        case 2 if after_dot:
            state = State.SENT
        case 4:
            state = State.DEFERRED
        case 5:
            state = State.REFUSED
        case _:
            state = State.UNKNOWN if after_dot else State.DEFERRED
    return Outcome(state, reply.code, *reply.enhanced_and_text)
