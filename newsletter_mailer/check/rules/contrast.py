"""Accessibility, colours: what cannot be told from what lies behind it or beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from lxml import etree

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.context.faulty_looks import faulty_looks, one_cause, quoted
from newsletter_mailer.check.look.colours import Colour, parse_colour
from newsletter_mailer.check.look.colours import contrast as ratio_of
from newsletter_mailer.check.look.legible_contrast import MEDIA, FaintPair, Medium, too_near
from newsletter_mailer.check.look.styles import Node, own_words
from newsletter_mailer.check.page.page import Element, Page
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.lazy_patterns import lazy_pattern

#: WCAG technique G183: how far a link's colour must be from the text's if nothing else tells it.
LINK_FROM_TEXT = 3.0
_WORDS_AROUND = 3  #: fewer are no sentence that the link could be lost in


@check("contrast", Severity.ERROR)
def contrast(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """Words whose colour is too near to that of what they stand on.

    The contrast must be at least 4.5 to 1, and 3 to 1 for letters of 24 pixels, or of 18.7 pixels
    and bold (WCAG 2.2, 1.4.3). It is computed from the compiled page as a mail client does it: in
    light, with the rules for prefers-color-scheme: dark, and on a narrow screen. All count as
    errors: who reads in the dark cannot guess words either. What Outlook's apps recolour by
    themselves is not looked at.

    It is told once for each place where the template chooses the colours, not for each section that
    shows them. Grey #767676 on white has 4.54 to 1, #777777 has 4.47. Make the words darker, or
    what lies behind them lighter (in dark the other way round).
    """
    for medium, name in MEDIA:
        for words in faulty_looks(context, partial(too_near, medium)):
            pair = words.fault
            yield ask.finding(
                words.source,
                f'The words "{words.words}" ({pair.words} on {pair.under}{name}) have a contrast '
                f"of {int(pair.ratio * 100) / 100:g} to 1; {pair.needed:g} to 1 is needed.",
                _where_to_change(context, pair),
            )


_HEX = lazy_pattern(r"#[0-9a-f]{3,8}\b", re.IGNORECASE)


def _where_to_change(context: CheckContext, pair: FaintPair) -> str:
    """With the places where a colour is written in the template, as far as it is."""
    written = (_written(context, colour) for colour in (pair.words, pair.under))
    advice = "Choose a lighter or darker colour for the words or for what is behind them."
    return " ".join([advice, *filter(None, written)])


def _written(context: CheckContext, colour: Colour) -> str:
    for file, text in context.template.texts.items():
        for found in _HEX.finditer(text):
            if parse_colour(found[0]) == colour:
                line = text.count("\n", 0, found.start()) + 1
                return f"{colour} stands in {context.template.folder}/{file}, line {line}."
    return ""


@check("contrast-unknown", Severity.INFO)
def contrast_unknown(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """Words on a background picture or a gradient: nobody can compute how well they are read.

    Look at it yourself, with pictures off too. A background-color behind the picture keeps words
    readable where pictures are blocked, as Outlook does by default. The same is said of a colour
    that is not worked out here, such as var(--ink), which few mail clients know.
    """
    for words in faulty_looks(context, _unknown):
        yield ask.finding(
            words.source,
            f'The words "{words.words}" {words.fault}; their contrast cannot be computed.',
            "Look whether they can be read, in light and in dark.",
        )


def _unknown(node: Node) -> str | None:
    """What makes it so."""
    for medium, _ in MEDIA:
        look = medium(node)
        if look.is_seen and look.seen_colours() is None:
            is_colour = look.colour is None
            return "have a colour that is not known here" if is_colour else "stand on a picture"
    return None


@check("link-by-colour", Severity.WARNING, each=Element, tags=("a",))
def link_by_colour(link: Element, ask: Ask) -> Iterator[Finding]:
    """A link within a text that nothing but its colour sets apart, and that hardly.

    Who does not see colours, or reads on a grey screen, does not find it (WCAG 1.4.1). It needs an
    underline, a bolder letter, a background or a line below; or at least a contrast of 3 to 1 with
    the text around it (technique G183).
    """
    page, node = link.page, link.node
    lost = next((name for medium, name in MEDIA if _is_lost(page, node, medium)), None)
    if lost is not None and ask.is_first(one_cause(ask.context, link.source, node)):
        words = quoted("".join(map(str, node.itertext())))
        yield ask.finding(
            link.source,
            f'The link "{words}" can hardly be told from the text around it{lost}.',
            "Underline it: text-decoration: underline.",
        )


def _is_lost(page: Page, link: etree._Element, medium: Medium) -> bool:
    around = link.getparent()
    holder = next((one for one in link.iter() if own_words(one).strip()), None)
    if link.get("href") is None or around is None or holder is None:
        return False
    text, box, words = (medium(page.styles.of(one)) for one in (around, link, holder))
    if not words.is_seen or words.is_underlined or box.has_line_below or box.has_background:
        return False
    if words.weight >= text.weight + 200 or words.size >= text.size * 1.2:
        return False
    mine, theirs = words.seen_colours(), text.seen_colours()
    if mine is None or theirs is None or ratio_of(mine[0], theirs[0]) >= LINK_FROM_TEXT:
        return False
    return len(own_words(around).split()) >= _WORDS_AROUND
