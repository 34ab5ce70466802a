"""How long a server wants to wait for a message, in its words: greylisting (RFC 6647), mostly."""

from __future__ import annotations

import re

from newsletter_mailer.deliver.answers.scopes import Wait

#: What greylisting asks for where its reply does not say (Postgrey's default).
GREYLISTED = 300.0
_LONGEST = 3_600.0  #: seconds; what is longer is no time to wait, but some other number

_GREY = re.compile(
    r"gr[ea]y-?\s?list|try again (?:in|later)|come back in|too (?:soon|fast)", re.IGNORECASE
)
_HINT = re.compile(r"\b(\d{1,4})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b", re.IGNORECASE)
_CLOCK = re.compile(r"\b(\d?\d):(\d\d):(\d\d)\b")  #: hours, minutes, seconds
_UNITS = {"s": 1.0, "m": 60.0, "h": 3_600.0}


def wait_in(reply: str) -> Wait | None:
    """None: it does not ask for any."""
    if not _GREY.search(reply):
        return None
    seconds = _said(reply)
    return Wait(seconds) if 0 < seconds <= _LONGEST else Wait(GREYLISTED, is_said=False)


def _said(reply: str) -> float:
    """Seconds; 0: it does not say."""
    if found := _HINT.search(reply):
        return float(found[1]) * _UNITS[found[2][0].lower()]
    if found := _CLOCK.search(reply):
        hours, minutes, rest = map(float, found.groups())
        return (hours * 60 + minutes) * 60 + rest
    return 0.0
