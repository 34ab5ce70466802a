"""How an element looks: computed from its parent's look and from what is declared for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from newsletter_mailer.check.look.colours import BLACK, WHITE, Colour, parse_colour
from newsletter_mailer.lazy_patterns import lazy_pattern

#: What Chromium paints under a page that says it can be dark (color-scheme), and on it.
_DARK_CANVAS, _DARK_LINK = Colour(18 / 255, 18 / 255, 18 / 255), Colour(158 / 255, 158 / 255, 1.0)
_LINK = Colour(0.0, 0.0, 238 / 255)
_MEDIUM = 16.0  #: pixels: the size of letters that browsers begin with
#: `line-height: normal`: what fonts of mail ask for, about.
_NORMAL = 1.2
#: Letters of this size are not meant to be seen: the hidden preheader, white space between boxes.
_UNREAD = 2.0


class Look(NamedTuple):
    """One element in one medium. Lengths in pixels."""

    is_there: bool = True  #: false under display: none
    is_visible: bool = True
    colour: Colour | None = BLACK  #: of its words; None where it cannot be known
    backdrop: Colour | None = WHITE  #: what lies under its words; None where that is a picture
    #: Opacities of it and its ancestors, the outermost first, each with what lies under that one.
    veils: tuple[tuple[float, Colour | None], ...] = ()
    has_background: bool = False  #: of its own
    is_coloured: bool = False  #: it or a box around it says the colour of words
    is_painted: bool = False  #: it or a box around it has a background
    can_be_dark: bool = False  #: the page declares color-scheme: dark, and this is the dark medium
    size: float = _MEDIUM  #: of letters
    weight: int = 400
    line: float = _MEDIUM * _NORMAL
    factor: float | None = _NORMAL  #: line / size where children inherit that, not the line
    align: str = "start"
    transform: str = "none"
    is_underlined: bool = False
    display: str = "block"
    height: float | None = None
    padding: float = 0.0  #: above and below together
    border: float = 0.0  #: above and below together
    margin: float = 0.0  #: to its neighbours, the larger of above and below
    has_line_below: bool = False  #: a border

    @property
    def is_seen(self) -> bool:
        faded = any(opacity == 0 for opacity, _ in self.veils)
        return self.is_there and self.is_visible and self.size > _UNREAD and not faded

    @property
    def is_large(self) -> bool:
        """What WCAG calls large text: 18 point, or 14 point and bold."""
        return self.size >= 24 or (self.size >= 14 * 4 / 3 - 0.01 and self.weight >= 700)

    def seen_colours(self) -> tuple[Colour, Colour] | None:
        """Of the words and of what lies under them. None where it cannot be known."""
        if self.colour is None or self.backdrop is None:
            return None
        words, under = self.colour.over(self.backdrop), self.backdrop
        for opacity, below in reversed(self.veils):
            if below is None:
                return None
            words, under = words.faded(opacity).over(below), under.faded(opacity).over(below)
        return words, under


def first_look(*, is_dark: bool) -> Look:
    """What there is before anything is declared: the blank page."""
    if is_dark:
        return Look(colour=WHITE, backdrop=_DARK_CANVAS, can_be_dark=True)
    return Look()


def look_of(parent: Look, declared: Mapping[str, str], *, is_link: bool) -> Look:
    """The look of an element in one medium. `declared`: what won the cascade, by property."""
    get = declared.get
    size = _size(get("font-size"), parent.size)
    line, factor = _line(get("line-height"), size, parent)
    colour = _colour(get("color"), parent, is_link=is_link)
    opacity = _opacity(get("opacity"))
    veils = parent.veils
    if opacity < 1:
        veils = (*veils, (opacity, parent.backdrop))
    backdrop, has_background = _backdrop(get("background-color"), get("background-image"), parent)
    decoration = get("text-decoration", "")
    below = _border(get("border-bottom"))
    return Look(
        is_there=parent.is_there and get("display") != "none",
        is_visible=_visible(get("visibility"), parent),
        colour=colour,
        backdrop=backdrop,
        veils=veils,
        has_background=has_background,
        is_coloured=parent.is_coloured or "color" in declared,
        is_painted=parent.is_painted or has_background,
        can_be_dark=parent.can_be_dark,
        size=size,
        weight=_weight(get("font-weight"), parent.weight),
        line=line,
        factor=factor,
        align=_inherited(get("text-align"), parent.align),
        transform=_inherited(get("text-transform"), parent.transform),
        is_underlined=parent.is_underlined or "underline" in decoration,
        display=get("display", "inline"),
        height=_length(get("height"), size),
        padding=(_length(get("padding-top"), size) or 0)
        + (_length(get("padding-bottom"), size) or 0),
        border=_border(get("border-top")) + below,
        margin=max(_length(get("margin-top"), size) or 0, _length(get("margin-bottom"), size) or 0),
        has_line_below=below > 0,
    )


def _inherited(value: str | None, inherited: str) -> str:
    return inherited if value in (None, "inherit", "unset") else str(value)


def _visible(value: str | None, parent: Look) -> bool:
    if value in ("hidden", "collapse"):
        return False
    return True if value in ("visible", "initial") else parent.is_visible


def _colour(value: str | None, parent: Look, *, is_link: bool) -> Colour | None:
    if value is None and is_link:
        return _DARK_LINK if parent.can_be_dark else _LINK
    if value in (None, "inherit", "unset", "currentcolor"):
        return parent.colour
    if value == "initial":
        return WHITE if parent.can_be_dark else BLACK
    return parse_colour(str(value))


def _backdrop(colour: str | None, picture: str | None, parent: Look) -> tuple[Colour | None, bool]:
    """What lies under the words, and whether the element brought it."""
    if picture not in (None, "none", "initial", "unset"):
        return None, True
    if colour in (None, "transparent", "initial", "unset"):
        return parent.backdrop, False
    if colour == "inherit":
        return (parent.backdrop, True) if parent.has_background else (parent.backdrop, False)
    painted = parent.colour if colour == "currentcolor" else parse_colour(str(colour))
    if painted is None:
        return None, True
    if painted.alpha == 0:
        return parent.backdrop, False
    if painted.alpha == 1:
        return painted, True
    return (None if parent.backdrop is None else painted.over(parent.backdrop)), True


_NUMBER = lazy_pattern(r"([+-]?(?:\d+\.?\d*|\.\d+))([a-z%]*)")
_UNITS = {
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "rem": _MEDIUM,
}
_SIZES = {
    "xx-small": 9.0,
    "x-small": 10.0,
    "small": 13.0,
    "medium": _MEDIUM,
    "initial": _MEDIUM,
    "large": 18.0,
    "x-large": 24.0,
    "xx-large": 32.0,
}


def _length(value: str | None, em: float, whole: float | None = None) -> float | None:
    """In pixels; None where that is not known. `whole`: what 100% is."""
    found = _NUMBER.fullmatch(value) if value else None
    if found is None:
        return None
    number, unit = float(found[1]), found[2]
    if unit == "%":
        return None if whole is None else number / 100 * whole
    if unit == "em":
        return number * em
    if not unit:
        return 0.0 if number == 0 else None
    factor = _UNITS.get(unit)
    return None if factor is None else number * factor


def _size(value: str | None, inherited: float) -> float:
    if value is None:
        return inherited
    if value in _SIZES:
        return _SIZES[value]
    if value in ("smaller", "larger"):
        return inherited / 1.2 if value == "smaller" else inherited * 1.2
    size = _length(value, inherited, inherited)
    return inherited if size is None or size < 0 else size


def _line(value: str | None, size: float, parent: Look) -> tuple[float, float | None]:
    if value in (None, "inherit", "unset"):
        return (
            (parent.line, None) if parent.factor is None else (size * parent.factor, parent.factor)
        )
    if value in ("normal", "initial"):
        return size * _NORMAL, _NORMAL
    found = _NUMBER.fullmatch(str(value))
    if found and not found[2]:
        return size * float(found[1]), float(found[1])
    line = _length(value, size, size)
    return (parent.line, parent.factor) if line is None else (line, None)


def _weight(value: str | None, inherited: int) -> int:
    match value:
        case "bold" | "bolder":
            return 700
        case "normal" | "initial" | "lighter":
            return 400
    return int(value) if value and re.fullmatch(r"[1-9]\d{0,2}", value) else inherited


def _opacity(value: str | None) -> float:
    found = _NUMBER.fullmatch(value) if value else None
    if found is None or found[2] not in ("", "%"):
        return 1.0
    return min(1.0, max(0.0, float(found[1]) / (100 if found[2] else 1)))


def _border(value: str | None) -> float:
    """Of a `border` shorthand; without a style there is none."""
    words = (value or "").split()
    if not {*words} & {"solid", "dashed", "dotted", "double", "groove", "ridge", "inset", "outset"}:
        return 0.0
    widths = {"thin": 1.0, "medium": 3.0, "thick": 5.0}
    for word in words:
        length = widths.get(word, _length(word, _MEDIUM))
        if length is not None:
            return length
    return 3.0
