"""A page as light, as dark, and as clients that invert colours by themselves may show it.

The scheme of the machine that previews has no say: what asks for a scheme is answered in the page.
"""

from __future__ import annotations

import re
from enum import StrEnum

from lxml import etree


class ColourScheme(StrEnum):
    LIGHT = "light"
    DARK = "dark"  #: with the author's styles for dark mode
    FORCED = "forced"  #: a simulation: no two clients invert alike


_ASKS = re.compile(r"\(\s*prefers-color-scheme\s*(?::\s*(?P<scheme>[a-z-]+)\s*)?\)", re.IGNORECASE)
_ALWAYS, _NEVER = "(min-width:0)", "(max-width:0)"

#: Pictures are turned back: clients leave them as they are.
_INVERTED = """
html { background: #fff; filter: invert(1) hue-rotate(180deg); }
img, video, [background], [style*="url("] { filter: invert(1) hue-rotate(180deg); }
"""


def apply_scheme(tree: etree._Element, scheme: ColourScheme) -> str:
    """Answers for the page, in place, which scheme the reader prefers; styles to be added to it."""
    for style in tree.iter("style"):
        style.text = answered(style.text or "", scheme)
    for element in tree.iter("style", "link", "source"):
        media = element.get("media")
        if media:
            element.set("media", answered(media, scheme))
    styles = f":root {{ color-scheme: only {_preferred(scheme)} !important; }}"
    return styles + (_INVERTED if scheme is ColourScheme.FORCED else "")


def answered(css: str, scheme: ColourScheme) -> str:
    """Media queries about the scheme, as a browser of that scheme answers them."""

    def answer(found: re.Match[str]) -> str:
        asked = (found["scheme"] or "any").lower()
        return _ALWAYS if asked in ("any", _preferred(scheme)) else _NEVER

    return _ASKS.sub(answer, css)


def _preferred(scheme: ColourScheme) -> str:
    """What a browser answers to `prefers-color-scheme` (Media Queries Level 5)."""
    return "dark" if scheme is ColourScheme.DARK else "light"
