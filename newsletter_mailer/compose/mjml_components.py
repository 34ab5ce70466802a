"""A rendered document -> its page, cut at the components of `mj-body`.

mrml compiles a document in less time than it takes to look at it. So a component is validated and
serialised once, whatever documents have it, and a document is compiled as a whole: in the head of
its page there is what its components need, and nothing is numbered twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

from newsletter_mailer.compose.mjml import (
    compile_serialised,
    parse_mjml,
    parse_xml,
    serialised,
    validate,
)

#: Stands between components. An author may write it too: then the page is not cut.
MARK = "nlcomponentmark"
_BORDER = f"<mj-raw>{MARK}</mj-raw>"


class CannotCut(Exception):
    """The document has to be compiled in one piece."""


@dataclass(frozen=True, slots=True)
class CutPage:
    """A page of HTML: each component's part is the same in every page that has the component."""

    before: str  #: up to the first component
    components: tuple[str, ...]
    after: str


def compile_components(document: str) -> CutPage:
    """Raises MjmlFault, whose line is worth nothing, and CannotCut."""
    root = parse_xml(document)
    body = root.find("mj-body")
    # A name space would be declared once more in each component.
    if body is None or root.nsmap or MARK in document or _has_text(body):
        raise CannotCut
    components = [
        etree.tostring(component, encoding="unicode", with_tail=False)
        for component in body
        if isinstance(component.tag, str)
    ]
    body[:] = []
    body.text = MARK
    frame = _frame(etree.tostring(root, encoding="unicode"))
    inside = "".join(f"{_serialised(component)}{_BORDER}" for component in components)
    page = compile_serialised(frame.replace(MARK, f"{_BORDER}{inside}", 1))
    before, *between, after = page.split(MARK)
    if len(between) != len(components):
        raise CannotCut
    return CutPage(before, tuple(between), after)


@lru_cache(maxsize=100)
def _frame(document: str) -> str:
    """What is around the components, the same for most variants. Raises MjmlFault."""
    return serialised(parse_mjml(document))


@lru_cache(maxsize=1000)
def _serialised(component: str) -> str:
    """Raises MjmlFault."""
    body = parse_xml(f"<mj-body>{component}</mj-body>")
    validate(body)
    return serialised(body[0])


def _has_text(body: etree._Element) -> bool:
    """Whether there is text between components, of which MJML knows nothing."""
    return any((text or "").strip() for text in (body.text, *(one.tail for one in body)))
