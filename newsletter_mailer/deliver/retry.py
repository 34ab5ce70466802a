"""When a deferred message is tried again: a pure decision."""

from __future__ import annotations

import re

from newsletter_mailer.deliver.replies import Outcome

#: Seconds until a deferred row is tried again: after its first attempt, and at most.
FIRST_DELAY, LONGEST_DELAY = 30.0, 1_800.0
#: A line that was lost is opened anew at once; its message waits for no server's patience.
LOST_DELAY = 1.0
#: What greylisting asks for where its reply does not say (Postgrey's default).
GREYLISTED = 300.0

_GREY = re.compile(
    r"gr[ea]y-?\s?list|try again (?:in|later)|come back in|too (?:soon|fast)", re.IGNORECASE
)
_HINT = re.compile(r"\b(\d{1,4})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b", re.IGNORECASE)
_CLOCK = re.compile(r"\b(\d?\d):(\d\d):(\d\d)\b")  #: hours, minutes, seconds
_UNITS = {"s": 1.0, "m": 60.0, "h": 3_600.0}


def delay_after(outcome: Outcome, attempt: int, jitter: float) -> float:
    """Seconds. `attempt`: 1 for the first; `jitter`: from 0 to 1, so that not all come at once.

    Doubles with each attempt. A server that says how long gets that, and a little.
    """
    if outcome.code is None:
        delay = LOST_DELAY * 2.0 ** min(attempt - 1, 9)
    elif said := _said(outcome.reply):
        return said + 5.0 * jitter
    elif attempt == 1 and _GREY.search(outcome.reply):
        delay = GREYLISTED
    else:
        delay = FIRST_DELAY * 2.0 ** min(attempt - 1, 16)
    return min(delay, LONGEST_DELAY) * (0.8 + 0.4 * jitter)


def _said(reply: str) -> float | None:
    if not _GREY.search(reply):
        return None
    if found := _HINT.search(reply):
        seconds = float(found[1]) * _UNITS[found[2][0].lower()]
    elif found := _CLOCK.search(reply):
        hours, minutes, rest = map(float, found.groups())
        seconds = (hours * 60 + minutes) * 60 + rest
    else:
        return None
    return seconds if 0 < seconds <= LONGEST_DELAY * 2 else None
