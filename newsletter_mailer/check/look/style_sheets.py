"""Style sheets: rules, the readers whom they are for, and what they declare."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import tinycss2
from tinycss2 import ast

from newsletter_mailer.check.look.colours import parse_colour
from newsletter_mailer.check.look.parsed_sheets import parsed_sheet
from newsletter_mailer.check.look.selectors import Selector, parse_selectors
from newsletter_mailer.lazy_patterns import lazy_pattern


class Medium(NamedTuple):
    """How a reader looks at a mail."""

    is_dark: bool
    width: int  #: pixels


#: The three that are told apart.
LIGHT, DARK, PHONE = Medium(False, 640), Medium(True, 640), Medium(False, 375)
MEDIA = (LIGHT, DARK, PHONE)


class Declarations(NamedTuple):
    """Values by property, in lower case; shorthands taken apart as far as we read them."""

    usual: Mapping[str, str]
    important: Mapping[str, str]


class StyleRule(NamedTuple):
    selector: Selector
    declares: Declarations
    media: tuple[bool, bool, bool]  #: whether it counts in each of MEDIA
    order: int  #: its place among all of a page


@lru_cache(maxsize=16)
def parse_sheets(sheets: tuple[tuple[str, str], ...]) -> tuple[StyleRule, ...]:
    """The rules of a page. `sheets`: the `media` attribute and the text of each `style`.

    What a browser drops is dropped. `@supports`, `@layer` and `@import` are not looked into: few
    mail clients know them.
    """
    rules: list[StyleRule] = []
    for media, text in sheets:
        meant = _media(media)
        try:
            found = [*_rules(parsed_sheet(text), meant)]
        except RecursionError:  # thousands of nested brackets: no client reads on there either
            continue
        for selectors, declares, applies in found:
            rules.extend(
                StyleRule(selector, declares, applies, len(rules) + nth)
                for nth, selector in enumerate(selectors)
            )
    return tuple(rules)


def _rules(
    nodes: Sequence[ast.Node], meant: tuple[bool, bool, bool]
) -> Iterator[tuple[tuple[Selector, ...], Declarations, tuple[bool, bool, bool]]]:
    for node in nodes:
        if isinstance(node, ast.QualifiedRule):
            declares = _declared(tinycss2.parse_blocks_contents(node.content, True, True))
            if declares.usual or declares.important:
                yield parse_selectors(tinycss2.serialize(node.prelude)), declares, meant
        elif isinstance(node, ast.AtRule) and node.lower_at_keyword == "media" and node.content:
            inner = _media(tinycss2.serialize(node.prelude))
            both = (meant[0] and inner[0], meant[1] and inner[1], meant[2] and inner[2])
            if any(both):
                yield from _rules(tinycss2.parse_rule_list(node.content, True, True), both)


_FEATURE = lazy_pattern(r"\(\s*([a-z-]+)\s*(?::\s*([^()]*?)\s*)?\)")
_PIXELS = lazy_pattern(r"(\d+(?:\.\d+)?)(px|em|rem)?")


def _media(query: str) -> tuple[bool, bool, bool]:
    light, dark, phone = (media_matches(query, medium) for medium in MEDIA)
    return light, dark, phone


@lru_cache(maxsize=256)
def media_matches(query: str, medium: Medium) -> bool:
    """Whether a media query holds. One with a feature that is not known here does not."""
    alternatives = query.lower().split(",")
    return not query.strip() or any(_one_matches(one.strip(), medium) for one in alternatives)


def _one_matches(query: str, medium: Medium) -> bool:
    is_negated = query.startswith("not ")
    words = re.findall(r"[a-z-]+", _FEATURE.sub(" ", query))
    if {*words} - {"only", "not", "and", "screen", "all"}:
        holds = False
    else:
        holds = all(_has_feature(one[1], one[2], medium) for one in _FEATURE.finditer(query))
    return holds is not is_negated


def _has_feature(name: str, value: str | None, medium: Medium) -> bool:
    if name == "prefers-color-scheme":
        return value == ("dark" if medium.is_dark else "light")
    number = _PIXELS.fullmatch(value or "")
    if number is None:
        return False
    pixels = float(number[1]) * (16 if number[2] in ("em", "rem") else 1)
    match name:
        case "min-width" | "min-device-width":
            return medium.width >= pixels
        case "max-width" | "max-device-width":
            return medium.width <= pixels
    return False


_HARD = lazy_pattern(r"""["'(\\]|/\*""")
_IMPORTANT = lazy_pattern(r"\s*!\s*important$")


