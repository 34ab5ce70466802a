"""Accessibility, reading: what is too small, too tight, or told by its looks alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from lxml import etree

from newsletter_mailer.check.looks import Look
from newsletter_mailer.check.page import UNSUBSCRIBE, Page
from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.rules.contrast import shown
from newsletter_mailer.check.styles import own_words
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.findings import Finding, Severity, Source

LEAST_SIZE, LEAST_SIZE_OF_SMALL_PRINT = 14.0, 12.0  #: pixels; practice, no standard
LEAST_LINE = 1.4  #: of the letters' size
LEAST_TARGET = 24.0  #: pixels: WCAG 2.2, 2.5.8
_A_PARAGRAPH = 100  #: characters: from here on a text has several lines


@check("text-size", Severity.WARNING)
def text_size(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """Words smaller than 14 pixels, or than 12 in the footer with the way to unsubscribe.

    No standard gives a number; 14 is what mail designers agree on, and phones enlarge what is
    smaller, which breaks the layout. Rules for narrow screens are looked at too.
    """
    told: set[tuple[Source, float]] = set()
    for page in subject.pages:
        for node, elements in page.worded.items():
            size = min(look.size for look in (node.light, node.phone) if look.is_seen or look.size)
            if size >= LEAST_SIZE - 0.01 or node.tag in ("sub", "sup"):
                continue
            for element in elements:
                is_small_print = _is_in_footer(element)
                least = LEAST_SIZE_OF_SMALL_PRINT if is_small_print else LEAST_SIZE
                if size >= least - 0.01:
                    continue
                source = page.source(element)
                if (source, size) not in told:
                    told.add((source, size))
                    yield ask.finding(
                        source,
                        f'The words "{shown(element)}" are {size:.3g} pixels high'
                        f"{'' if node.light.size == size else ' on a phone'}; {least:g} is the "
                        "least that is read with ease.",
                        f"Set font-size to {least:g}px or more.",
                    )


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


@check("line-height", Severity.INFO)
def line_height(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A paragraph whose lines are less than 1.4 times as high as its letters.

    Tight lines are hard to follow for people with dyslexia or low vision; WCAG 1.4.12 names 1.5.
    """
    yield from _paragraphs(
        subject,
        ask,
        lambda look: look.line < (LEAST_LINE - 0.01) * look.size,
        "stand in tight lines",
        "Set line-height to 1.5 times the font-size.",
    )


