"""Characters that cannot be mailed: XML and with it MJML refuse them, or Gmail clips at them."""

from __future__ import annotations

import re

#: Control characters but tab and line ends (Gmail clips a mail at U+0080 to U+009F), halves of
#: surrogate pairs and the two non-characters (XML 1.0 section 2.2).
_UNMAILABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_BREAK = re.compile("[\n\r\u2028\u2029]")


def unmailable(text: str) -> tuple[str, int] | None:
    """The first character that cannot be mailed, as `U+0001`, and where it stands."""
    found = _UNMAILABLE.search(text)
    return (f"U+{ord(found[0]):04X}", found.start()) if found else None


def has_line_break(text: str) -> bool:
    """Whether a text that becomes a header would be more than one line somewhere."""
    return bool(_LINE_BREAK.search(text))
