"""The messages of readers whose address holds a word fail, as a bug would. Argument: the word."""

from __future__ import annotations

import sys

from newsletter_mailer.cli import main
from newsletter_mailer.compose.message import CompiledMessage, Recipient

fill, unlucky = CompiledMessage.pieces_and_size, sys.argv.pop(1)


def crash(self: CompiledMessage, recipient: Recipient) -> tuple[list[bytes], int]:
    if unlucky in recipient.mailbox:
        raise RuntimeError("planted")
    return fill(self, recipient)


CompiledMessage.pieces_and_size = crash  # type: ignore[method-assign]  # planted
main()
