"""A variant's HTML as a tree, each element traced back to the file that it was written in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from lxml import etree, html

from newsletter_mailer.check.look.styles import Node, Styles
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.sample_reader import sample_values
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.pictures import Picture
from newsletter_mailer.links import sample_links
from newsletter_mailer.plan.variants import Variant

#: A picture's address in a page: `cid:` and the key of the picture.
PICTURE = "cid:"
#: The links that every mail has, in a page that is checked: by merge field.
OWN_LINKS = sample_links()
UNSUBSCRIBE = OWN_LINKS["unsubscribe_url"]

#: Given a variant: for each element of its page, in document order, where it was written.
Tracer = Callable[[Variant], Sequence[Source]]


class Seen:
    """Which parts of pages were looked at: variants share most of theirs."""

    def __init__(self) -> None:
        self._parts: set[bytes] = set()

    def is_new(self, part: etree._Element) -> bool:
        text = etree.tostring(part, encoding="utf-8", with_tail=False)
        if text in self._parts:
            return False
        self._parts.add(text)
        return True


class Page:
    """One variant as a mail client gets it, a made-up reader's values in its slots."""

    def __init__(self, compiled: CompiledVariant, seen: Seen, trace: Tracer) -> None:
        self.compiled = compiled
        self._seen, self._trace = seen, trace

    @property
    def variant(self) -> Variant:
        return self.compiled.variant

    @cached_property
    def html(self) -> str:
        return filled_page(self.compiled)

    @cached_property
    def text(self) -> str:
        """The plain-text part."""
        values = sample_values(self.compiled.fields())
        return self.compiled.words(values, OWN_LINKS)

    @cached_property
    def tree(self) -> etree._Element:
        """The element `html`. Conditional comments stay comments."""
        return parse_page(self.html)

    @property
    def body(self) -> etree._Element:
        body = self.tree.find("body")
        return self.tree if body is None else body

    @cached_property
    def styles(self) -> Styles:
        """What a mail client computes for each element."""
        return Styles(self.tree)

    @cached_property
    def worded(self) -> Mapping[Node, Sequence[etree._Element]]:
        """New elements that hold words which a reader sees, by how they look."""
        return self.styles.worded(self.new_elements)

    @cached_property
    def style_sheets(self) -> tuple[str, ...]:
        """The text of each `style` element that is not for Outlook alone."""
        return tuple(style.text or "" for style in self.tree.iter("style"))

    def elements(self, *tags: str) -> Sequence[etree._Element]:
        """Those of these tags, in order, in parts that no earlier page has.

        A question about single elements is asked of each part once, however many variants share it.
        What concerns a page as a whole (its headings, its size) is asked of `tree`.
        """
        if len(tags) == 1:
            return self._by_tag.get(tags[0], ())
        wanted = frozenset(tags)
        return [one for one in self._new_elements if one.tag in wanted]

    @property
    def new_elements(self) -> Sequence[etree._Element]:
        """Every element in parts that no earlier page has, in order."""
        return self._new_elements

    def source(self, element: etree._Element) -> Source:
        """Where the element was written: a line of a section, of a kind, of the template."""
        return self._sources[element]

    def picture(self, image: etree._Element) -> Picture | None:
        """What an `img` shows, if it is a picture of the project."""
        address = image.get("src", "")
        return self.compiled.pictures.get(address.removeprefix(PICTURE))

    @cached_property
    def _new_elements(self) -> list[etree._Element]:
        return [
            element
            for part in _parts(self.body)
            if self._seen.is_new(part)
            for element in part.iter()
            if isinstance(element.tag, str)
        ]

    @cached_property
    def _by_tag(self) -> Mapping[str, list[etree._Element]]:
        by_tag: dict[str, list[etree._Element]] = {}
        for element in self._new_elements:
            by_tag.setdefault(str(element.tag), []).append(element)
        return by_tag

    @cached_property
    def all_elements(self) -> Sequence[etree._Element]:
        """In document order."""
        return elements_of(self.tree)

    @cached_property
    def _sources(self) -> Mapping[etree._Element, Source]:
        return dict(zip(self.all_elements, self._trace(self.variant), strict=True))


class StyleSheet(NamedTuple):
    """The text of a `style` element that is not for Outlook alone."""

    text: str


class Element(NamedTuple):
    """An element of a page, in a part that no earlier page has."""

    page: Page
    node: etree._Element

    @property
    def tag(self) -> str:
        return str(self.node.tag)

    @property
    def source(self) -> Source:
        """Where it was written."""
        return self.page.source(self.node)

    def get(self, attribute: str) -> str:
        """Its value; empty where it is not given."""
        return self.node.get(attribute, "")


def filled_page(compiled: CompiledVariant, pictures: str = PICTURE) -> str:
    """`pictures`: what their addresses begin with, before their keys."""
    return compiled.page(
        sample_values(compiled.fields()),
        OWN_LINKS,
        {key: pictures + key for key in compiled.pictures},
    )


def parse_page(page: str) -> etree._Element:
    return html.document_fromstring(page, parser=html.HTMLParser(encoding=None, huge_tree=True))


def elements_of(tree: etree._Element) -> Sequence[etree._Element]:
    """All elements, in document order; no comments."""
    return tuple(element for element in tree.iter() if isinstance(element.tag, str))


def _parts(body: etree._Element) -> Iterator[etree._Element]:
    """The stretches that a page is made of: what stands side by side under the outermost box."""
    parts = [body]
    while len(parts) == 1 and len(_children(parts[0])):
        parts = _children(parts[0])
        # The hidden preheader stands beside the box that holds everything else.
        if len(parts) == 2 and not len(_children(parts[0])):
            yield parts[0]
            parts = parts[1:]
    yield from parts


def _children(element: etree._Element) -> list[etree._Element]:
    return [child for child in element if isinstance(child.tag, str)]
