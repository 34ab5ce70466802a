"""What the web says to the issue's links, by their targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from newsletter_mailer.check.evidence.registry import Evidence, Surroundings, register

if TYPE_CHECKING:
    from newsletter_mailer.check.context.context import CheckContext
    from newsletter_mailer.check.evidence.web.answer import Answer


def _gather(context: CheckContext, here: Surroundings) -> Mapping[str, Answer]:
    from newsletter_mailer.check.evidence.web.asking import reached  # TLS, threads: 40 ms

    return reached(context, here.root / ".newsletter", here.note)


LINKS: Evidence[Mapping[str, Answer]] = register(
    Evidence(
        name="links",
        option="--links",
        help="Ask the web whether each link's target is there.",
        gather=_gather,
    )
)
