"""CSS into style attributes, for clients that drop style sheets; and by whom.

premailer does it. It has had no release since 2021: should it ever fail on a new Python, css-inline
stands ready in `inline_css_inline.py`, and INLINED_BY chooses it. The golden issues look the same
through both (tests/golden/test_inliners.py).
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol


class Inliner(Protocol):
    """What copies rules into style attributes."""

    def __call__(self, html: str, css: str) -> str:
        """The page with the rules of `css` (and no others) copied into style attributes.

        An element's own style wins over every rule. `!important` is stripped from the copy: in a
        style attribute it would defeat the dark mode in the page's head. Rules for states
        (:hover), for media and for every element (*) are not copied; the page's own `style`
        blocks, its doctype and its conditional comments stay as they are. A rule that cannot be
        read is left out. Nothing is fetched.
        """
        ...


#: The end of a module's name; and of whom what is kept was made.
INLINED_BY = "premailer"


def inline_css(html: str, css: str) -> str:
    """As `Inliner` says."""
    # Loading premailer takes a tenth of a build, and what is kept needs none.
    module = import_module(f"{__package__}.inline_{INLINED_BY}")
    inliner: Inliner = module.inline_css
    return inliner(html, css)
