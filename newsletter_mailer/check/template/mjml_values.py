"""What an attribute of MJML takes, and what the compiler here makes of it."""

from __future__ import annotations

import re
from functools import lru_cache

from tinycss2.color4 import parse_color

from newsletter_mailer.lazy_patterns import lazy_pattern

#: Attributes that MJML 5.4 documents and mrml 6.0.1 does not look at: nothing changes in what it
#: writes, whatever their value (measured: tests/check/test_mjml_lint.py does it again).
IGNORED: dict[str, frozenset[str]] = {
    "mj-accordion-title": frozenset({"font-weight"}),
    "mj-button": frozenset({"title"}),
    "mj-hero": frozenset({"border-radius", "mode"}),
    "mj-image": frozenset({"border-bottom", "border-top", "sizes"}),
    "mj-section": frozenset({"gutter", "text-padding"}),
    "mj-social": frozenset({"border", "table-layout"}),
    "mj-spacer": frozenset(
        {"border", "border-bottom", "border-left", "border-right", "border-top"}
    ),
    "mj-style": frozenset({"inline"}),
    "mj-table": frozenset({"font-weight", "role"}),
    "mj-text": frozenset({"background-color"}),
    "mj-wrapper": frozenset({"gap", "gutter", "text-padding"}),
}
#: Components whose padding decides how wide something is for Outlook; whether it has one by itself.
PADDED = {
    "mj-column": False,
    "mj-divider": True,
    "mj-image": True,
    "mj-section": False,
    "mj-wrapper": False,
}
_WORDS_FOR_COLOURS = frozenset({"inherit", "initial", "none", "transparent", ""})
_UNIT = lazy_pattern(r"unit(WithNegative)?\(([^)]*)\)(?:\{(\d+),(\d+)\})?")
_PIXELS = lazy_pattern(r"\d+(?:\.\d+)?px")
_ZERO = lazy_pattern(r"0+(?:\.0+)?(?:px|%)?")


@lru_cache(maxsize=1024)
def complaint(takes: str, value: str) -> str | None:
    """What the value should be, if it is not that. `takes`: in MJML's words."""
    value = " ".join(value.split())
    if takes == "color":
        is_colour = value.lower() in _WORDS_FOR_COLOURS or parse_color(value) is not None
        return None if is_colour else "a colour, such as #1d5c5c"
    if takes == "integer":
        return None if value.isdecimal() else "a whole number"
    if takes == "boolean":
        return None if value in ("true", "false") else "true or false"
    if takes.startswith("enum("):
        choices = takes[5:-1].split(",")
        named = [f'"{choice}"' for choice in choices if choice]
        return None if value in choices else " or ".join(named)
    unit = _UNIT.fullmatch(takes)
    if unit is None:
        return None
    units = unit[2].split(",")
    least, most = int(unit[3] or 1), int(unit[4] or 1)
    sign = "-?" if unit[1] else ""
    suffixes = "|".join(re.escape(one) for one in units if one != "auto")
    one = rf"(?:{sign}(?:\d+(?:\.\d*)?|\.\d+)(?:{suffixes})|0"
    one += "|auto)" if "auto" in units else ")"
    if re.fullmatch(rf"{one}(?: {one}){{{least - 1},{most - 1}}}", value):
        return None
    example = " or ".join(f"20{one}" if one != "auto" else one for one in units)
    return f"{example}{'' if most == 1 else f', up to {most} of them'}"


def wrong_padding(component: str, name: str, value: str) -> bool:
    """Whether mrml leaves the padding out when it computes widths.

    It reads pixels only: in "0 20px" the 0 makes it drop all four sides, and a `padding-left` of
    0 is dropped for what MJML pads by itself. CSS has the padding, Outlook's widths do not.
    """
    sides = value.split()
    if component not in PADDED or not 1 <= len(sides) <= 4:
        return False
    if all(_PIXELS.fullmatch(side) for side in sides):
        return False
    if name == "padding":
        right = sides[1] if len(sides) > 1 else sides[0]
        left = sides[3] if len(sides) == 4 else right
        return not (_ZERO.fullmatch(left) and _ZERO.fullmatch(right))
    if name in ("padding-left", "padding-right"):
        return PADDED[component] or not _ZERO.fullmatch(sides[0])
    return False
