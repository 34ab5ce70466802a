"""Accessibility, dark mode: what is lost where a reader's screen is dark."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.context.faulty_looks import faulty_looks
from newsletter_mailer.check.context.pictures import ShownPicture
from newsletter_mailer.check.look.colours import BLACK, Colour, contrast
from newsletter_mailer.check.look.drawn_colours import drawn_colours
from newsletter_mailer.check.look.looks import Look
from newsletter_mailer.check.look.styles import Node
from newsletter_mailer.check.page.page import Page
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.lazy_patterns import lazy_pattern

_META = '<meta name="color-scheme" content="light dark" />'
_ROOT = ":root { color-scheme: light dark; }"
_ROOT_RULE = lazy_pattern(r"(?::root|\bhtml)\b[^{}]*\{[^{}]*\bcolor-scheme\s*:", re.IGNORECASE)


@check("undeclared-dark-mode", Severity.WARNING, each=Page)
def undeclared_dark_mode(page: Page, ask: Ask) -> Iterator[Finding]:
    """A page that does not say whether it can be dark (color-scheme).

    Apple Mail and others then darken it as they see fit, and pay no attention to its own colours
    for dark mode. It is said twice, as some read the one and some the other (Litmus, dark mode;
    mjmlio/mjml#2010): in mj-head by <mj-raw><meta name="color-scheme" content="light dark" />
    </mj-raw>, in head.css by :root { color-scheme: light dark; }. A page that shall stay light says
    "light only".
    """
    missing = [*_not_declared(page)]
    if missing:
        yield ask.finding(
            ask.context.in_template("mj-head"),
            f"The page does not say whether it can be dark: {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing.",
            f"Add {_META} in mj-raw and {_ROOT} to head.css; light only if it cannot.",
        )


def _not_declared(page: Page) -> Iterator[str]:
    if not any(
        one.get("name", "").lower() == "color-scheme" and one.get("content", "").strip()
        for one in page.tree.iter("meta")
    ):
        yield "<meta> color-scheme"
    if not any(_ROOT_RULE.search(sheet) for sheet in page.style_sheets):
        yield "color-scheme of :root"


@check("colour-pair", Severity.WARNING)
def colour_pair(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """Words whose background has a colour and they have none, or the other way round.

    A mail program that shows light words on dark paints the one and not the other: white words on
    a cream box (WCAG failure F24). Wherever a template sets background-color it sets color too, on
    the same box or one around it. A colour without a background is only information, and black
    words are left alone: MJML itself writes those. So are links, for which every program has a
    colour that suits its background.
    """
    for words in faulty_looks(context, _half_a_pair):
        is_painted = words.fault
        yield ask.finding(
            words.source,
            f'The words "{words.words}" have '
            + ("a background-color but no color." if is_painted else "a color but no background."),
            f"Set {'color' if is_painted else 'background-color'} too, here or on a box around it.",
            None if is_painted else Severity.INFO,
        )


def _half_a_pair(node: Node) -> bool | None:
    """Whether it is the background that is there; None where both or none are."""
    look: Look = node.light
    if look.is_painted is look.is_coloured or node.tag == "a":
        return None
    if look.is_painted:
        return True
    return None if look.colour == BLACK else False


#: What can hardly be seen: graphics need 3 to 1 (WCAG 2.2, 1.4.11), here for nine points in ten.
_SEEN_FROM, _LOST_FROM = 3.0, 0.9
_THIN = 2  #: pixels; a picture no wider or higher is a line or holds a space


@check("dark-picture", Severity.WARNING, each=ShownPicture)
def dark_picture(shown: ShownPicture, ask: Ask) -> Iterator[Finding]:
    """A dark drawing on a transparent ground, such as a logo, that is lost in dark mode.

    What shines through is then the dark background. Give the picture a white ground or a light rim,
    or the box around it a background that stays light. The points of a PNG are looked at; where
    they cannot be (a GIF, a very large PNG) it is only information that there is something to look
    at. A picture without transparent parts, as every JPEG is, brings its own ground.
    """
    picture, image = shown.picture, shown.element
    ground = _dark_ground(image.page.styles.of(image.node))
    if ground is None or min(picture.width, picture.height) <= _THIN:
        return
    colours = drawn_colours(picture) if picture.header.has_transparency else {}
    if colours is None:
        yield ask.finding(
            shown.source,
            f"{picture.path} has transparent parts and stands on {ground} in dark mode.",
            "Look whether it is seen there; a white ground is always safe.",
            Severity.INFO,
        )
    elif _lost(colours, ground) >= _LOST_FROM:
        yield ask.finding(
            shown.source,
            f"{picture.path} is dark on a transparent ground; in dark mode it stands on "
            f"{ground} and can hardly be seen.",
            "Save it on a white ground or with a light rim.",
        )


def _dark_ground(image: Node) -> Colour | None:
    """What shines through it in dark mode, if that differs from what does so in light."""
    ground = image.dark.backdrop
    if ground is None or ground == image.light.backdrop or not image.dark.is_there:
        return None
    return ground


def _lost(colours: Mapping[Colour, int], ground: Colour) -> float:
    """The part of its points that is hardly seen on that."""
    lost = sum(count for one, count in colours.items() if contrast(one, ground) < _SEEN_FROM)
    return lost / (sum(colours.values()) or 1)
