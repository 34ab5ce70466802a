"""Accessibility, reading: what is too small or too tight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from lxml import etree

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.context.faulty_looks import faulty_looks, one_cause
from newsletter_mailer.check.look.looks import Look
from newsletter_mailer.check.look.styles import Node, own_words
from newsletter_mailer.check.page.page import UNSUBSCRIBE, Element, Page
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.findings import Finding, Severity

LEAST_LINE = 1.4  #: of the letters' size
LEAST_TARGET = 24.0  #: pixels: WCAG 2.2, 2.5.8
_A_PARAGRAPH = 100  #: characters: from here on a text has several lines
_ROUNDING = 0.01  #: pixels


@check("text-size", Severity.WARNING)
def text_size(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """Words smaller than 14 pixels, or than 12 in the footer with the way to unsubscribe.

    No standard gives a number; 14 is what mail designers agree on, and phones enlarge what is
    smaller, which breaks the layout. Rules for narrow screens are looked at too.
    """
    for least, is_meant in _LEAST_SIZES:
        for words in faulty_looks(context, partial(_small_size, least), is_meant):
            size, medium = words.fault
            yield ask.finding(
                words.source,
                f'The words "{words.words}" are {size:.3g} pixels high{medium}; {least:g} is the '
                "least that is read with ease.",
                f"Set font-size to {least:g}px or more.",
            )


def _small_size(least: float, node: Node) -> tuple[float, str] | None:
    """The size of its letters if that is less, and where that is so."""
    if node.tag in ("sub", "sup"):
        return None
    for look, medium in (
        (node.light, ""),
        (node.dark, " in dark mode"),
        (node.phone, " on a phone"),
    ):
        if look.is_seen and look.size < least - _ROUNDING:
            return look.size, medium
    return None


def _is_in_footer(element: etree._Element) -> bool:
    """Whether it stands in the same part of the page as the link to unsubscribe."""
    outermost = _outermost_table(element)
    return outermost is not None and any(
        link.get("href") == UNSUBSCRIBE for link in outermost.iter("a")
    )


def _outermost_table(element: etree._Element) -> etree._Element | None:
    found = None
    for one in element.iterancestors("table"):
        found = one
    return found


#: Pixels, and the words that it is for.
_LEAST_SIZES: Sequence[tuple[float, Callable[[etree._Element], bool]]] = (
    (14.0, lambda element: not _is_in_footer(element)),
    (12.0, _is_in_footer),
)


@check("line-height", Severity.INFO)
def line_height(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A paragraph whose lines are less than 1.4 times as high as its letters.

    Tight lines are hard to follow for people with dyslexia or low vision; WCAG 1.4.12 names 1.5.
    """
    yield from _paragraphs(
        context,
        ask,
        lambda look: look.line < (LEAST_LINE - 0.01) * look.size,
        "stand in tight lines",
        "Set line-height to 1.5 times the font-size.",
    )


@check("justified-text", Severity.INFO)
def justified_text(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A justified paragraph: gaps between words run through it like rivers (WCAG 1.4.8)."""
    yield from _paragraphs(
        context,
        ask,
        lambda look: look.align == "justify",
        "are justified",
        "Let lines begin on one side: text-align: left.",
    )


@check("capitals-by-style", Severity.INFO)
def capitals_by_style(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A paragraph that the style sheet shows in capitals.

    Words lose the shape that they are read by. A label of one or two words is fine.
    """
    yield from _paragraphs(
        context,
        ask,
        lambda look: look.transform == "uppercase",
        "are shown in capitals",
        "Remove text-transform: uppercase; make it bold if it must stand out.",
    )


def _paragraphs(
    context: CheckContext, ask: Ask, is_wrong: Callable[[Look], bool], what: str, hint: str
) -> Iterator[Finding]:
    def fault_of(node: Node) -> bool | None:
        return (node.light.is_seen and is_wrong(node.light)) or None

    for words in faulty_looks(context, fault_of, _has_several_lines):
        yield ask.finding(words.source, f'The words "{words.words}" {what}.', hint)


def _has_several_lines(element: etree._Element) -> bool:
    return len(own_words(element).strip()) >= _A_PARAGRAPH


@check("target-size", Severity.WARNING, each=Element, tags=("a",))
def target_size(link: Element, ask: Ask) -> Iterator[Finding]:
    """A button or a linked picture less than 24 pixels high, or links in a list that are as close.

    Fingers that tremble, and thumbs on phones, hit the wrong one (WCAG 2.2, 2.5.8 Target Size); 44
    pixels are better for a button. Links within a sentence are exempt.
    """
    if link.node.get("href") is None:
        return
    height, what = _target(link.page, link.node)
    if height is None or height >= LEAST_TARGET - _ROUNDING:
        return
    if ask.is_first(one_cause(ask.context, link.source, link.node)):
        yield ask.finding(
            link.source,
            f"{what} is {height:.3g} pixels high; {LEAST_TARGET:g} is the least that fingers hit.",
            "Give it more padding, or a higher line.",
        )


_BOXES = frozenset({"block", "inline-block", "flex", "inline-flex", "table", "table-cell", "grid"})


def _target(page: Page, link: etree._Element) -> tuple[float | None, str]:
    """Its height in pixels, where that can be told and the link is no part of a sentence."""
    look = page.styles.of(link).light
    if not look.is_there or not look.is_visible:
        return None, ""
    words = " ".join("".join(map(str, link.itertext())).split())
    image = link.find(".//img")
    if image is not None:
        height = image.get("height", "").removesuffix("px")
        if words or not height.isdigit() or height == "0":
            return None, ""
        return int(height) + look.padding + look.border, f'The linked picture "{_name(image)}"'
    if not words:
        return None, ""
    if look.display in _BOXES:
        high = look.line + look.padding if look.height is None else look.height + look.padding
        return high + look.border, f'The button "{words}"'
    item = link.getparent()
    if item is not None and item.tag == "li" and _is_alone(link, item) and _has_neighbour(item):
        box = page.styles.of(item).light
        return look.line + box.padding + box.margin, f'The link "{words}" in a list'
    return None, ""


def _name(image: etree._Element) -> str:
    return image.get("alt", "").strip() or image.get("src", "")


def _is_alone(link: etree._Element, item: etree._Element) -> bool:
    return len(item) == 1 and not own_words(item).strip() and item[0] is link


def _has_neighbour(item: etree._Element) -> bool:
    return any(
        near is not None and near.find("a") is not None
        for near in (item.getprevious(), item.getnext())
    )
