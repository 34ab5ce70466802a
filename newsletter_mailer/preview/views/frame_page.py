"""The page that the frame shows: the mail as it is sent, with places that can be pointed at.

What the mail brings along runs nothing and leads nowhere: its links lead to their own places in
the page. Where a server shows it, one script of ours tells the page around the frame how tall the
mail is and what is clicked (`static/frame-script.js`); the policy knows its hash, and no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lxml import etree

from newsletter_mailer.check.page.page import elements_of, parse_page
from newsletter_mailer.preview.views.dark_mode import ColourScheme, apply_scheme
from newsletter_mailer.preview.views.source_map import Place

_HOLD_OTHERS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "div"})
#: What would lead away or fetch by itself. (The policy forbids most of it all the same.)
_RESTLESS = ("target", "ping", "action", "formaction", "srcdoc", "download")
#: A browser connects to where these lead before it asks the policy, which forbids only requests.
_OUTWARD = {
    "area": ("href",),
    "link": ("href", "imagesrcset"),
    **dict.fromkeys(("iframe", "frame", "embed"), ("src",)),
    "object": ("data",),
}
_HIT = "nl-hit"
_STYLES = """
[data-nl] { position: relative; }
[data-nl] a:not(.nl-hit), a[data-nl] { position: relative; z-index: 1; }
a.nl-hit { position: absolute; top: 0; right: 0; bottom: 0; left: 0; }
:target { outline: 3px solid #c2185b !important; outline-offset: 2px; border-radius: 2px; }
[data-nl-at]:target::after {
  content: attr(data-nl-at); position: absolute; z-index: 2; right: 0; top: 100%;
  padding: 2px 8px; border-radius: 0 0 4px 4px; background: #c2185b; color: #fff;
  font: 600 12px/18px system-ui, sans-serif; letter-spacing: 0; text-transform: none;
  white-space: nowrap; text-align: start; direction: ltr;
}
[data-nl-other] { outline: 2px dashed #b45309 !important; outline-offset: 1px; }
[data-nl-other="section"] { outline: 3px solid #b45309 !important; }
"""
#: What scrolls is the page around the frame.
_AS_TALL_AS_IT_IS = "html { height: auto !important; overflow: hidden !important; }"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameOptions:
    """How the page is shown."""

    scheme: ColourScheme = ColourScheme.LIGHT
    other: frozenset[int] = field(default_factory=frozenset)  #: places that differ
    policy: str = ""  #: a Content-Security-Policy, where no server sends one
    script: str = ""  #: what the page runs; empty: nothing


def frame_page(page: str, places: Sequence[Place], options: FrameOptions) -> str:
    """`page`: a variant's, filled for one reader; `places` are those of its elements."""
    tree = parse_page(page)
    elements = elements_of(tree)
    head, body = tree.find("head"), tree.find("body")
    if head is None or body is None:
        return ""  # no template of MJML makes such a page
    doctype = tree.getroottree().docinfo.doctype
    styles = apply_scheme(tree, options.scheme) + _STYLES
    _calm(elements)
    etree.strip_tags(tree, "noscript")  # mail programs show what it holds: they run no scripts
    _mark(elements, places, options)
    if options.script:
        styles += _AS_TALL_AS_IT_IS
        script = etree.Element("script")
        script.text = options.script
        head.insert(0, script)
    if options.policy:
        head.insert(0, _equivalent("Content-Security-Policy", options.policy))
    added = etree.SubElement(head, "style")
    added.text = styles
    return etree.tostring(tree, encoding="unicode", method="html", doctype=doctype)


def _calm(elements: Iterable[etree._Element]) -> None:
    """Takes out what would lead away, in place; links are dealt with one by one."""
    for element in elements:
        for name in _RESTLESS:
            element.attrib.pop(name, None)
        for name in _OUTWARD.get(str(element.tag), ()):
            element.attrib.pop(name, None)
        if element.tag == "meta" and element.get("http-equiv", "").lower() == "refresh":
            element.attrib.pop("http-equiv")


def _mark(
    elements: Sequence[etree._Element], places: Iterable[Place], options: FrameOptions
) -> None:
    """Gives each place a name to point at, and something to click on."""
    links = {element for element in elements if element.tag == "a"}
    for place in places:
        element = elements[place.number]
        links.discard(element)
        element.set("data-nl", str(place.number))
        element.set("id", place.anchor)
        if place.number in options.other:
            element.set("data-nl-other", "section" if place.is_section else "part")
        if place.tag == "a":
            _lead(element, place)
        elif place.tag in _HOLD_OTHERS:
            element.set("data-nl-at", f"{place.source.file}:{place.source.line}")
            element.insert(0, _hit(place))
    for link in links:
        link.attrib.pop("href", None)


def _hit(place: Place) -> etree._Element:
    """Lies over its place. It stands first in it, so that it lies under those of inner places."""
    hit = etree.Element("a", href=f"#{place.anchor}", tabindex="-1")
    hit.set("class", _HIT)
    hit.set("aria-hidden", "true")
    return hit


def _lead(link: etree._Element, place: Place) -> None:
    """A link says where it leads, and leads to its place; inside the mail it jumps by itself."""
    target = link.get("href", "")
    if target:
        link.set("title", target)
        if not target.startswith("#"):
            link.set("href", f"#{place.anchor}")


def _equivalent(header: str, value: str) -> etree._Element:
    """A `meta` that says what a server's header would."""
    meta = etree.Element("meta", content=value)
    meta.set("http-equiv", header)
    return meta
