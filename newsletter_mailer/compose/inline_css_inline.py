"""CSS into style attributes through css-inline (with `[css-inline]`): premailer's reserve.

It reads a page as browsers do, so that its tables have the `tbody` that those would add. Two rules
of one style sheet that contradict each other are weighed without their `!important`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import tinycss2
from tinycss2 import ast

if TYPE_CHECKING:
    from css_inline import CSSInliner


def inline_css(html: str, css: str) -> str:
    """As `inline.Inliner` says."""
    return _inliner(css).inline(html)


@lru_cache(maxsize=16)
def _inliner(css: str) -> CSSInliner:
    from css_inline import CSSInliner

    return CSSInliner(
        inline_style_tags=False,
        keep_style_tags=True,
        keep_link_tags=True,
        load_remote_stylesheets=False,
        extra_css="\n".join(_copied(css)),
    )


def _copied(css: str) -> Iterator[str]:
    """The rules that are to be copied, without their `!important`s."""
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if isinstance(rule, ast.QualifiedRule):
            selectors = tinycss2.serialize(rule.prelude).split(",")
            declarations = (
                f"{node.name}:{tinycss2.serialize(node.value)}"
                for node in tinycss2.parse_blocks_contents(rule.content, skip_comments=True)
                if isinstance(node, ast.Declaration)
            )
            meant = ",".join(one for one in selectors if "*" not in one)
            yield f"{meant}{{{';'.join(declarations)}}}"
