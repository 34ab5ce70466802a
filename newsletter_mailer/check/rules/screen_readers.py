"""Accessibility, screen readers: words that only who sees them can follow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.lazy_patterns import lazy_pattern

_COLOUR = (
    "red|green|blue|yellow|orange|purple|pink|grey|gray|black|white|teal|amber|brown|turquoise"
)
_THING = "box|boxes|button|buttons|link|links|banner|panel|tab|tile|arrow|icon|bar|section|column"
_RIGHT_BY_ITSELF = r"""
    (?:left|right)\b(?=\s*(?:[.,;:!?)]|$|of\s+(?:the|this|your)\s+(?:page|screen|e-?mail|message)
    |(?:shows|lists|gives|tells|has|is|are|to\s+(?:book|register|download|join))\b))
"""
_BY_SIGHT = lazy_pattern(
    rf"""
      \b(?:click|press|tap|select|choose|use|hit|follow|see|fill\ in|complete|look\ (?:at|for))
      \s+(?:on\s+)?(?:the|a|any)\s+(?:\w+\s+)?(?:{_COLOUR})\s+(?:{_THING})\b(?!\s*["“‘'])
    | \b(?:{_THING}|menu|form|picture|text|list|table)\s+(?:(?:is|are)\s+)?(?:on|to|at)
      \s+(?:the|your)\s+(?:(?:left|right)[- ]hand\s+side\b|{_RIGHT_BY_ITSELF})
    | \b(?:marked|shown|highlighted|written|printed|listed|given|items|dates|events|names|words
      |text|fields|questions|entries)\s+in\s+(?:{_COLOUR})\b(?!\s+(?:(?-i:[A-Z])|papers?\b))
    | \b(?:left|right)[- ]hand\s+(?:{_THING}|menu)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


@check("by-sight", Severity.INFO, each=Passage)
def by_sight(passage: Passage, ask: Ask) -> Iterator[Finding]:
    """An instruction that only those can follow who see colours and places.

    "Click the green button", "the box on the right", "dates in red": who listens to the mail, or
    reads it on a phone where everything stands in one column, finds none of them (WCAG 1.3.3 and
    1.4.1). Name the thing: "Book a place", "the list of dates", "dates that have changed".
    """
    for found in _BY_SIGHT.finditer(passage.text):
        yield ask.finding(
            passage.at(*found.span()),
            f'"{" ".join(found[0].split())}" can only be followed by sight.',
            "Name what is meant by its words or heading.",
        )


_LETTERS = lazy_pattern(r"[^\W\d_]+")


@check("all-capitals", Severity.INFO, each=Passage)
def all_capitals(passage: Passage, ask: Ask) -> Iterator[Finding]:
    """A title or paragraph written in capitals throughout.

    Words lose the shape that they are read by, and some screen readers spell them out. Four words
    or more count, so that acronyms do not.
    """
    if passage.where in ("subject", "preheader") or not passage.text.isupper():
        return
    words = [word for word in _LETTERS.findall(passage.text) if len(word) > 1]
    if len(words) >= 4 and sum(map(len, words)) >= 20:
        yield ask.finding(
            passage.at(0, len(passage.text)),
            "This is written in capitals throughout.",
            "Write it in small letters; **bold** if it must stand out.",
        )


_SKIN = "\U0001f3fb-\U0001f3ff"  #: five tones, which belong to the sign before them
_EMOJI = rf"(?![{_SKIN}])[\U0001f300-\U0001faff\u2600-\u27bf][\ufe0f{_SKIN}]*"
#: With a joiner several are one: a family, a profession. A flag is two letters.
_ONE_EMOJI = rf"(?:{_EMOJI}(?:\u200d{_EMOJI})*|[\U0001f1e6-\U0001f1ff]{{2}})"
_EMOJI_RUN = lazy_pattern(rf"(?<!\u200d){_ONE_EMOJI}(?:\s?{_ONE_EMOJI}){{2,}}")


@check("emoji-run", Severity.INFO, each=Passage)
def emoji_run(passage: Passage, ask: Ask) -> Iterator[Finding]:
    """Three or more emoji in a row: a screen reader says the name of each."""
    for found in _EMOJI_RUN.finditer(passage.text):
        yield ask.finding(
            passage.at(*found.span()),
            f"{found[0]} is read out name by name.",
            "One is enough, at the end of the line.",
        )
