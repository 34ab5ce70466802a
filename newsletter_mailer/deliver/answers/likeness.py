"""What answers have in common: those of one cause are alike, whoever they are about."""

from __future__ import annotations

import re

from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.answers.reasons import reason

_BRACKETS = re.compile(r"\[[^\]]*\]|\([^)]*\)")


def what_is_common(outcome: Outcome, address: str) -> str:
    """The reply without what differs from reader to reader: answers with the same are alike.

    Servers of one farm word the end differently, and put ids and host names there.
    """
    words = _BRACKETS.sub(" ", reason(outcome.reply, address)).split()
    return " ".join([str(outcome.code), outcome.enhanced or "", *words[:5]])
