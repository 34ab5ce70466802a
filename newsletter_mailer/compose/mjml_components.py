"""A rendered document -> its page, cut at the components of `mj-body`.

mrml compiles a document in less time than it takes to look at it. So a section, and a component of
the page's own, is parsed, validated and serialised once, whatever documents have it; and a document
is compiled as a whole: in the head of its page there is what its components need, and nothing is
numbered twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


def compile_components(document: str, sections: Sequence[str] = ()) -> CutPage:
    """`sections`: fragments that were read by themselves, and are not read again in the document.

    Raises MjmlFault, whose line is worth nothing, and CannotCut.
    """
    if MARK in document:
        raise CannotCut
    shortened = _with_places(document, sections)
    root = parse_xml(shortened)
    body = root.find("mj-body")
    # A name space would be declared once more in each component.
    if body is None or body.nsmap or _has_text(body):
        raise CannotCut
    if shortened.count(MARK) != sum(child.tag == MARK for child in body):
        return compile_components(document)
    components = [*_components(body, sections)]
    body[:] = []
    body.text = MARK
    frame = _frame(etree.tostring(root, encoding="unicode"))
    inside = "".join(f"{component}{_BORDER}" for component in components)
    page = compile_serialised(frame.replace(MARK, f"{_BORDER}{inside}", 1))
    before, *between, after = page.split(MARK)
    if len(between) != len(components):
        raise CannotCut
    return CutPage(before, tuple(between), after)


def _with_places(document: str, sections: Sequence[str]) -> str:
    """The document with one element in place of each section that stands in it as it is.

    Sections are well-formed: where that element is a child of the body, so are their components.
    """
    pieces: list[str] = []
    end = 0
    for number, section in enumerate(sections):
        begin = document.find(section, end)
        if begin >= 0:
            pieces += document[end:begin], f'<{MARK} of="{number}" />'
            end = begin + len(section)
    return "".join([*pieces, document[end:]])


def _components(body: etree._Element, sections: Sequence[str]) -> Iterator[str]:
    """Each as it is compiled. Raises MjmlFault, CannotCut."""
    for child in body:
        if child.tag == MARK:
            yield from _serialised(sections[int(child.attrib["of"])])
        elif isinstance(child.tag, str):
            yield from _serialised(etree.tostring(child, encoding="unicode", with_tail=False))


@lru_cache(maxsize=100)
def _frame(document: str) -> str:
    """What is around the components, the same for most variants. Raises MjmlFault."""
    return serialised(parse_mjml(document))


@lru_cache(maxsize=1000)
def _serialised(fragment: str) -> tuple[str, ...]:
    """The components of a fragment. Raises MjmlFault, CannotCut."""
    body = parse_xml(f"<mj-body>{fragment}</mj-body>")
    if _has_text(body):
        raise CannotCut
    validate(body)
    return tuple(serialised(component) for component in body if isinstance(component.tag, str))


def _has_text(body: etree._Element) -> bool:
    """Whether there is text between components, of which MJML knows nothing."""
    return any((text or "").strip() for text in (body.text, *(one.tail for one in body)))