@lru_cache(maxsize=4096)
def parse_style(text: str) -> Declarations:
    """The declarations of a `style` attribute."""
    if _HARD.search(text):
        try:
            return _declared(tinycss2.parse_blocks_contents(text, True, True))
        except RecursionError:  # thousands of nested brackets: no value
            return Declarations({}, {})
    usual: dict[str, str] = {}
    important: dict[str, str] = {}
    for one in text.lower().split(";"):
        name, colon, value = one.partition(":")
        if colon:
            bare = _IMPORTANT.sub("", value.strip())
            kept = important if len(bare) < len(value.strip()) else usual
            kept.update(_longhands(name.strip(), bare))
    return Declarations(usual, important)


def _declared(nodes: list[ast.Node]) -> Declarations:
    usual: dict[str, str] = {}
    important: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Declaration):
            value = tinycss2.serialize(node.value).strip().lower()
            kept = important if node.important else usual
            kept.update(_longhands(node.lower_name, value))
    return Declarations(usual, important)


#: What tells how words look and how large a link is. Nothing else is kept.
_KEPT = frozenset(
    {
        "color", "background-color", "background-image", "color-scheme", "display", "visibility",
        "opacity", "font-size", "font-weight", "line-height", "text-align", "text-transform",
        "text-decoration", "height", "padding-top", "padding-bottom", "margin-top",
        "margin-bottom", "border-top", "border-bottom",
    }
)  # fmt: skip
_FONT_SIZE = lazy_pattern(r"(?:^|\s)(\d*\.?\d+(?:px|pt|em|rem|%))(?:\s*/\s*([\d.]+[a-z%]*))?")
_FONT_WEIGHT = lazy_pattern(r"(?:^|\s)(bold|[1-9]00)(?=\s)")
_COLOURS = ("color", "background-color")
_WORDS_FOR_COLOURS = frozenset({"inherit", "initial", "unset", "currentcolor", "transparent"})


def _longhands(name: str, value: str) -> Iterator[tuple[str, str]]:
    match name:
        case "background":
            yield from _background(value)
        case "font":
            size, weight = _FONT_SIZE.search(value), _FONT_WEIGHT.search(value)
            if size:
                yield "font-size", size[1]
                yield "line-height", size[2] or "normal"
                yield "font-weight", weight[1] if weight else "normal"
        case "padding" | "margin":
            sides = value.split()
            if 1 <= len(sides) <= 4:
                yield f"{name}-top", sides[0]
                yield f"{name}-bottom", sides[2] if len(sides) > 2 else sides[0]
        case "border":
            yield "border-top", value
            yield "border-bottom", value
        case "text-decoration-line":
            yield "text-decoration", value
        case _ if name in _COLOURS:
            if value in _WORDS_FOR_COLOURS or "var(" in value or parse_colour(value):
                yield name, value
        case _ if name in _KEPT:
            yield name, value


def _background(value: str) -> Iterator[tuple[str, str]]:
    """Its colour and whether there is a picture; the rest of the shorthand is of no use here."""
    if parse_colour(value) or value in _WORDS_FOR_COLOURS:
        yield "background-color", value
        yield "background-image", "none"
        return
    tokens = tinycss2.parse_component_value_list(value)
    is_picture = any(
        isinstance(one, ast.URLToken)
        or (
            isinstance(one, ast.FunctionBlock)
            and (one.lower_name == "url" or "gradient" in one.lower_name)
        )
        for one in tokens
    )
    texts = (tinycss2.serialize([one]) for one in tokens if one.type != "whitespace")
    colour = next((text for text in texts if parse_colour(text) or "var(" in text), "transparent")
    yield "background-color", colour
    yield "background-image", "a picture" if is_picture else "none"
