"""The words of a text that can be looked up in a dictionary, and those that a newsletter knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from newsletter_mailer.check.passages import BLANK, Passage
from newsletter_mailer.check.subject import Subject

_LETTER = "A-Za-zÀ-ÖØ-öø-ɏ\u00ad\u200b-\u200d\u2060"
_STRETCH = re.compile(r"\S+")
#: What makes a stretch without blanks an address, a path or the name of a file.
_ADDRESS = re.compile(r"://|@|www\.|\\|/[^\s/]*+/|(?<=\S)\.[a-z]{2,4}(?:/|(?![\w.]))")
#: A word with its hyphens and apostrophes. What touches a digit, a merge field or an underscore
#: is none. The bound keeps a megabyte of hyphens from taking hours.
_WORD = re.compile(
    rf"#\w+|(?<![\w{BLANK}])(?P<word>[{_LETTER}]++(?:['’-][{_LETTER}]++){{0,20}})(?![\w{BLANK}])"
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060]")
#: What may stand between the end of a sentence and the next one's first word.
_SENTENCE_START = re.compile(r"(?:^|[.!?:…]['\"”’)\]]*\s|\n)['\"“‘(\[\s]*$")
_SHORTEST = 2  #: letters of a word that is looked up

#: Dictionaries have these otherwise only: with their full stop, or without the s of "year olds".
EVERYDAY = ("dept", "eg", "etc", "excl", "govt", "ie", "inc", "incl", "ltd", "ok", "olds", "tel")


@dataclass(frozen=True, slots=True)
class Word:
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


def words_of(passage: Passage) -> Iterator[Word]:
    """Those that a dictionary may have: not acronyms, addresses, iPhone or KS2."""
    text = passage.text
    if passage.text.isupper():
        return
    for found in _written(text):
        word = plain(found["word"])
        if len(word) < _SHORTEST or _is_odd(word):
            continue
        before = text[max(0, found.start() - 12) : found.start()]
        begins = found.start() == 0 or bool(
            _SENTENCE_START.search(before) if found.start() > 12 else _at_start(before)
        )
        yield Word(word, found.start(), found.end(), begins)


def _written(text: str) -> Iterator[re.Match[str]]:
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


def names_of(subject: Subject) -> Iterator[str]:
    """Words that the newsletter uses as names: of itself, of regions and roles, of authors."""
    settings = subject.settings
    texts = [
        settings.name,
        settings.sender.name,
        settings.postal_address,
        *settings.regions.values(),
        *settings.roles.values(),
        *settings.check.acronyms.values(),
        *subject.issue.check.acronyms.values(),
    ]
    names = (one for one in subject.passages if one.where == "place" or "author" in one.where)
    texts.extend(one.text for one in names)
    for text in texts:
        for found in _written(text):
            yield from (part for part in parts(plain(found["word"])) if part[0].isupper())


#: British ending or letters -> American, as regular expressions over the British word.
_AMERICAN = (
    ("our", "or"),
    ("re(?=s?$|d$)", "er"),
    ("ogue", "og"),
    ("ll(?=ed$|ing$|ers?$|ors?$)", "l"),
    ("ence(?=s?$)", "ense"),
    ("yse", "yze"),
    ("ysing", "yzing"),
    ("ae", "e"),
    ("oe", "e"),
    ("amme", "am"),
    ("(?<=[ae])lment", "llment"),
    ("(?<=i)l(?=ful)", "ll"),
    ("grey", "gray"),
    ("plough", "plow"),
    ("sceptic", "skeptic"),
    ("moult", "molt"),
    ("jewell", "jewel"),
    ("aluminium", "aluminum"),
    ("pyjama", "pajama"),
)


def is_american(word: str, suggestion: str) -> bool:
    """Whether the word is how the suggested one is written in the United States."""
    word, suggestion = word.lower(), suggestion.lower()
    return len(word) >= 4 and any(
        re.sub(british, american, suggestion, count=1) == word
        for british, american in _AMERICAN
        if re.search(british, suggestion)
    )
