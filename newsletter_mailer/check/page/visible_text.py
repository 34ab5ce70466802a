"""What each of a message's two parts says, in words that can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from functools import cached_property

from lxml import etree

from newsletter_mailer.check.english.words import BLANK
from newsletter_mailer.issue.moments import Moment
from newsletter_mailer.lazy_patterns import lazy_pattern

_WORD = lazy_pattern(r"[^\W_]+")
#: Targets of links as plain text shows them: "the words (https://example.org)". A made-up reader's
#: own link is a name in brackets.
_TARGET = lazy_pattern(
    r"\((?:\[\w+\]|(?:[a-z][a-z0-9+.-]*:|[\w.+-]+@)\S*?)\)(?=[\s.,;:!?)\]”\"'’]|$)"
)
_ADDRESS = lazy_pattern(r"\bhttps?://\S+")
_SCHEME = lazy_pattern(r"\b(?:https?://|mailto:|tel:)")
_ORDINAL_ENDINGS = ("", "st", "nd", "rd", "th")
_ALSO = {9: ("sept",)}  #: short for a month, besides its first three letters
_HIDDEN = lazy_pattern(r"display\s*:\s*none")
_WITHIN_A_LINE = frozenset(
    {
        *("a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "em", "font", "i", "ins", "kbd"),
        *("mark", "q", "s", "small", "span", "strong", "sub", "sup", "time", "u", "wbr"),
    }
)
_NOT_SHOWN = frozenset({"head", "script", "style", "template", "title", "noscript"})


class ComparableText:
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
        days, months = {f"{day}", f"0{day}"}, {f"{month}", f"0{month}"}
        spoken = {number + ending for number in days for ending in _ORDINAL_ENDINGS}
        names = {moment.month.lower(), moment.month_short.lower(), *_ALSO.get(month, ())}
        years = {f"{year}", f"{year % 100:02}"}
        iso = (f"{year}", f"{month:02}", f"{day:02}")
        return any(
            (word in spoken and not names.isdisjoint(after))
            or (word in names and after[0] in spoken)
            or (word in days and after[0] in months and after[1] in years)
            or (word, *after[:2]) == iso
            for word, *after in self._before_four({*spoken, *names, iso[0]})
        )

    def share_in(self, other: ComparableText) -> float:
        """How much of it the other says too, from 0 to 1."""
        ours = Counter(self.words)
        return sum((ours & Counter(other.words)).values()) / (len(self.words) or 1)

    def _before_four(self, wanted: Set[str]) -> Iterator[Sequence[str]]:
        """Each of the wanted words with the four behind it; beyond the last they are empty."""
        padded = [*self.words, "", "", "", ""]
        return (padded[at : at + 5] for at, word in enumerate(self.words) if word in wanted)

    @cached_property
    def _line(self) -> str:
        return f" {' '.join(self.words)} "

    @cached_property
    def _line_without_addresses(self) -> str:
        return f" {' '.join(_words(_ADDRESS.sub(' ', self._text)))} "


def visible_text(body: etree._Element) -> str:
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
