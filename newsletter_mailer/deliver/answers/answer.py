"""What a server said of a message, without the protocol that it was said in."""

from __future__ import annotations

from typing import Protocol

from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.scopes import Verdict


class Answer(Protocol):
    """Made by a transport. Its outcome is a fact; what that means is asked for afterwards."""

    @property
    def outcome(self) -> Outcome:
        """Accepted (sent), refused for good, put off (deferred), or unknown."""

    @property
    def is_closing(self) -> bool:
        """The connection ends, whatever was asked: that says nothing of the message."""

    def verdict(self) -> Verdict:
        """Whose fault it is, and what a run does. Asked where a message was refused or put off.

        Raises whatever goes wrong: then the message is put off, and the run ends.
        """
