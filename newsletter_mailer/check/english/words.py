"""The words of a text that can be looked up in a dictionary, and those that a newsletter knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from newsletter_mailer.lazy_patterns import lazy_pattern

#: Stands in a text for what are no words of the writer's: a merge field, a piece of code.
BLANK = "\ufffc"
_LETTER = "A-Za-zÀ-ÖØ-öø-ɏ\u00ad\u200b-\u200d\u2060"
_STRETCH = lazy_pattern(r"\S+")
#: What makes a stretch without blanks an address, a path or the name of a file.
_ADDRESS = lazy_pattern(r"://|@|www\.|\\|/[^\s/]*+/|(?<=\S)\.[a-z]{2,4}(?:/|(?![\w.]))")
#: A word with its hyphens and apostrophes. What touches a digit, a merge field or an underscore
#: is none. The bound keeps a megabyte of hyphens from taking hours.
_WORD = lazy_pattern(
    rf"#\w+|(?<![\w{BLANK}])(?P<word>[{_LETTER}]++(?:['’-][{_LETTER}]++){{0,20}})(?![\w{BLANK}])"
)
_INVISIBLE = lazy_pattern("[\u00ad\u200b-\u200d\u2060]")
#: What may stand between the end of a sentence and the next one's first word.
_SENTENCE_START = lazy_pattern(r"(?:^|[.!?:…]['\"”’)\]]*\s|\n)['\"“‘(\[\s]*$")
_SHORTEST = 2  #: letters of a word that is looked up


class Word(NamedTuple):
    """A word of a passage."""

    text: str  #: with a straight apostrophe, without soft hyphens
    start: int
    end: int
    begins_sentence: bool

    @property
    def is_name(self) -> bool:
        """Whether its capital is its own, not its sentence's. Llewelyn-Pryce is one anywhere."""
        first, *rest = self.text.split("-")
        return first[:1].isupper() and (
            not self.begins_sentence or any(part[:1].isupper() for part in rest)
        )


def words_of(text: str) -> Iterator[Word]:
    """Those that a dictionary may have: not acronyms, addresses, iPhone or KS2."""
    if text.isupper():
        return
    for found in written_words(text):
        word = plain(found["word"])
        if len(word) < _SHORTEST or _is_odd(word):
            continue
        before = text[max(0, found.start() - 12) : found.start()]
        begins = found.start() == 0 or bool(
            _SENTENCE_START.search(before) if found.start() > 12 else _at_start(before)
        )
        yield Word(word, found.start(), found.end(), begins)


def written_words(text: str) -> Iterator[re.Match[str]]:
    """Not those in web and e-mail addresses, file names, @names and #tags."""
    for stretch in _STRETCH.finditer(text):
        if not _ADDRESS.search(stretch[0]):
            words = _WORD.finditer(text, stretch.start(), stretch.end())
            yield from (found for found in words if found["word"])


def plain(word: str) -> str:
    return _INVISIBLE.sub("", word).replace("’", "'")


def parts(word: str) -> list[str]:
    """What a word is made of: "co-operation's" of co and operation."""
    bare = re.sub(r"'s$|'$", "", word)
    return [part for part in re.split(r"[-']", bare) if len(part) >= _SHORTEST]


@lru_cache(maxsize=8192)
def _is_odd(word: str) -> bool:
    """Capitals beyond the first letter of a part: DfE, MACPTs, CareKnowledge."""
    return any(not part[1:].islower() and len(part) > 1 for part in re.split(r"[-']", word))


def _at_start(before: str) -> bool:
    return bool(_SENTENCE_START.search(before)) or not before.strip("'\"“‘([ \n")


class KnownWords:
    """The words of words.txt: in small letters for any spelling, with capitals for that alone."""

    def __init__(self, words: Iterable[str]) -> None:
        self._exact = {plain(word) for word in words}

    def __contains__(self, word: str) -> bool:
        return word in self._exact or word.lower() in self._exact


def listed_words(text: str) -> list[str]:
    """The words of words.txt: one per line, # begins a comment."""
    lines = (line.partition("#")[0].strip() for line in text.split("\n"))
    return [word for line in lines for word in line.split()]


def is_american(word: str, suggestion: str, spellings: Mapping[str, str]) -> bool:
    """Whether the word is how the suggested one is written in the United States.

    `spellings`: American letters by British ones; those behind a hyphen end a word.
    """
    word, suggestion = word.lower(), suggestion.lower()
    return len(word) >= 4 and any(
        american and _respelt(suggestion, british, american) == word
        for british, american in spellings.items()
    )


def _respelt(word: str, british: str, american: str) -> str:
    """The word with the American letters in place of the first British ones; empty without any."""
    if british.startswith("-"):
        stem = word.removesuffix(british[1:])
        return "" if stem == word else stem + american.removeprefix("-")
    return word.replace(british, american, 1) if british in word else ""
