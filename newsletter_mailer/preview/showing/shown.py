"""The page that the frame shows: the mail as it is sent, with places that can be pointed at.

It runs nothing: the frame is sandboxed without scripts and without our origin. A click follows a
link that our server answers with "nothing new" (204), and tells the page around the frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from newsletter_mailer.check.page import elements_of, parse_page
from newsletter_mailer.preview.showing import measuring
from newsletter_mailer.preview.showing.looks import Look, dress
from newsletter_mailer.preview.showing.places import Place

#: Given a place: the address that a click on it asks for.
Follow = Callable[[Place], str]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """How the page is shown."""

    look: Look = Look.LIGHT
    follow: Follow | None = None  #: None: a click leads to the place itself, in the frame
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)  #: of pictures, by address
    measured: str = ""  #: what the addresses begin with by which the page tells its height
    until: int | None = None  #: only what stands before this element: its height is the place
    other: frozenset[int] = field(default_factory=frozenset)  #: places that differ
    policy: str = ""  #: a Content-Security-Policy, where no server sends one


def shown_page(page: str, places: Sequence[Place], showing: Showing) -> str:
    """`page`: a variant's, filled for one reader; `places` are those of its elements."""
    tree = parse_page(page)
    elements = elements_of(tree)
    head, body = tree.find("head"), tree.find("body")
    if head is None or body is None:
        return ""  # no template of MJML makes such a page
    doctype = tree.getroottree().docinfo.doctype
    styles = dress(tree, showing.look) + _STYLES
    _calm(elements)
    _keep_room(elements, showing.sizes)
    _mark(elements, places, showing)
    if showing.until is not None:
        _cut(elements[showing.until])
    if showing.measured:
        styles += measuring.styles(showing.measured)
        measuring.add_boxes(body)
    if showing.policy:
        head.insert(0, _equivalent("Content-Security-Policy", showing.policy))
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


def _keep_room(elements: Iterable[etree._Element], sizes: Mapping[str, tuple[int, int]]) -> None:
    """Pictures are as tall as they will be before they are there, in place.

    What is told of a page's height comes on several connections, the newest not always last.
    """
    for element in elements:
        size = sizes.get(element.get("src", "")) if element.tag == "img" else None
        if size:
            style = f"aspect-ratio:auto {size[0]}/{size[1]};{element.get('style', '')}"
            element.set("style", style)


def _mark(elements: Sequence[etree._Element], places: Iterable[Place], showing: Showing) -> None:
    """Gives each place a name to point at, and something to click on."""
    links = {element for element in elements if element.tag == "a"}
    for place in places:
        element = elements[place.number]
        links.discard(element)
        element.set("data-nl", str(place.number))
        element.set("id", place.anchor)
        if place.number in showing.other:
            element.set("data-nl-other", "section" if place.is_section else "part")
        leads_to = showing.follow(place) if showing.follow else f"#{place.anchor}"
        if place.tag == "a":
            _lead(element, leads_to, showing)
        elif place.tag in _HOLD_OTHERS:
            element.set("data-nl-at", f"{place.source.file}:{place.source.line}")
            element.insert(0, _hit(leads_to))
    for link in links:
        link.attrib.pop("href", None)


def _hit(leads_to: str) -> etree._Element:
    """Lies over its place. It stands first in it, so that it lies under those of inner places."""
    hit = etree.Element("a", href=leads_to, tabindex="-1")
    hit.set("class", _HIT)
    hit.set("aria-hidden", "true")
    return hit


def _lead(link: etree._Element, leads_to: str, showing: Showing) -> None:
    """A link says where it leads, and leads to its place; inside the mail it jumps by itself."""
    target = link.get("href", "")
    if target:
        link.set("title", target)
        if showing.follow or not target.startswith("#"):
            link.set("href", leads_to)


def _cut(element: etree._Element) -> None:
    """Takes away the element and all that follows it, in place."""
    above: etree._Element | None = element
    while above is not None and above.tag != "body":
        parent = above.getparent()
        for later in [*above.itersiblings()]:
            if parent is not None:
                parent.remove(later)
        above = parent
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _equivalent(header: str, value: str) -> etree._Element:
    """A `meta` that says what a server's header would."""
    meta = etree.Element("meta", content=value)
    meta.set("http-equiv", header)
    return meta
