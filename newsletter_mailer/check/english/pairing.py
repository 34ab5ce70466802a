"""Brackets and quotation marks that lack their other half, within one paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from newsletter_mailer.lazy_patterns import lazy_pattern

_CLOSES = {")": "(", "]": "[", "”": "“"}
_OPENS = {"(": ")", "[": "]", "“": "”"}
_NAMES = {"(": "bracket", ")": "bracket", "[": "bracket", "]": "bracket"}
_MARK = lazy_pattern(r"[()\[\]“”\"]")
#: What looks like a bracket and is none: 1) and a), faces such as :-) and ;(.
_NO_BRACKET = lazy_pattern(r"(?:(?<=\s)|^)(?:[A-Za-z]|\d{1,2}|[ivx]{1,5})\)|[:;=8]['’]?-?[()]")
#: Inches and seconds: 12", 5'10".
_INCHES = lazy_pattern(r"(?<=\d)\"(?!\w)")
#: A single quotation mark is one only before a word that does not begin with an apostrophe.
_OPENING = lazy_pattern(
    r"(?:(?<=[\s(\[“\"—–-])|^)['‘]"
    r"(?!\d|(?:tis|twas|twere|twill|twould|tween|em|im|er|n|cause|cos|til|till|round|bout|ere|ello"
    r"|appen|nuff|gainst|neath|nother|tude|s|t)\b)(?=\w)",
    re.IGNORECASE,
)
_CLOSING = lazy_pattern(r"(?<=[\w.,!?…)\]%])['’](?!\w)")


class Unpaired(NamedTuple):
    """A mark without its other half, and where it stands."""

    mark: str
    start: int
    end: int
    is_opening: bool

    @property
    def name(self) -> str:
        return _NAMES.get(self.mark, "quotation mark")


def unpaired(text: str) -> Iterator[Unpaired]:
    """The marks of a paragraph that lack their other half.

    An apostrophe is no quotation mark: children's, managers', 'tis, '90s. A closing single mark can
    not be told from an apostrophe, so it is never missed an opening one.
    """
    if not _MARK.search(text) and "'" not in text and "‘" not in text:
        return
    ignored = {
        found.end() - 1 for pattern in (_NO_BRACKET, _INCHES) for found in pattern.finditer(text)
    }
    opened: dict[str, list[int]] = {"(": [], "[": [], "“": []}
    for found in _MARK.finditer(text):
        mark, at = found[0], found.start()
        if mark == '"':
            if at in ignored and not opened["“"]:
                continue
            mark = "”" if opened["“"] else "“"
        if mark in _OPENS:
            if at not in ignored:
                opened[mark].append(at)
        elif opened[_CLOSES[mark]]:
            opened[_CLOSES[mark]].pop()
        elif at not in ignored:
            yield Unpaired(found[0], at, at + 1, is_opening=False)
    for places in opened.values():
        for at in places:
            yield Unpaired(text[at], at, at + 1, is_opening=True)
    yield from _single(text)


def _single(text: str) -> Iterator[Unpaired]:
    """Each opening single mark takes the next closing one that is still free."""
    closing = iter([found.start() for found in _CLOSING.finditer(text)])
    for found in _OPENING.finditer(text):
        if not any(at > found.start() for at in closing):
            yield Unpaired(found[0], *found.span(), is_opening=True)
