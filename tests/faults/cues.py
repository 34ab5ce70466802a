"""What can go wrong with a mail server, where, and what it looks like on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """What a fault comes instead of: the answer to this, or (body) the reading of it."""

    BANNER = "banner"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "body"
    DOT = "dot"
    QUIT = "QUIT"


class Fault(StrEnum):
    SILENCE = "silence"
    CLOSE = "close"
    RESET = "reset"
    CODE_421 = "421"
    CODE_450 = "450"
    CODE_451 = "451"
    CODE_452 = "452"
    CODE_500 = "500"
    CODE_550 = "550"
    CODE_552 = "552"
    CODE_554 = "554"
    GARBAGE = "garbage"
    HALF_A_LINE = "half a line"
    LONG_LINE = "a line of 1 MB"
    TRICKLE = "a slow trickle"
    MANY_LINES = "1,000 lines"
    WRONG_ORDER = "wrong order"
    EARLY = "early answer"


#: What a fault says; the rest say nothing, or are played by the server itself.
WORDS: dict[Fault, bytes] = {
    Fault.CODE_421: b"421 4.3.2 shutting down\r\n",
    Fault.CODE_450: b"450 4.2.0 mailbox busy\r\n",
    Fault.CODE_451: b"451 4.7.1 greylisted, come back in 1 second\r\n",
    Fault.CODE_452: b"452 4.3.1 no space left\r\n",
    Fault.CODE_500: b"500 5.5.1 what?\r\n",
    Fault.CODE_550: b"550 5.1.1 nobody of that name\r\n",
    Fault.CODE_552: b"552 5.2.2 mailbox full\r\n",
    Fault.CODE_554: b"554 5.7.1 we do not like it\r\n",
    Fault.GARBAGE: b"\x00\xff\x1b[31m PC LOAD LETTER \x07\r\n",
    Fault.HALF_A_LINE: b"25",
    Fault.LONG_LINE: b"250 " + b"x" * 1_000_000 + b"\r\n",
    Fault.MANY_LINES: b"250-%b\r\n" % (b"and so on " * 9) * 1_000 + b"250 at last\r\n",
}
HANGS_UP = frozenset({Fault.CLOSE, Fault.RESET, Fault.CODE_421, Fault.HALF_A_LINE})


@dataclass(frozen=True)
class Cue:
    """A fault and when it is played.

    `message`: each time the n-th message comes; 0: whenever the stage is reached. `session`: from
    the n-th on. `accepts`: at the dot, the message is taken all the same.
    """

    stage: Stage
    fault: Fault
    message: int = 0
    session: int = 1
    accepts: bool = False


def wrong_answer(stage: Stage) -> bytes:
    """One that belongs to another question."""
    match stage:
        case Stage.BANNER | Stage.STARTTLS | Stage.DATA:
            return b"250 OK\r\n"
        case _:
            return b"354 go on\r\n"
