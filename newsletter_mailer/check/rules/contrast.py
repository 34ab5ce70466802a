"""Accessibility, colours: what cannot be told from what lies behind it or beside it."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from newsletter_mailer.check.colours import Colour
from newsletter_mailer.check.colours import contrast as ratio_of
from newsletter_mailer.check.looks import Look
from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.styles import Node, own_words
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.findings import Finding, Severity, Source

#: WCAG 2.2, 1.4.3 Contrast (Minimum).
NEEDED, NEEDED_IF_LARGE = 4.5, 3.0
#: WCAG technique G183: how far a link's colour must be from the text's if nothing else tells it.
LINK_FROM_TEXT = 3.0
_WORDS_AROUND = 3  #: fewer are no sentence that the link could be lost in


@check("contrast", Severity.ERROR)
def contrast(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """Words whose colour is too near to that of what they stand on.

    The contrast must be at least 4.5 to 1, and 3 to 1 for letters of 24 pixels, or of 18.7 pixels
    and bold (WCAG 2.2, 1.4.3). It is computed from the compiled page as a mail client does it, once
    in light and once with the rules for prefers-color-scheme: dark. Both count as errors: who reads
    in the dark cannot guess words either. What Outlook's apps recolour by themselves is not looked
    at.

    Grey #767676 on white has 4.54 to 1, #777777 has 4.48. Make the words darker, or what lies
    behind them lighter (in dark the other way round); the colours of the shipped template stand in
    theme.toml.
    """
    told: set[tuple[Source, Colour, Colour, bool]] = set()
    for page in subject.pages:
        for node, elements in page.worded.items():
            for look, is_dark in _looks(node):
                fault = _too_near(look)
                if fault is None:
                    continue
                words, under, ratio, needed = fault
                for element in elements:
                    source = page.source(element)
                    if (source, words, under, is_dark) not in told:
                        told.add((source, words, under, is_dark))
                        yield ask.finding(
                            source,
                            f'The words "{shown(element)}" ({words} on {under}'
                            f"{', in dark mode' if is_dark else ''}) have a contrast of "
                            f"{int(ratio * 100) / 100:g} to 1; {needed:g} to 1 is needed.",
                            "Choose a lighter or darker colour for the words or for what is behind "
                            "them.",
                        )


def _looks(node: Node) -> Iterator[tuple[Look, bool]]:
    yield node.light, False
    if node.dark.seen_colours() != node.light.seen_colours():
        yield node.dark, True


def _too_near(look: Look) -> tuple[Colour, Colour, float, float] | None:
    """Both colours, their contrast and the one that is needed."""
    colours = look.seen_colours()
    if colours is None or not look.is_seen:
        return None
    ratio, needed = ratio_of(*colours), NEEDED_IF_LARGE if look.is_large else NEEDED
    return (*colours, ratio, needed) if ratio < needed else None


@check("contrast-unknown", Severity.INFO)
def contrast_unknown(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """Words on a background picture or a gradient: nobody can compute how well they are read.

    Look at it yourself, with pictures off too. A background-color behind the picture keeps words
    readable where pictures are blocked, as Outlook does by default.
    """
    told: set[Source] = set()
    for page in subject.pages:
        for node, elements in page.worded.items():
            if any(look.is_seen and look.seen_colours() is None for look, _ in _looks(node)):
                for element in elements:
                    source = page.source(element)
                    if source not in told:
                        told.add(source)
                        yield ask.finding(
                            source,
                            f'The words "{shown(element)}" stand on a picture; their contrast '
                            "cannot be computed.",
                            "Look whether they can be read, in light and in dark.",
                        )


@check("link-by-colour", Severity.WARNING)
def link_by_colour(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link within a text that nothing but its colour sets apart, and that hardly.

    Who does not see colours, or reads on a grey screen, does not find it (WCAG 1.4.1). It needs an
    underline, a bolder letter, a background or a line below; or at least a contrast of 3 to 1 with
    the text around it (technique G183).
    """
    told: set[Source] = set()
    for page in subject.pages:
        for node, elements in page.worded.items():
            if node.tag != "a" or node.parent is None or not node.light.is_seen:
                continue
            if not any(_is_lost(*pair) for pair in _pairs(node, node.parent)):
                continue
            for element in elements:
                around = element.getparent()
                if around is None or len(own_words(around).split()) < _WORDS_AROUND:
                    continue
                source = page.source(element)
                if element.get("href") is not None and source not in told:
                    told.add(source)
                    yield ask.finding(
                        source,
                        f'The link "{shown(element)}" can hardly be told from the text around it.',
                        "Underline it: text-decoration: underline.",
                    )


def _pairs(link: Node, around: Node) -> Iterator[tuple[Look, Look]]:
    yield link.light, around.light
    yield link.dark, around.dark


def _is_lost(link: Look, around: Look) -> bool:
    if link.is_underlined or link.has_line_below or link.has_background:
        return False
    if link.weight >= around.weight + 200 or link.size >= around.size * 1.2:
        return False
    mine, theirs = link.seen_colours(), around.seen_colours()
    return mine is not None and theirs is not None and ratio_of(mine[0], theirs[0]) < LINK_FROM_TEXT


def shown(element: etree._Element) -> str:
    """Its own words, at most some 40 characters of them."""
    words = " ".join(own_words(element).split())
    return words if len(words) <= 40 else words[:40].rsplit(" ", 1)[0] + " ..."
