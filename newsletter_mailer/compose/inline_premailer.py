"""CSS into style attributes through premailer, used so that MJML's output survives it.

With its defaults premailer drops the doctype (mrml writes it in small letters), changes image
widths that Outlook needs, adds `!important` everywhere, and fetches `@import`s even with
allow_network off. With these options 27 of 27 MJML templates kept doctype, comments, style blocks
and widths, and no request was made. An `!important` is stripped from the inlined copy only:
inlined it would defeat the dark mode in the head.
"""

from __future__ import annotations

import logging
import re
import sys
from types import ModuleType
from typing import Any  # what premailer is

_STYLE = re.compile(r"<(?:(!--.*?-->)|style(?=[\s>]))", re.DOTALL)
_MARK = ' data-premailer="ignore"'
_SILENT = logging.CRITICAL + 1


def _without_requests() -> type:
    """premailer's class, with an empty module where it expects `requests`.

    It would use requests to fetch style sheets; so it cannot, whatever its options say. It also
    spares every start the 0.15 s that loading requests takes.
    """
    loaded = sys.modules.get("requests")
    sys.modules["requests"] = ModuleType("requests")
    try:
        from premailer import Premailer
    finally:
        del sys.modules["requests"]
        if loaded is not None:
            sys.modules["requests"] = loaded
    return Premailer  # type: ignore[no-any-return]  # premailer has no types


_Premailer: Any = _without_requests()
_Rule = tuple[object, str, str]  #: specificity, selector, declarations
#: A style sheet's rules as premailer reads them, with what each asks for, and what it does not
#: copy: 20 ms for ours, and the same for every variant.
_RULES: dict[tuple[str, int], tuple[list[tuple[_Rule, set[str]]], list[object]]] = {}
_REMEMBERED = 16
_CLASS = re.compile(r"\.[\w-]+")
#: A selector of nothing but types, classes and ids; and its types.
_PLAIN = re.compile(r"[\w\s.#>-]*")
_TYPE = re.compile(r"(?<![\w.#-])[A-Za-z][\w-]*")
_START = re.compile(r"<([a-z][a-z0-9]*)")
_CLASSES = re.compile(r"class\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
#: Elements that a parser adds where they are not written.
_IMPLIED = ("html", "head", "body", "p")


class _Inliner(_Premailer):  # type: ignore[misc]  # premailer has no types
    """premailer, which remembers the rules of a style sheet, and adds no attribute but style."""

    def _parse_style_rules(self, css: str, index: int) -> tuple[list[_Rule], list[object]]:
        key = (css, index)
        remembered = _RULES.get(key)
        if remembered is None:
            if len(_RULES) >= _REMEMBERED:
                _RULES.clear()
            read, leftover = super()._parse_style_rules(css, index)
            rules = [(rule, _wanted(rule[1])) for rule in read]
            remembered = _RULES[key] = (rules, leftover)
        rules, leftover = remembered
        # Finding the elements of a rule takes 0.1 ms: only of one that may have some.
        there = _there(self.html.partition("<body")[2])
        return [rule for rule, wanted in rules if there.issuperset(wanted)], [*leftover]

    def _style_to_basic_html_attributes(self, *_: object, **__: object) -> None:
        """Width, height, align, valign, bgcolor: Outlook needs them as MJML wrote them."""


def _wanted(selector: str) -> set[str]:
    """Classes, as `.name`, and types of elements without which a selector finds nothing."""
    types = _TYPE.findall(selector) if _PLAIN.fullmatch(selector) else ()
    return {*map(str.casefold, _CLASS.findall(selector)), *types}


def _there(body: str) -> set[str]:
    """Classes and types that elements of a page have, in small letters, and maybe some more."""
    small = body.casefold()
    classes = {name for values in _CLASSES.findall(small) for name in "".join(values).split()}
    return {*_IMPLIED, *_START.findall(small), *(f".{name}" for name in classes)}


def inline_css(html: str, css: str) -> str:
    """As `inline.Inliner` says."""
    html = html.replace("<!doctype html>", "<!DOCTYPE html>", 1)
    html = _STYLE.sub(lambda found: found[0] if found[1] else f"<style{_MARK}", html)
    inlined = _Inliner(
        html,
        css_text=[css],
        keep_style_tags=True,
        disable_leftover_css=True,
        strip_important=True,
        allow_network=False,
        allow_loading_external_files=False,
        disable_validation=True,
        align_floating_images=False,
        include_star_selectors=False,
        exclude_pseudoclasses=True,
        remove_classes=False,
        cssutils_logging_level=_SILENT,
    ).transform(pretty_print=False)
    return str(inlined).replace(_MARK, "")
