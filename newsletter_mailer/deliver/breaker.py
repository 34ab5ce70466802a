"""When there is no sense in going on: what the server said in a row is counted. Pure."""

from __future__ import annotations

from newsletter_mailer.deliver.dialogue import MailRefused
from newsletter_mailer.deliver.replies import Outcome
from newsletter_mailer.deliver.retry import is_greylisted
from newsletter_mailer.errors import CannotConnect, DeliveryError
from newsletter_mailer.store.states import State

REFUSED_IN_A_ROW = 50  #: then it is not the readers' fault
RESTS_IN_A_ROW = 6  #: that the server asked for, each longer than the last: a minute altogether
FAILURES_IN_A_ROW = 5  #: to connect, or to have anything said of a message
FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0  #: seconds before a failed connection is tried again


class RunRefused(DeliveryError):
    """The server takes none of these messages: to go on would burn the list."""


class SenderRefused(RunRefused):
    """The server takes no mail from this sender at all."""


class MessageTooLarge(RunRefused):
    """RFC 1870: the server takes no message of this size."""


class EverythingPutOff(DeliveryError):
    """The server asks for patience, however much it gets."""


class ServerBreaksOff(CannotConnect):
    """The server takes connections, and no message."""


class Breaker:
    """Told of everything that happens, in its order."""

    def __init__(self, patience: float) -> None:
        """`patience`: the moment until which what was put off is tried again."""
        self._patience = patience
        self._refused = self._rests = 0
        self.failures = 0  #: in a row

    def heard(self, outcome: Outcome) -> DeliveryError | None:
        """What the server said of a message. Gives what stops the run, if it is to stop."""
        if outcome.state is not State.UNKNOWN and outcome.code != 421:
            self.failures = 0
        match outcome.state:
            case State.SENT:
                self._refused = self._rests = 0
            case State.REFUSED:
                self._refused += 1
                if self._refused >= REFUSED_IN_A_ROW:
                    return RunRefused(
                        f"The server refused {self._refused} messages in a row, the last one with: "
                        f"{outcome.code} {outcome.reply}."
                    )
        return None

    def rests(self, outcome: Outcome, now: float) -> DeliveryError | None:
        """The server gets the patience that it asks for. Gives what stops the run, if it is to."""
        self._rests += 1
        if self._rests < RESTS_IN_A_ROW or now < self._patience:
            return None
        return EverythingPutOff(
            f"The server takes nothing at present, the last time it said: "
            f"{outcome.code} {outcome.reply}. Try again later."
        )

    def failed(self) -> float:
        """A connection could not be made, or was of no use. Seconds until the next is tried."""
        self.failures += 1
        return min(FIRST_WAIT * 2.0 ** (self.failures - 1), LONGEST_WAIT)

    def is_hopeless(self, fault: DeliveryError, tried_again_at: float) -> bool:
        """Whether a failed connection ends the run."""
        if not isinstance(fault, CannotConnect):
            return True
        return self.failures >= FAILURES_IN_A_ROW and tried_again_at > self._patience


def asks_for_patience(outcome: Outcome) -> bool:
    """Of us. Greylisting puts off this one message."""
    return outcome.code in (421, 451, 452) and not is_greylisted(outcome)


def refusal_of(fault: MailRefused) -> RunRefused:
    """What 5yz at MAIL means for the run."""
    if fault.reply.code == 552:
        return MessageTooLarge(
            f"The server takes no message of this size: {fault}. "
            "Make the issue's pictures smaller, or host them."
        )
    return SenderRefused(
        f"The server refuses the sender: {fault}. Ask whoever runs it, or look at BOUNCE_ADDRESS "
        "in .env and from in newsletter.toml."
    )


def refuse_too_large(size: int, largest: int) -> None:
    """`largest`: what SIZE says (RFC 1870); 0 is no limit. Raises MessageTooLarge."""
    if 0 < largest < size:
        raise MessageTooLarge(
            f"The server takes messages of up to {largest:,} octets, and this issue has {size:,}. "
            "Make its pictures smaller, or host them."
        )
