"""When a deferred message is tried again: a pure decision."""

from __future__ import annotations

from newsletter_mailer.deliver.answers.scopes import Wait

#: Seconds until a deferred row is tried again: after its first attempt, and at most.
FIRST_DELAY, LONGEST_DELAY = 30.0, 1_800.0
#: A line that was lost is opened anew at once; its message waits for no server's patience.
LOST_DELAY = 1.0


def delay_after(wait: Wait | None, attempt: int, jitter: float) -> float:
    """Seconds. `wait`: what the server asks for. `attempt`: 1 for the first. `jitter`: from 0 to
    1, so that not all come at once.

    Doubles with each attempt. A server that says how long gets that, and a little.
    """
    if wait is not None and wait.is_said:
        return wait.seconds + 5.0 * jitter
    if wait is not None and attempt == 1:
        return _scattered(wait.seconds, jitter)
    return _scattered(FIRST_DELAY * 2.0 ** min(attempt - 1, 16), jitter)


def delay_after_loss(attempt: int, jitter: float) -> float:
    """The same, where the server said nothing of the message."""
    return _scattered(LOST_DELAY * 2.0 ** min(attempt - 1, 9), jitter)


def _scattered(delay: float, jitter: float) -> float:
    return min(delay, LONGEST_DELAY) * (0.8 + 0.4 * jitter)
