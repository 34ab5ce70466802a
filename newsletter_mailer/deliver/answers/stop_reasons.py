"""Why a run stops, in a sentence: what the server said, what that means, and what to do. Pure."""

from __future__ import annotations

from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.scopes import Scope, Verdict
from newsletter_mailer.errors import CannotConnect, DeliveryError


class RunRefused(DeliveryError):
    """The server takes none of these messages: to go on would burn the list."""


class MessageRefused(RunRefused):
    """It is the message: its size, or what it says."""


class SenderRefused(RunRefused):
    """It is who sends it: the login, the From address, a quota, a bad name."""


class RelayRefused(RunRefused):
    """It is our own mail server: its set-up, or our login."""


class EverythingPutOff(DeliveryError):
    """The server asks for patience, however much it gets."""


class ServerBreaksOff(CannotConnect):
    """The server takes connections, and no message."""


class AnswersLost(DeliveryError):
    """The server takes messages and hangs up before it says so."""


_FAULTS = {
    Scope.MESSAGE: MessageRefused,
    Scope.SENDER: SenderRefused,
    Scope.RELAY: RelayRefused,
}


def stopped_by(outcome: Outcome, verdict: Verdict) -> RunRefused:
    """One answer is enough."""
    kind = _FAULTS.get(verdict.scope, RunRefused) if verdict.scope else RunRefused
    return kind(f"The server refuses this: {outcome.words}. {what_it_means(verdict)}".rstrip())


def stopped_by_many(
    outcome: Outcome, verdict: Verdict, count: int, *, among: int | None = None
) -> RunRefused:
    """Only many answers told. `among`: of so many; None: nothing was taken between them."""
    how_many = (
        f"{count} messages in a row" if among is None else f"{count} of the last {among} messages"
    )
    means = what_it_means(verdict)
    if not means:
        means = "It cannot be told whose fault that is. Ask whoever runs the server."
    elif verdict.scope is Scope.READER:
        means += " So many may be the server's fault, too: ask whoever runs it."
    return RunRefused(f"The server refused {how_many}, the last one with: {outcome.words}. {means}")


def all_refused(outcome: Outcome, count: int, answers: int) -> RunRefused:
    """`answers`: how many there were, and none was a yes."""
    how_many = f"all {count}" if count == answers else f"{count} of {answers}"
    how_many = "the only one" if count == answers == 1 else how_many
    return RunRefused(
        f"The server refused {how_many} with: {outcome.words}. Nobody's message was taken, so it "
        "cannot be told whose fault that is. Ask whoever runs the server, or look at the addresses."
    )


def put_off(outcome: Outcome, verdict: Verdict) -> EverythingPutOff:
    return EverythingPutOff(
        f"The server takes nothing at present, the last time it said: {outcome.words}. "
        f"{what_it_means(verdict) or 'Try again later.'}"
    )


def what_it_means(verdict: Verdict) -> str:
    """Meaning and next step, for a person who is no programmer. Empty where nothing is known."""
    return f"{verdict.means} {verdict.do}".strip()


def refuse_too_large(size: int, largest: int) -> None:
    """`largest`: what SIZE says (RFC 1870); 0 is no limit. Raises MessageRefused."""
    if 0 < largest < size:
        raise MessageRefused(
            f"The server takes messages of up to {largest:,} octets, and this issue has up to "
            f"{size:,}. Make its pictures smaller, or host them."
        )
