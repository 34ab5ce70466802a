"""Phrases of a list, for which a text is looked through once.

Dots stand for anything: "act ... now" has up to 20 characters between its words, "act ...36... now"
up to 36. Where they touch a word it may go on: "guarantee..." is in guarantees too. "^ " before a
phrase stands for the beginning of a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from newsletter_mailer.lazy_patterns import lazy_pattern

_DOTS = lazy_pattern(r"\.{3,}(?:(\d{1,2})\.{3,})?")
_USUAL_GAP = 20  #: characters for which dots without a number stand
_NOTHING = r"(?!)"  #: matches nowhere


class Phrases:
    """Whichever of some phrases stands in a text, in capitals too. Those without words do not."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._phrases = [one for one in phrases if pieces_of(one)]
        self._pieces = [[_folded(each.words) for each in pieces_of(one)] for one in self._phrases]
        expressions = (
            f"(?P<n{number}>{_expression(one)})" for number, one in enumerate(self._phrases)
        )
        self._pattern = lazy_pattern("|".join(expressions) or _NOTHING, re.IGNORECASE | re.DOTALL)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Looked for only where all pieces of one are somewhere: hardly any text has those."""
        folded = _folded(text)
        if folded and any(all(map(folded.__contains__, pieces)) for pieces in self._pieces):
            yield from self._pattern.finditer(text)

    def which(self, found: re.Match[str]) -> str:
        """The phrase that a match is of."""
        return self._phrases[int((found.lastgroup or "n0").removeprefix("n"))]


class Piece(NamedTuple):
    """What stands between the dots of a phrase."""

    words: str
    gap: int  #: characters that there may be before it
    begins_a_word: bool
    ends_a_word: bool


def pieces_of(phrase: str) -> list[Piece]:
    """Those with words, in order; empty if the phrase is nothing but dots."""
    texts = _DOTS.split(phrase.removeprefix("^"))  # at odd places the numbers between dots
    last = len(texts) - 1
    pieces, gap = list[Piece](), 0
    for place, text in enumerate(texts):
        if place % 2:
            gap += int(text or _USUAL_GAP)
        elif words := text.strip():
            begins = place == 0 or text[0].isspace()
            ends = place == last or text[-1].isspace()
            pieces.append(Piece(words, gap, begins, ends))
            gap = 0
    return pieces


def _folded(text: str) -> str:
    """With one blank for several, and letters alike that re.IGNORECASE takes for alike.

    Those are more than casefold() knows by two: the Turkish i without a dot, and I with one.
    """
    return " ".join(text.replace("\u0130", "i").replace("\u0131", "i").casefold().split())


def _expression(phrase: str) -> str:
    first, *others = map(_with_edges, pieces := pieces_of(phrase))
    start = r"\A\s*" if phrase.startswith("^") else ""
    gaps = (f".{{0,{piece.gap}}}{one}" for piece, one in zip(pieces[1:], others, strict=True))
    rest = "" if pieces[-1].ends_a_word else r"\w*"
    return start + first + "".join(gaps) + rest


def _with_edges(piece: Piece) -> str:
    """Its words with any blanks between them; of longer ones only where dots touch them."""
    begins = r"\b" if piece.begins_a_word and piece.words[0].isalnum() else ""
    ends = r"\b" if piece.ends_a_word and piece.words[-1].isalnum() else ""
    return begins + r"\s+".join(map(re.escape, piece.words.split())) + ends
