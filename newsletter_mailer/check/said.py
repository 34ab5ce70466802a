"""What each of a message's two parts says, in words that can be compared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from lxml import etree

from newsletter_mailer.check.passages import BLANK
from newsletter_mailer.issue.moments import Moment

_WORD = re.compile(r"[^\W_]+")
#: Targets of links as plain text shows them: "the words (https://example.org)". A made-up reader's
#: own link is a name in brackets.
_TARGET = re.compile(
    r"\((?:\[\w+\]|(?:[a-z][a-z0-9+.-]*:|[\w.+-]+@)\S*?)\)(?=[\s.,;:!?)\]”\"'’]|$)"
)
_ADDRESS = re.compile(r"\bhttps?://\S+")
_SCHEME = re.compile(r"\b(?:https?://|mailto:|tel:)")
_ALSO = {9: ("sept",)}  #: short for a month, besides its first three letters
_HIDDEN = re.compile(r"display\s*:\s*none")
_WITHIN_A_LINE = frozenset(
    {
        *("a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "em", "font", "i", "ins", "kbd"),
        *("mark", "q", "s", "small", "span", "strong", "sub", "sup", "time", "u", "wbr"),
    }
)
_NOT_SHOWN = frozenset({"head", "script", "style", "template", "title", "noscript"})


class Said:
    """The words of a text in their order, without marks, capitals and targets of links."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.words = _words(text)

    def has(self, text: str) -> bool:
        """Whether it says the text, its merge fields aside, word for word.

        A web address may stand between the words: plain text shows that of a link without words.
        """
        pieces = [f" {' '.join(piece)} " for piece in _pieces(text)]
        return all(piece in self._line for piece in pieces) or all(
            piece in self._line_without_addresses for piece in pieces
        )

    def has_day(self, moment: Moment) -> bool:
        """Whether it names the day: 12 February, 12th and 13th Feb, February 12, 12/02/2030."""
        if moment.day_date is None:
            return True
        year, month, day = moment.day_date.timetuple()[:3]
        name = "|".join({moment.month.lower(), moment.month_short.lower(), *_ALSO.get(month, ())})
        patterns = (
            rf" 0?{day}(?:st|nd|rd|th)? (?:\w+ ){{0,3}}(?:{name}) ",
            rf" (?:{name}) 0?{day}(?:st|nd|rd|th)? ",
            rf" 0?{day} 0?{month} (?:{year}|{year % 100:02}) | {year} {month:02} {day:02} ",
        )
        return any(re.search(pattern, self._line) for pattern in patterns)

    def share_in(self, other: Said) -> float:
        """How much of it the other says too, from 0 to 1."""
        ours = Counter(self.words)
        return sum((ours & Counter(other.words)).values()) / (len(self.words) or 1)

    @cached_property
    def _line(self) -> str:
        return f" {' '.join(self.words)} "

    @cached_property
    def _line_without_addresses(self) -> str:
        return f" {' '.join(_words(_ADDRESS.sub(' ', self._text)))} "


def seen_text(body: etree._Element) -> str:
    """What a reader sees of the HTML; what is no part of the same line stands in lines apart.

    Not what is hidden, and not what is left out for those who listen: it is said again elsewhere.
    """
    return "".join(_seen(body)).strip()


def _seen(body: etree._Element) -> Iterator[str]:
    walk = etree.iterwalk(body, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        if event == "start":
            if _is_hidden(element):
                walk.skip_subtree()
            else:
                yield "" if element.tag in _WITHIN_A_LINE else "\n"
                yield element.text or ""
            continue
        if event == "end" and element.tag not in _WITHIN_A_LINE:
            yield "\n"
        if element is not body:
            yield element.tail or ""


def _is_hidden(element: etree._Element) -> bool:
    return (
        element.tag in _NOT_SHOWN
        or element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool(_HIDDEN.search(element.get("style", "")))
    )


def _words(text: str) -> list[str]:
    text = _SCHEME.sub("", _TARGET.sub(" ", text))
    # *strong* and _stressed_ in plain text; str.translate takes ten times as long.
    return _WORD.findall(text.replace("*", "").replace("_", "").casefold())


def _pieces(text: str) -> Iterator[list[str]]:
    """The words between merge fields; one that a field is glued to is no word of its own."""
    pieces = text.split(BLANK)
    for place, piece in enumerate(pieces):
        words = _words(piece)
        if place > 0 and words and _WORD.match(piece):
            del words[0]
        if place < len(pieces) - 1 and words and _WORD.match(piece[-1:]):
            del words[-1]
        if words:
            yield words
