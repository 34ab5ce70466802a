"""What axe-core finds in each variant when a browser shows it, by the variant's id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from newsletter_mailer.check.evidence.registry import Evidence, Surroundings, register

if TYPE_CHECKING:
    from newsletter_mailer.check.context.context import CheckContext
    from newsletter_mailer.check.evidence.axe_core.fault import AxeFault


def _gather(context: CheckContext, here: Surroundings) -> Mapping[str, Sequence[AxeFault]]:
    from newsletter_mailer.check.evidence.axe_core.in_browser import seen_by_axe  # Playwright

    return seen_by_axe(context.compiled, here.environment, here.note)


BROWSER: Evidence[Mapping[str, Sequence[AxeFault]]] = register(
    Evidence(
        name="browser",
        option="--browser",
        help="Look at every variant in a browser, with axe-core.",
        gather=_gather,
    )
)
