"""A rendered document -> its page, cut at the components of `mj-body`.

mrml compiles a document in less time than it takes to look at it. So a section, and a component of
the page's own, is parsed, validated and serialised once, whatever documents have it. A document is
compiled as a whole: in the head of its page there is what its components need, and nothing is
numbered twice. But what a component shows, most of a document, mrml gets only the first time.
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
_SHOWING = ("mj-button", "mj-raw", "mj-table", "mj-text")  #: HTML, which mrml passes on
#: Components in which mrml numbers nothing, and asks no more of the head than their attributes say.
_PLAIN = frozenset(
    {
        *("mj-column", "mj-divider", "mj-group", "mj-hero", "mj-image", "mj-section", "mj-spacer"),
        *("mj-wrapper", *_SHOWING),
    }
)


class CannotCut(Exception):
    """The document has to be compiled in one piece."""


@dataclass(frozen=True, slots=True)
class CutPage:
    """A page of HTML: each component's part is the same in every page that has the component."""

    before: str  #: up to the first component
    components: tuple[str, ...]
    after: str


@dataclass(frozen=True, slots=True)
class _Component:
    """As mrml gets it."""

    whole: str
    #: Without what it shows: it asks as much of a page's head. As `whole` where it may be numbered.
    outline: str


class ComponentCompiler:
    """Compiles the pages of one issue."""

    def __init__(self) -> None:
        #: HTML of components that have an outline, by what is around them and their MJML.
        self._known: dict[tuple[str, str], str] = {}

    def page(self, document: str, sections: Sequence[str] = ()) -> CutPage:
        """`sections`: fragments of the document, which are not read again where they were before.

        Raises MjmlFault, whose line is worth nothing, and CannotCut.
        """
        frame, components = _read(document, sections)
        known = [self._known.get((frame, one.whole)) for one in components]
        inside = "".join(
            f"{one.whole if html is None else one.outline}{_BORDER}"
            for one, html in zip(components, known, strict=True)
        )
        page = compile_serialised(frame.replace(MARK, f"{_BORDER}{inside}", 1))
        before, *between, after = page.split(MARK)
        if len(between) != len(components):
            raise CannotCut
        made = [new if html is None else html for new, html in zip(between, known, strict=True)]
        for one, html in zip(components, made, strict=True):
            if one.outline != one.whole:
                self._known[frame, one.whole] = html
        return CutPage(before, tuple(made), after)


def _read(document: str, sections: Sequence[str]) -> tuple[str, list[_Component]]:
    """What is around the components, with a mark in their place, and these.

    Raises MjmlFault, CannotCut.
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
        return _read(document, ())
    components = [*_components(body, sections)]
    body[:] = []
    body.text = MARK
    return _frame(etree.tostring(root, encoding="unicode")), components


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


def _components(body: etree._Element, sections: Sequence[str]) -> Iterator[_Component]:
    """Raises MjmlFault, CannotCut."""
    for child in body:
        if child.tag == MARK:
            yield from _of_fragment(sections[int(child.attrib["of"])])
        elif isinstance(child.tag, str):
            yield from _of_fragment(etree.tostring(child, encoding="unicode", with_tail=False))


@lru_cache(maxsize=100)
def _frame(document: str) -> str:
    """What is around the components, the same for most variants. Raises MjmlFault."""
    return serialised(parse_mjml(document))


@lru_cache(maxsize=1000)
def _of_fragment(fragment: str) -> tuple[_Component, ...]:
    """The components of a fragment. Raises MjmlFault, CannotCut."""
    body = parse_xml(f"<mj-body>{fragment}</mj-body>")
    if _has_text(body):
        raise CannotCut
    validate(body)
    return tuple(_component(one) for one in body if isinstance(one.tag, str))


def _component(element: etree._Element) -> _Component:
    """Empties the element."""
    whole = serialised(element)
    for shown in [*element.iter(*_SHOWING)]:
        shown[:] = []
        shown.text = ""
    is_plain = all(part.tag in _PLAIN for part in element.iter(etree.Element))
    return _Component(whole, serialised(element) if is_plain else whole)


def _has_text(body: etree._Element) -> bool:
    """Whether there is text between components, of which MJML knows nothing."""
    return any((text or "").strip() for text in (body.text, *(one.tail for one in body)))
