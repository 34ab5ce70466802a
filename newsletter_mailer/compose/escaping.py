"""Where a slot stands in compiled HTML, and how a value is escaped there.

A value can never add markup, break out of an attribute or choose a link's host: text and attributes
are escaped, URL parts percent-encoded (RFC 3986 section 2.1), and a slot in a URL's scheme or host,
a style, a script or an ordinary comment is refused.
"""

from __future__ import annotations

import html
import re
import urllib.parse
from bisect import bisect_left
from collections.abc import Iterator
from enum import Enum

from newsletter_mailer.compose.conditional_comments import CONDITIONAL
from newsletter_mailer.lazy_patterns import lazy_pattern


class Context(Enum):
    """What surrounds a slot."""

    TEXT = "text"  #: between tags, in an attribute, or in a conditional comment
    URL_PART = "URL part"  #: path, query or fragment of a link
    MAILTO = "mailto"  #: the address of a mailto link (RFC 6068)
    WHOLE_URL = "whole URL"  #: the value is the link
    REFUSED_HOST = "the host of a link"
    REFUSED_CODE = "a style, script or comment"

    @property
    def is_refused(self) -> bool:
        return self in (Context.REFUSED_HOST, Context.REFUSED_CODE)


def escape(value: str, context: Context) -> str:
    """The value as it stands in HTML in this context."""
    if context is Context.URL_PART:
        return urllib.parse.quote(value, safe="")
    if context is Context.MAILTO:
        return urllib.parse.quote(value, safe="@")
    if context is Context.WHOLE_URL and not _is_harmless_url(value):
        return ""
    return html.escape(value, quote=True)


def _is_harmless_url(value: str) -> bool:
    """Whether it cannot run as code; read as browsers do, who skip blanks and control characters.

    An address without a scheme is a picture's path or an anchor: harmless.
    """
    scheme = _SCHEME.fullmatch(re.sub(r"[\x00-\x20\x7f-\xa0]", "", value))
    return scheme is None or scheme["scheme"].lower() in _HARMLESS


_HARMLESS = frozenset({"http", "https", "mailto", "tel", "cid"})
_MARKUP = lazy_pattern(
    r"<!--(?P<comment>.*?)-->"
    r"|<(?P<code>style|script)\b(?P<attributes>[^>]*)>(?P<css>.*?)</(?P=code)\s*>"
    r"|<(?P<tag>[A-Za-z/!?](?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = lazy_pattern(r"([^\s=\"'<>/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_URL_ATTRIBUTES = frozenset({"href", "src", "action", "background", "cite", "poster", "srcset"})
_SCHEME = lazy_pattern(r"\s*(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>.*)", re.DOTALL)


def contexts(page: str, spans: list[tuple[int, int]]) -> list[Context]:
    """For each span (start, end) of a slot in the page, in order: where it stands."""
    found: dict[tuple[int, int], Context] = {}
    regions = _regions(page, 0, len(page), [start for start, _ in spans]) if spans else ()
    for start, end, kind, name in regions:
        for span in spans:
            if start <= span[0] and span[1] <= end:
                found[span] = _context(page[start : span[0]], page[span[1] : end], kind, name)
    return [found.get(span, Context.TEXT) for span in spans]


def _regions(
    page: str, start: int, end: int, slots: list[int]
) -> Iterator[tuple[int, int, str, str]]:
    """Stretches with a slot that are not text: (start, end, "code" | "attribute", its name)."""
    for match in _MARKUP.finditer(page, start, end):
        if bisect_left(slots, match.start()) == bisect_left(slots, match.end()):
            continue
        if match["comment"] is not None:
            at, to = match.span("comment")
            conditional = CONDITIONAL.fullmatch(match["comment"])
            if conditional:
                inside = conditional.span("inside")
                yield at, at + inside[0], "code", ""
                yield from _regions(page, at + inside[0], at + inside[1], slots)
            else:
                yield at, to, "code", ""
        elif match["code"] is not None:
            yield *match.span("css"), "code", ""
            yield *match.span("attributes"), "code", ""
        else:
            yield from _attributes(page, *match.span("tag"))


def _attributes(page: str, start: int, end: int) -> Iterator[tuple[int, int, str, str]]:
    yield start, end, "code", ""  # a slot in a tag, outside a value; values override it below
    for match in _ATTRIBUTE.finditer(page, start, end):
        group = next(number for number in (2, 3, 4) if match[number] is not None)
        kind = "code" if group == 4 else "attribute"
        yield *match.span(group), kind, match[1].lower()


def _context(before: str, after: str, kind: str, name: str) -> Context:
    if kind == "code" or name in ("style", "srcdoc") or name.startswith("on"):
        return Context.REFUSED_CODE
    if name not in _URL_ATTRIBUTES:
        return Context.TEXT
    if not before.strip():
        return Context.REFUSED_HOST if after.strip() else Context.WHOLE_URL
    return _context_in_url(before)


def _context_in_url(before: str) -> Context:
    if before.startswith("#"):
        return Context.URL_PART
    match = _SCHEME.fullmatch(before)
    if not match:
        return Context.REFUSED_HOST
    scheme, rest = match["scheme"].lower(), match["rest"]
    if scheme in ("mailto", "tel"):
        return Context.URL_PART if "?" in rest else Context.MAILTO
    if scheme not in ("http", "https") or not re.match(r"//[^/?#\\]+[/?#]", rest):
        return Context.REFUSED_HOST
    return Context.URL_PART
