"""The places of a page that can be pointed at, and which of them a finding is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from newsletter_mailer.check.page.page import elements_of
from newsletter_mailer.findings import Finding, Source
from newsletter_mailer.issue.merge_text import MergeText
from newsletter_mailer.issue.model import PictureUse, Section
from newsletter_mailer.preview.live.snapshot import Trace

_BLOCKS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "div", "blockquote", "pre"}
)
ALONE = frozenset({"a", "img", "hr"})  #: what holds no blocks
_LONGEST = 400  #: characters of what a place says


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An element that can be pointed at."""

    number: int  #: of the element, among all of the page in document order
    last: int  #: the number of the last element that it holds; its own if it holds none
    tag: str
    anchor: str  #: its id in the page that is shown
    source: Source  #: where its words were written: in its section, else in the template
    drawn_by: Source  #: the line of the template, or of the section's Markdown, that made it
    section: str  #: the slug of the section that it belongs to; empty: the template's own
    is_section: bool  #: it is the first that stands outermost in its section
    words: str  #: what it says, on one line; of a picture its alt text
    target: str = ""  #: where a link leads


def places_of(
    tree: etree._Element, traces: Sequence[Trace], sections: Sequence[Section]
) -> list[Place]:
    """In document order. Empty if it is not known where the elements were written."""
    elements = elements_of(tree)
    if len(traces) != len(elements):
        return []
    by_slug = {section.slug: section for section in sections}
    fields = {section.slug: dict(_fields(section)) for section in sections}
    places: list[Place] = []
    of: dict[etree._Element, Trace] = {}
    begun: set[str] = {""}
    for number, (element, trace) in enumerate(zip(elements, traces, strict=True)):
        of[element] = trace
        begins = trace.section not in begun
        if not (begins or element.tag in ALONE or element.tag in _BLOCKS):
            continue
        parent = element.getparent()
        is_said_above = parent is not None and of.get(parent) == trace
        if not begins and element.tag not in ALONE and is_said_above:
            continue
        if not any(above.tag == "body" for above in element.iterancestors()):
            continue
        begun.add(trace.section)
        words = element.get("alt", "") if element.tag == "img" else _words(element)
        target = element.get("href", "") if element.tag == "a" else ""
        section = by_slug.get(trace.section)
        places.append(
            Place(
                number=number,
                last=number + len(elements_of(element)) - 1,
                tag=str(element.tag),
                anchor=element.get("id") or f"nl-{number}",
                source=_written(trace, section, fields.get(trace.section, {}), words, target),
                drawn_by=trace.source,
                section=trace.section,
                is_section=begins,
                words=words,
                target=target,
            )
        )
    return places


def _written(
    trace: Trace, section: Section | None, fields: Mapping[str, int], words: str, target: str
) -> Source:
    """What a kind's file drew was written in a field of the section: in which, if that is plain."""
    if section is None or trace.source.file == section.source.file:
        return trace.source
    return section.source.at(fields.get(target) or fields.get(words) or section.source.line)


def _fields(section: Section) -> Iterator[tuple[str, int]]:
    """The texts of the section's fields, and the line of each."""
    for name, value in {"title": section.title, **section.fields}.items():
        text = value.alt if isinstance(value, PictureUse) else value
        if isinstance(text, MergeText) and not text.is_empty and name in section.field_lines:
            yield " ".join(text.plain().split())[:_LONGEST], section.field_lines[name]


def _words(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())[:_LONGEST]


def place_of(
    finding: Finding, places: Sequence[Place], slugs: Mapping[str, str], meant: str
) -> Place | None:
    """Where in the page a finding is about; None if it is about nothing there.

    `slugs`: that of each section by its file. `meant`: the text that the finding points at.
    """
    source = finding.source
    slug = slugs.get(source.file)
    if slug is None:
        return _nearest([one for one in places if one.drawn_by.file == source.file], source)
    inside = [one for one in places if one.section == slug]
    return (
        _saying(inside, meant)
        or _nearest([one for one in inside if one.source.file == source.file], source)
        or next(iter(inside), None)
    )


def _saying(places: Sequence[Place], meant: str) -> Place | None:
    """The link, picture or heading that is what the finding points at."""
    if not meant:
        return None
    exact = (one for one in places if meant in (one.target, one.words))
    return min(exact, key=lambda one: one.tag not in ALONE, default=None)


def _nearest(places: Sequence[Place], source: Source) -> Place | None:
    """What begins in that line, or last before it; the outermost of those."""
    before = [one for one in places if one.source.line <= source.line]
    return max(before, key=lambda one: (one.source.line, -one.number), default=None)
