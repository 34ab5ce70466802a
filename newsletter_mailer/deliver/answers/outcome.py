"""What became of one message, as the ledger has it."""

from __future__ import annotations

from typing import NamedTuple

from newsletter_mailer.store.states import State


class Outcome(NamedTuple):
    """One message's fate, and the words in which it was told: nobody decides by those."""

    state: State
    code: int | None = None  #: of the server's protocol; None: it did not answer
    enhanced: str | None = None  #: RFC 3463; None where the protocol has none
    reply: str = ""

    @property
    def words(self) -> str:
        """`550 5.1.1 No such user`, for the middle of a sentence."""
        said = (str(self.code or ""), self.enhanced or "", self.reply.rstrip("."))
        return " ".join(filter(None, said))


def printable(octets: bytes) -> str:
    """On one line, and nothing in it that a terminal would obey."""
    text = octets.decode("utf-8", "replace")
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())
