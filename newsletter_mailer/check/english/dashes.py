"""Dashes that break a sentence, told apart from ranges and from joined words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from newsletter_mailer.lazy_patterns import lazy_pattern

DASHES = {"-": "a hyphen", "–": "an en dash", "—": "an em dash"}
#: With blanks around it any of them; the em dash without blanks too, between letters.
_DASH = lazy_pattern(
    r"(?<=\S)[ \n\u00a0]+(?P<mark>--?|–|—)[ \n\u00a0]+(?=\S)|(?<=\w)(?P<tight>—)(?=\w)"
)
_NAMED = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tues?|wed|thur?s?|fri|sat|sun|january|february"
    r"|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul"
    r"|aug|sept?|oct|nov|dec|noon|midday|midnight|now|today"
)
_NUMBER = r"[£€#]?\d[\d.,:/]*(?:am|pm|st|nd|rd|th|k|m|%)?|[ap]\.?m\.?|years?|[A-Z]"
#: What a range begins and ends with: a number, a time, a day, a month, a single letter.
_LEFT = lazy_pattern(rf"(?:(?i:\b(?:{_NAMED}))|(?<!\w)(?:{_NUMBER}))[.,)]?$")
_RIGHT = lazy_pattern(rf"(?:(?i:(?:{_NAMED})\b)|(?:{_NUMBER})(?!\w))")

_NEAR = 12  #: letters before a dash that are looked at


class Dash(NamedTuple):
    """One that breaks a sentence, and where it stands."""

    mark: str  #: a key of DASHES
    start: int
    end: int


def dashes(text: str) -> Iterator[Dash]:
    for found in _DASH.finditer(text):
        group = "mark" if found["mark"] else "tight"
        left = text[max(0, found.start() - _NEAR) : found.start()]
        if not (_LEFT.search(left) and _RIGHT.match(text, found.end())):
            yield Dash(found[group][0], *found.span(group))
