"""Outlook's conditional comments: HTML for classic Outlook alone, and HTML that is hidden from it.

Classic Outlook reads what stands in `<!--[if mso | IE]> ... <![endif]-->`, a comment to all others,
and passes over what stands between `<!--[if !mso]><!-->` and `<!--<![endif]-->`.
"""

from __future__ import annotations

import re

from lxml import etree

from newsletter_mailer.lazy_patterns import lazy_pattern

#: What stands between `<!--` and `-->` of one; `inside` is what Outlook reads.
CONDITIONAL = lazy_pattern(r"\[if\b[^\]]*\]>(?P<inside>.*)<!\[endif\]\s*", re.DOTALL)
_BETWEEN = lazy_pattern(r"<!\[endif\]-->\s*<!--\[if mso \| IE\]>")


def merged(page: str) -> str:
    """Neighbours become one, as in the reference implementation of MJML.

    It saves 40 octets at every border between components, and Gmail clips at 102 KB.
    """
    return _BETWEEN.sub("", page)


def is_hidden_from_outlook(element: etree._Element) -> bool:
    for part in (element, *element.iterancestors()):
        for before in part.itersiblings(etree.Comment, preceding=True):
            words = (before.text or "").lower()
            if "[if !mso" in words:
                return True
            if "[endif]" in words:
                break
    return False
