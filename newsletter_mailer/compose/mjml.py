"""MJML -> HTML through mrml (mjml-python), with what it gets wrong worked around.

Measured with mjml-python 1.4.2 (mrml 6.0.1):

- It prints attribute values with Rust's `{:?}`: a line break, a backslash or a non-breaking space
  in one comes out as `\\n`, `\\\\`, `\\u{a0}`. So every attribute is written in ASCII, with numeric
  references, white space collapsed. The document is built from a tree: nothing slips through.
- It validates almost nothing, and its errors have no position. So we parse and look first.
- A comment in mj-wrapper ends Outlook's conditional early: comments are always left out.
- Nesting of 10,000 crashes the process; 5,000 does not.
"""

from __future__ import annotations

import html
import html.entities
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from mjml import mjml2html

from newsletter_mailer.compose import conditional_comments
from newsletter_mailer.lazy_patterns import lazy_pattern

_DEEPEST = 200
_BLANKS = lazy_pattern(r"[ \t\r\n]+")  # not the non-breaking ones
_TAG = lazy_pattern(r"<[A-Za-z][^<>]*>")
_NAMED = lazy_pattern(r"&([A-Za-z][A-Za-z0-9]*);")
_CSS = lazy_pattern(r"(<(?:mj-style|style)\b[^>]*>)(.*?)(</(?:mj-style|style)>)", re.DOTALL)
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})

_COLUMN = frozenset(
    {
        "mj-accordion", "mj-button", "mj-carousel", "mj-divider", "mj-image", "mj-navbar", "mj-raw",
        "mj-social", "mj-spacer", "mj-table", "mj-text",
    }
)  # fmt: skip
_HEAD = frozenset(
    {"mj-attributes", "mj-breakpoint", "mj-font", "mj-preview", "mj-raw", "mj-style", "mj-title"}
)
#: MJML's own nesting rules (documentation of MJML 4). mj-include is Jinja2's business here.
CHILDREN: dict[str, frozenset[str]] = {
    "mjml": frozenset({"mj-head", "mj-body"}),
    "mj-head": _HEAD,
    "mj-body": frozenset({"mj-section", "mj-wrapper", "mj-hero", "mj-raw"}),
    "mj-wrapper": frozenset({"mj-section", "mj-hero"}),
    "mj-section": frozenset({"mj-column", "mj-group", "mj-raw"}),
    "mj-group": frozenset({"mj-column", "mj-raw"}),
    "mj-column": _COLUMN,
    "mj-hero": _COLUMN,
    "mj-accordion": frozenset({"mj-accordion-element", "mj-raw"}),
    "mj-accordion-element": frozenset({"mj-accordion-title", "mj-accordion-text", "mj-raw"}),
    "mj-carousel": frozenset({"mj-carousel-image"}),
    "mj-navbar": frozenset({"mj-navbar-link", "mj-raw"}),
    "mj-social": frozenset({"mj-social-element", "mj-raw"}),
}
#: Components whose content is HTML or text.
_CONTENT = frozenset(
    {
        "mj-accordion-text", "mj-accordion-title", "mj-button", "mj-navbar-link", "mj-preview",
        "mj-raw", "mj-social-element", "mj-style", "mj-table", "mj-text", "mj-title",
    }
)  # fmt: skip
_EMPTY = frozenset(
    {
        "mj-breakpoint", "mj-carousel-image", "mj-divider", "mj-font", "mj-image", "mj-spacer",
    }
)  # fmt: skip
COMPONENTS = frozenset(CHILDREN) | _CONTENT | _EMPTY | {"mj-attributes", "mj-all", "mj-class"}


@dataclass(frozen=True, slots=True)
class MjmlFault(Exception):
    """The MJML is wrong. `line` is a line of the rendered text."""

    message: str
    line: int


def parse_mjml(text: str) -> etree._Element:
    """The tree of a document, or of the one element of a fragment. Raises MjmlFault."""
    root = parse_xml(text)
    validate(root)
    return root


