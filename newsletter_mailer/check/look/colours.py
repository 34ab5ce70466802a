"""Colours of CSS, and how well one can be told from another (WCAG 2.2)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from tinycss2 import color4


class Colour(NamedTuple):
    """sRGB, each channel and the opacity from 0 to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def __str__(self) -> str:
        """`#0b616a`, as people write it; the opacity is left out."""
        return "#" + "".join(
            f"{round(channel * 255):02x}" for channel in (self.red, self.green, self.blue)
        )

    def over(self, below: Colour) -> Colour:
        """What is seen where this lies on an opaque colour."""
        if self.alpha >= 1:
            return self
        own, other = self.alpha, 1 - self.alpha
        return Colour(
            self.red * own + below.red * other,
            self.green * own + below.green * other,
            self.blue * own + below.blue * other,
        )

    def faded(self, opacity: float) -> Colour:
        return self._replace(alpha=self.alpha * opacity)


BLACK = Colour(0.0, 0.0, 0.0)
WHITE = Colour(1.0, 1.0, 1.0)


@lru_cache(maxsize=1024)
def parse_colour(text: str) -> Colour | None:
    """A colour of CSS Color 4 in the sRGB gamut. None for what is no colour or not known here."""
    try:
        found = color4.parse_color(text)
    except RecursionError:  # hundreds of nested brackets: no colour
        return None
    if found is None or isinstance(found, str):
        return None
    if found.space in ("hsl", "hwb"):
        found = found.to("srgb")
    if found.space != "srgb":
        return None
    red, green, blue = (min(1.0, max(0.0, channel or 0.0)) for channel in found.coordinates)
    return Colour(red, green, blue, found.alpha)


def luminance(colour: Colour) -> float:
    """Relative luminance of an opaque colour, from 0 to 1 (WCAG 2.2, definition)."""
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in colour[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@lru_cache(maxsize=1024)
def contrast(one: Colour, other: Colour) -> float:
    """The ratio of two opaque colours, from 1 to 21 (WCAG 2.2, definition)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
