"""Which rules of a style sheet mean the same for a section whatever stands beside it."""

from __future__ import annotations

import re
from functools import lru_cache

#: Comments, and what is quoted: no mark in them is one of the style sheet's.
_NO_MARKS = re.compile(r"/\*.*?\*/|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)
_ATTRIBUTE = re.compile(r"\[[^\]]*\]")
_SELECTORS = re.compile(r"([^{}]+)\{")
_BESIDE = re.compile(r"[:+~]")  #: of what hangs on an element's siblings, or may
#: A first part that asks for nothing beside it, with something within it. A backslash may make a
#: blank or a mark part of a name.
_FIRST = re.compile(r"([^\s:+~>\\]+)(?:\s*>\s*|\s+)(?![+~>])[^+~\s]")
_NAMED = re.compile(r"\b(?:class|id)=\"([^\"]*)\"")
_NAME = re.compile(r"[.#]([\w-]+)")


def hangs_on_neighbours(css: str, around: str) -> bool:
    """Whether a rule may find other elements in a section when other sections stand beside it.

    A rule that asks for siblings (`+`, `~`, `:first-child`) means the same everywhere if what it
    asks that of stands within an element of the section itself: one with a class or id that
    nothing `around`, the page up to the first section, has.
    """
    wanted = _own_names(css)
    if not wanted:
        return False
    taken = {name for value in _NAMED.findall(around) for name in value.split()}
    return any(taken.issuperset(names) for names in wanted)


@lru_cache(maxsize=16)
def _own_names(css: str) -> tuple[tuple[str, ...], ...]:
    """Of each selector that asks for siblings: the names that its first part has, if it may."""
    found = _SELECTORS.findall(_ATTRIBUTE.sub("[]", _NO_MARKS.sub("", css)))
    selectors = (one.strip() for group in found for one in group.split(","))
    return tuple(_names_of_first(one) for one in selectors if _BESIDE.search(one))


def _names_of_first(selector: str) -> tuple[str, ...]:
    """Classes and ids of the element that all others stand within; none if it has siblings."""
    parted = _FIRST.match(selector)
    return tuple(_NAME.findall(parted[1])) if parted else ()
