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


class Place(Enum):
    """What surrounds a slot."""

    TEXT = "text"  #: between tags, in an attribute, or in a conditional comment
    URL_PART = "URL part"  #: path, query or fragment of a link
    MAILTO = "mailto"  #: the address of a mailto link (RFC 6068)
    WHOLE_URL = "whole URL"  #: the value is the link
    REFUSED_HOST = "the host of a link"
    REFUSED_CODE = "a style, script or comment"

    @property
    def is_refused(self) -> bool:
        return self in (Place.REFUSED_HOST, Place.REFUSED_CODE)


def escape(value: str, place: Place) -> str:
    """The value as it stands in HTML at this place."""
    if place is Place.URL_PART:
        return urllib.parse.quote(value, safe="")
    if place is Place.MAILTO:
        return urllib.parse.quote(value, safe="@")
    if place is Place.WHOLE_URL and not _is_harmless_url(value):
        return ""
    return html.escape(value, quote=True)


def _is_harmless_url(value: str) -> bool:
    """Whether it cannot run as code; read as browsers do, who skip blanks and control characters.

    An address without a scheme is a picture's path or an anchor: harmless.
    """
    scheme = _SCHEME.fullmatch(re.sub(r"[\x00-\x20\x7f-\xa0]", "", value))
    return scheme is None or scheme["scheme"].lower() in _HARMLESS


_HARMLESS = frozenset({"http", "https", "mailto", "tel", "cid"})
_MARKUP = re.compile(
    r"<!--(?P<comment>.*?)-->"
    r"|<(?P<code>style|script)\b(?P<attributes>[^>]*)>(?P<css>.*?)</(?P=code)\s*>"
    r"|<(?P<tag>[A-Za-z/!?](?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"([^\s=\"'<>/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_CONDITIONAL = re.compile(r"\[if\b[^\]]*\]>(?P<inside>.*)<!\[endif\]\s*", re.DOTALL)
_URL_ATTRIBUTES = frozenset({"href", "src", "action", "background", "cite", "poster", "srcset"})
_SCHEME = re.compile(r"\s*(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>.*)", re.DOTALL)


def places(page: str, spans: list[tuple[int, int]]) -> list[Place]:
    """For each span (start, end) of a slot in the page, in order: where it stands."""
    found: dict[tuple[int, int], Place] = {}
    regions = _regions(page, 0, len(page), [start for start, _ in spans]) if spans else ()
    for start, end, kind, name in regions:
        for span in spans:
            if start <= span[0] and span[1] <= end:
                found[span] = _place(page[start : span[0]], page[span[1] : end], kind, name)
    return [found.get(span, Place.TEXT) for span in spans]


def _regions(
    page: str, start: int, end: int, slots: list[int]
) -> Iterator[tuple[int, int, str, str]]:
    """Stretches with a slot that are not text: (start, end, "code" | "attribute", its name)."""
    for match in _MARKUP.finditer(page, start, end):
        if bisect_left(slots, match.start()) == bisect_left(slots, match.end()):
            continue
        if match["comment"] is not None:
            at, to = match.span("comment")
            conditional = _CONDITIONAL.fullmatch(match["comment"])
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


def _place(before: str, after: str, kind: str, name: str) -> Place:
    if kind == "code" or name in ("style", "srcdoc") or name.startswith("on"):
        return Place.REFUSED_CODE
    if name not in _URL_ATTRIBUTES:
        return Place.TEXT
    if not before.strip():
        return Place.REFUSED_HOST if after.strip() else Place.WHOLE_URL
    return _place_in_url(before)


def _place_in_url(before: str) -> Place:
    if before.startswith("#"):
        return Place.URL_PART
    match = _SCHEME.fullmatch(before)
    if not match:
        return Place.REFUSED_HOST
    scheme, rest = match["scheme"].lower(), match["rest"]
    if scheme in ("mailto", "tel"):
        return Place.URL_PART if "?" in rest else Place.MAILTO
    if scheme not in ("http", "https") or not re.match(r"//[^/?#\\]+[/?#]", rest):
        return Place.REFUSED_HOST
    return Place.URL_PART
