"""Whether words can be told from what they stand on, in light, in the dark and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from newsletter_mailer.check.look.colours import Colour, contrast
from newsletter_mailer.check.look.looks import Look
from newsletter_mailer.check.look.styles import Node

#: WCAG 2.2, 1.4.3 Contrast (Minimum).
NEEDED, NEEDED_IF_LARGE = 4.5, 3.0

Medium = Callable[[Node], Look]


def _light(node: Node) -> Look:
    return node.light


#: In the order in which they are told, with what a message calls them.
MEDIA: Sequence[tuple[Medium, str]] = (
    (_light, ""),
    (lambda node: node.dark, ", in dark mode"),
    (lambda node: node.phone, ", on a phone"),
)


class FaintPair(NamedTuple):
    """Two colours that are too near to each other."""

    words: Colour
    under: Colour
    needed: float  #: contrast

    @property
    def ratio(self) -> float:
        return contrast(self.words, self.under)


def too_near(medium: Medium, node: Node) -> FaintPair | None:
    """The colours, if they are; what is so in light is not told again of other media."""
    pair = _pair_of(medium(node))
    return None if medium is not _light and pair == _pair_of(node.light) else pair


def has_faint_words(node: Node) -> bool:
    """Whether an element's own words are too near to what is behind them, in whatever medium."""
    return any(too_near(medium, node) for medium, _ in MEDIA)


def _pair_of(look: Look) -> FaintPair | None:
    colours = look.seen_colours()
    if colours is None or not look.is_seen:
        return None
    needed = NEEDED_IF_LARGE if look.is_large else NEEDED
    return FaintPair(*colours, needed) if contrast(*colours) < needed else None
