"""What SpamAssassin says of each variant's message, by the variant's id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from newsletter_mailer.check.evidence.registry import Evidence, Surroundings, register

if TYPE_CHECKING:
    from newsletter_mailer.check.context.context import CheckContext
    from newsletter_mailer.check.evidence.spamassassin.score import SpamScore


def _gather(context: CheckContext, here: Surroundings) -> Mapping[str, SpamScore] | None:
    from newsletter_mailer.check.evidence.spamassassin.asking import spam_scores  # subprocess

    return spam_scores(context, here.environment, here.note)


SPAM: Evidence[Mapping[str, SpamScore]] = register(
    Evidence(
        name="spam",
        option="--spam",
        help="Ask the SpamAssassin that is installed here.",
        gather=_gather,
    )
)