def parse_xml(text: str) -> etree._Element:
    """The same, of which nothing but its form was looked at. Raises MjmlFault."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, strip_cdata=False
    )
    try:
        return etree.fromstring(_numeric(text), parser)
    except etree.XMLSyntaxError as fault:
        line = fault.lineno or 1
        what = _in_our_words((fault.msg or "it cannot be read").partition(", line")[0])
        if "depth" in what:
            raise MjmlFault("elements are nested too deeply", line) from None
        raise MjmlFault(f"this is not well-formed: {what}", line) from None


def compile_mjml(root: etree._Element) -> str:
    """The HTML of a whole document. Raises MjmlFault."""
    return compile_serialised(serialised(root))


def compile_serialised(document: str) -> str:
    """The HTML of a document that was validated and `serialised`. Raises MjmlFault."""
    try:
        page = mjml2html(document, disable_comments=True, fonts={})
    except ValueError as fault:
        raise MjmlFault(f"MJML does not understand it: {fault}", 1) from None
    return conditional_comments.merged(page)


def check_fragment(fragment: str) -> None:
    """Validates and compiles a section's MJML alone. Raises MjmlFault."""
    root = parse_mjml(f"<mj-body>{fragment}\n</mj-body>")
    if len(root) == 0:
        raise MjmlFault("it shows nothing: there is no mj-section", 1)
    document = etree.Element("mjml")
    document.append(root)
    compile_mjml(document)


def _in_our_words(message: str) -> str:
    """libxml2's complaint as somebody who writes a template would say it."""
    unclosed = re.match(r"Opening and ending tag mismatch: (\S+) line (\d+) and (\S+)", message)
    if unclosed:
        return f"<{unclosed[1]}> is not closed before </{unclosed[3]}>"
    if "EntityRef" in message:
        return 'a "&" stands alone; write &amp;'
    return message[:1].lower() + message[1:]


def _numeric(text: str) -> str:
    """Named entities of HTML as numbers: XML knows five of them."""

    def reference(found: re.Match[str]) -> str:
        name = found[1]
        code = html.entities.html5.get(f"{name};")
        if name in _XML_NAMES or code is None:
            return found[0]
        return "".join(f"&#{ord(char)};" for char in code)

    return _NAMED.sub(reference, text)


def validate(root: etree._Element) -> None:
    """Refuses unknown components and wrong nesting, which mrml passes in silence.

    Raises MjmlFault.
    """
    for element, depth in _walk(root):
        if depth > _DEEPEST:
            raise MjmlFault("elements are nested too deeply", element.sourceline or 1)
        tag = element.tag
        if not isinstance(tag, str):
            continue
        parent = element.getparent()
        line = element.sourceline or 1
        inside = str(parent.tag) if parent is not None else None
        if tag.startswith("mj") and tag not in COMPONENTS:
            raise MjmlFault(f"there is no <{tag}> in MJML", line)
        if inside in CHILDREN and tag not in CHILDREN[inside]:
            raise MjmlFault(f"<{tag}> cannot stand directly in <{inside}>", line)
        if inside in _EMPTY:
            raise MjmlFault(f"<{inside}> cannot hold anything", line)
        if tag in COMPONENTS and inside is not None and inside not in (*CHILDREN, "mj-attributes"):
            raise MjmlFault(f"<{tag}> cannot stand in <{inside}>", line)


def _walk(root: etree._Element) -> Iterator[tuple[etree._Element, int]]:
    waiting = [(root, 0)]
    while waiting:
        element, depth = waiting.pop()
        yield element, depth
        waiting.extend((child, depth + 1) for child in reversed(element))


def serialised(root: etree._Element) -> str:
    """The tree as mrml gets it right. Changes the tree."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        for name, value in element.attrib.items():
            tidy = _BLANKS.sub(" ", value).strip(" ")
            if tidy != value:
                element.attrib[name] = tidy
        if element.text is None and len(element) == 0 and element.tag not in _VOID:
            element.text = ""
    text = etree.tostring(root, encoding="ascii", with_tail=False).decode()
    text = _TAG.sub(lambda found: found[0].replace("\\", "&#92;"), text)
    # CSS is no markup: a browser reads ".a &gt; b" as it stands, and drops the rule.
    return _CSS.sub(lambda found: found[1] + html.unescape(found[2]) + found[3], text)
