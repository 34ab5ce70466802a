"""A page as light, as dark, and as clients that invert colours by themselves may show it.

The scheme of the machine that previews has no say: what asks for a scheme is answered in the page.
"""

from __future__ import annotations

import re
from enum import StrEnum

from lxml import etree


class Look(StrEnum):
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


def dress(tree: etree._Element, look: Look) -> str:
    """Answers for the page, in place, which scheme the reader prefers; styles to be added to it."""
    for style in tree.iter("style"):
        style.text = answered(style.text or "", look)
    for element in tree.iter("style", "link", "source"):
        media = element.get("media")
        if media:
            element.set("media", answered(media, look))
    scheme = "dark" if look is Look.DARK else "light"
    styles = f":root {{ color-scheme: only {scheme} !important; }}"
    return styles + (_INVERTED if look is Look.FORCED else "")


def answered(css: str, look: Look) -> str:
    """Media queries about the scheme, as a browser of that scheme answers them."""

    def answer(found: re.Match[str]) -> str:
        asked = (found["scheme"] or "any").lower()
        scheme = "dark" if look is Look.DARK else "light"
        return _ALWAYS if asked in ("any", scheme) else _NEVER

    return _ASKS.sub(answer, css)
