"""What the lines of a list of words say, and what each list can mean.

One word or phrase a line; # begins a comment; a line that begins with "- " takes one out again.
What a list says of a word stands behind " = ".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from newsletter_mailer.check.english.phrases import pieces_of
from newsletter_mailer.lazy_patterns import lazy_pattern

POINTS = lazy_pattern(r"\d{1,2}(?:\.\d{1,3})?")  #: as SpamAssassin counts: 2, 2.7, 2.699
_PHRASES_WITH_DOTS = "spam-phrases"
_SPELLINGS = "american-spellings"
#: Lists that hold single words, and what those may be.
_SINGLE_WORDS = {
    **dict.fromkeys(
        (
            *("everyday-names", "everyday-words", "known-acronyms", "office-mailboxes"),
            *("words-doubled-on-purpose", "words-that-may-double"),
        ),
        lazy_pattern(r"(?!.*\.\.)[^\s=^]*\w[^\s=^]*"),
    ),
    "deadline-fields": lazy_pattern(r"[^\W_]+"),  # names of fields are split at - and _
}
_WORDS = lazy_pattern(r"(?!.*\.\.)[^=^]*\w[^=^]*")
_LETTERS = lazy_pattern(r"-?[^\W\d_]+")
#: Dots at an end that touch no word, a ^ that is not the first, a - that takes nothing out.
_LOOSE = lazy_pattern(r"^\^?\s*\.{3,}(?:\d{1,2}\.{3,})?\s|\s\.{3,}(?:\d{1,2}\.{3,})?$|(?<!^)\^|^-$")


class ListLine(NamedTuple):
    """A line that is no comment alone, with single blanks between its words."""

    number: int
    word: str  #: or a phrase
    said: str  #: of the word; empty: nothing
    takes_out: bool

    @property
    def whole(self) -> str:
        return f"{self.word} = {self.said}" if self.said else self.word


class LineFault(NamedTuple):
    """What is wrong with a line, and what to do."""

    message: str
    hint: str


def lines_of(text: str) -> Iterator[ListLine]:
    """Of a list's file."""
    for number, line in enumerate(text.split("\n"), start=1):
        word, _, said = " ".join(line.partition("#")[0].split()).partition(" = ")
        if word:
            yield ListLine(number, word.removeprefix("- "), said, word.startswith("- "))


def fault_of(name: str, line: ListLine) -> LineFault | None:
    """Why the list of this name cannot mean what a line adds to it."""
    if name == _SPELLINGS:
        return _fault_of_spelling(line)
    if name == _PHRASES_WITH_DOTS:
        return _fault_of_phrase(line)
    if line.said:
        return LineFault(
            f'"= {line.said}" is not read: the list {name} says nothing of its words.',
            f"Write {line.word} alone.",
        )
    if not _SINGLE_WORDS.get(name, _WORDS).fullmatch(line.word):
        holds = "single words" if name in _SINGLE_WORDS else "words as they are read"
        return LineFault(
            f'"{line.word}" is never found: the list {name} holds {holds}.',
            f"Write those; dots, ^ and = say something in {_PHRASES_WITH_DOTS} and {_SPELLINGS}.",
        )
    return None


def _fault_of_spelling(line: ListLine) -> LineFault | None:
    if _LETTERS.fullmatch(line.word) and _LETTERS.fullmatch(line.said):
        return None
    return LineFault(
        f'"{line.whole}" does not say how letters are written in the United States.',
        "Write British letters = American letters: our = or",
    )


def _fault_of_phrase(line: ListLine) -> LineFault | None:
    if not pieces_of(line.word) or "=" in line.word or _LOOSE.search(line.word):
        return LineFault(
            f'"{line.whole}" is no phrase that can be looked for.',
            "Dots stand between words or touch one, ^ before the first: ^ act ... now = 1.5",
        )
    if line.said and not POINTS.fullmatch(line.said):
        return LineFault(
            f'"{line.said}" is no number of points: "{line.word}" counts 1.',
            f"Write them with digits: {line.word} = 1.5",
        )
    return None
