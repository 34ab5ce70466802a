"""When there is no sense in going on, though nobody is refused: what happened in a row is counted.

Pure.
"""

from __future__ import annotations

from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.scopes import Verdict
from newsletter_mailer.deliver.answers.stop_reasons import AnswersLost, put_off
from newsletter_mailer.deliver.pace import LONGEST_REST
from newsletter_mailer.errors import CannotConnect, DeliveryError
from newsletter_mailer.store.states import State

RESTS_IN_A_ROW = 6  #: that the server asked for, each longer than the last: a minute altogether
FAILURES_IN_A_ROW = 5  #: to connect, or to have anything said of a message
FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0  #: seconds before a failed connection is tried again
LOSSES = 3  #: connections, each made after the one before was lost, whose last answer is missing
_ANSWERS_BETWEEN = 50  #: then a loss was an accident


class CircuitBreaker:
    """Told of everything that happens, in its order."""

    def __init__(self, patience: float, when_silent: str = "") -> None:
        """`patience`: the moment until which what was put off is tried again. `when_silent`: of
        the transport.
        """
        self._patience, self._when_silent = patience, when_silent
        self._rests = self._losses = self._answers = 0
        self._lost_at = float("-inf")
        self.failures = 0  #: in a row

    @property
    def is_wary(self) -> bool:
        """Whether connections are to be made one at a time: the last lost an answer."""
        return bool(self._losses) and self._answers < _ANSWERS_BETWEEN

    def heard(self, state: State, *, is_closing: bool = False) -> None:
        """What became of a message, as the server said; `is_closing`: of the answer."""
        if state is State.UNKNOWN:
            return
        self._answers += 1
        if not is_closing:
            self.failures = 0
        if state is State.SENT:
            self._rests = 0

    def rests(
        self, outcome: Outcome, verdict: Verdict, now: float, *, is_another: bool = True
    ) -> DeliveryError | None:
        """The server gets the patience that it asks for. Gives what stops the run, if it is to.

        `is_another`: False if it was at rest already, and answers what had left before.
        """
        self._rests += is_another
        is_too_often = is_another and self._rests >= RESTS_IN_A_ROW and now >= self._patience
        is_too_long = verdict.rest > LONGEST_REST and now + verdict.rest > self._patience
        return put_off(outcome, verdict) if is_too_often or is_too_long else None

    def lost(self, began: float, now: float) -> DeliveryError | None:
        """A connection, with the answer to a message. `began`: when it was made.

        A server that starts anew loses every connection, and those made later live. Gives what
        stops the run, if it is to stop.
        """
        if began <= self._lost_at:
            return None
        self._losses = self._losses + 1 if self._answers < _ANSWERS_BETWEEN else 1
        self._lost_at, self._answers = now, 0
        if self._losses < LOSSES:
            return None
        return AnswersLost(
            "The server takes messages and hangs up before it says so, again and again: nobody "
            "knows whether those were taken. Ask whoever runs it"
            + (f", and {self._when_silent}." if self._when_silent else ".")
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
