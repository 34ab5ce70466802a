"""A dictionary of the issue's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from newsletter_mailer.check.evidence.registry import Evidence, Surroundings, register

if TYPE_CHECKING:
    from newsletter_mailer.check.context.context import CheckContext


class Speller(Protocol):
    """A dictionary, and the newsletter's own words."""

    def is_known(self, word: str) -> bool:
        """Whether the word is spelt as it should be."""

    def suggestions(self, word: str) -> Sequence[str]:
        """What may be meant instead, the likeliest first."""


def _gather(context: CheckContext, here: Surroundings) -> Speller | None:
    from newsletter_mailer.check.evidence.dictionary.hunspell import spelling  # subprocess

    return spelling(context, here.root, here.environment, here.note)


SPELLING: Evidence[Speller] = register(Evidence(name="spelling", gather=_gather))