@check("justified-text", Severity.INFO)
def justified_text(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A justified paragraph: gaps between words run through it like rivers (WCAG 1.4.8)."""
    yield from _paragraphs(
        subject,
        ask,
        lambda look: look.align == "justify",
        "are justified",
        "Let lines begin on one side: text-align: left.",
    )


@check("capitals-by-style", Severity.INFO)
def capitals_by_style(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A paragraph that the style sheet shows in capitals.

    Words lose the shape that they are read by. A label of one or two words is fine.
    """
    yield from _paragraphs(
        subject,
        ask,
        lambda look: look.transform == "uppercase",
        "are shown in capitals",
        "Remove text-transform: uppercase; make it bold if it must stand out.",
    )


def _paragraphs(
    subject: Subject, ask: Ask, is_wrong: Callable[[Look], bool], what: str, hint: str
) -> Iterator[Finding]:
    told: set[Source] = set()
    for page in subject.pages:
        for node, elements in page.worded.items():
            if not node.light.is_seen or not is_wrong(node.light):
                continue
            for element in elements:
                if len(own_words(element).strip()) < _A_PARAGRAPH:
                    continue
                source = page.source(element)
                if source not in told:
                    told.add(source)
                    yield ask.finding(source, f'The words "{shown(element)}" {what}.', hint)


@check("target-size", Severity.WARNING)
def target_size(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A button or a linked picture less than 24 pixels high, or links in a list that are as close.

    Fingers that tremble, and thumbs on phones, hit the wrong one (WCAG 2.2, 2.5.8 Target Size); 44
    pixels are better for a button. Links within a sentence are exempt.
    """
    told: set[Source] = set()
    for page in subject.pages:
        for link in page.elements("a"):
            if link.get("href") is None:
                continue
            height, what = _target(page, link)
            if height is None or height >= LEAST_TARGET - 0.01:
                continue
            source = page.source(link)
            if source not in told:
                told.add(source)
                yield ask.finding(
                    source,
                    f"{what} is {height:.3g} pixels high; {LEAST_TARGET:g} is the least that "
                    "fingers hit.",
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


_COLOUR = (
    "red|green|blue|yellow|orange|purple|pink|grey|gray|black|white|teal|amber|brown|turquoise"
)
_THING = "box|boxes|button|buttons|link|links|banner|panel|tab|tile|arrow|icon|bar|section|column"
_SIDE = "left|right|left[- ]hand side|right[- ]hand side"
_BY_SIGHT = re.compile(
    rf"""
      \b(?:click|press|tap|select|choose|use|hit|follow|see|fill\ in|complete|look\ (?:at|for))
      \s+(?:on\s+)?(?:the|a|any)\s+(?:\w+\s+)?(?:{_COLOUR})\s+(?:{_THING})\b(?!\s*["“‘'])
    | \b(?:{_THING}|menu|form|picture|text|list|table)\s+(?:(?:is|are)\s+)?(?:on|to|at)\s+(?:the|your)\s+(?:{_SIDE})\b
    | \b(?:marked|shown|highlighted|written|printed|listed|given)\s+in\s+(?:{_COLOUR})\b
    | \b(?:items|dates|events|names|words|text|fields|questions|entries)\s+in\s+(?:{_COLOUR})\b
    | \b(?:left|right)[- ]hand\s+(?:{_THING}|menu)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


@check("by-sight", Severity.INFO)
def by_sight(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """An instruction that only those can follow who see colours and places.

    "Click the green button", "the box on the right", "dates in red": who listens to the mail, or
    reads it on a phone where everything stands in one column, finds none of them (WCAG 1.3.3 and
    1.4.1). Name the thing: "Book a place", "the list of dates", "dates that have changed".
    """
    for passage in subject.passages:
        for found in _BY_SIGHT.finditer(passage.text):
            yield ask.finding(
                passage.at(*found.span()),
                f'"{" ".join(found[0].split())}" can only be followed by sight.',
                "Name what is meant by its words or heading.",
            )


_LETTERS = re.compile(r"[^\W\d_]+")


@check("all-capitals", Severity.INFO)
def all_capitals(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A title or paragraph written in capitals throughout.

    Words lose the shape that they are read by, and some screen readers spell them out. Four words
    or more count, so that acronyms do not.
    """
    for passage in subject.passages:
        if passage.where in ("subject", "preheader") or not passage.text.isupper():
            continue
        words = [word for word in _LETTERS.findall(passage.text) if len(word) > 1]
        if len(words) >= 4 and sum(map(len, words)) >= 20:
            yield ask.finding(
                passage.at(0, len(passage.text)),
                "This is written in capitals throughout.",
                "Write it in small letters; **bold** if it must stand out.",
            )


_EMOJI = "[\U0001f300-\U0001faff\u2600-\u27bf][\ufe0f\U0001f3fb-\U0001f3ff]*"
#: With a joiner several are one: a family, a profession. A flag is two letters.
_ONE_EMOJI = rf"(?:{_EMOJI}(?:\u200d{_EMOJI})*|[\U0001f1e6-\U0001f1ff]{{2}})"
_EMOJI_RUN = re.compile(rf"{_ONE_EMOJI}(?:\s?{_ONE_EMOJI}){{2,}}")


@check("emoji-run", Severity.INFO)
def emoji_run(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """Three or more emoji in a row: a screen reader says the name of each."""
    for passage in subject.passages:
        for found in _EMOJI_RUN.finditer(passage.text):
            yield ask.finding(
                passage.at(*found.span()),
                f"{found[0]} is read out name by name.",
                "One is enough, at the end of the line.",
            )
