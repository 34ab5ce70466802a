"""Acronyms in running text, and whether their long form stands beside them."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from newsletter_mailer.lazy_patterns import lazy_pattern

#: No acronyms: another rule says that the text is not finished.
_UNFINISHED = frozenset({"TODO", "FIXME"})
#: The codes of other mailing programs, *|NAME|*, %%NAME%% and [[NAME]], are another rule's too.
_ACRONYM = lazy_pattern(
    r"(?<![\w&@#/.'’|%-])(?<!\[\[)(?=[A-Z0-9]*[A-Z][A-Z0-9]*[A-Z])(?P<name>[A-Z][A-Z0-9]{1,5})"
    r"(?:['’]?s)?(?![\w&@/|%]|[.]\w|-[A-Z\d])"
)
_ROMAN = lazy_pattern(r"(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3})")
_POSTCODE = lazy_pattern(r"[A-Z]{1,2}\d[A-Z\d]?")
_INWARD = lazy_pattern(r"\s?\d[A-Z]{2}\b")
_WORD = lazy_pattern(r"\w+(?:['’]\w+)*")
_IN_BRACKETS = lazy_pattern(r"\s{0,3}[(\[]([^()\[\]]{0,200})[)\]]")
_OPENED = lazy_pattern(r"[(\[]\s*[\"“'‘]?$")
_SMALL = frozenset(
    {"a", "an", "and", "at", "by", "for", "in", "of", "on", "or", "the", "to", "with"}
)
_LONGEST_FORM = 14  #: words that a long form has at most
_NEAR = 300  #: letters in which these are looked for


def acronyms(text: str, known: Container[str]) -> Iterator[re.Match[str]]:
    """Each acronym that is not known; its group `name` is without a plural's s."""
    if text.upper() == text:
        return  # a line in capitals
    for found in _ACRONYM.finditer(text):
        name = found["name"]
        if name in known or name in _UNFINISHED or _ROMAN.fullmatch(name):
            continue
        if _POSTCODE.fullmatch(name) and _INWARD.match(text, found.end("name")):
            continue
        yield found


def is_explained_at(text: str, found: re.Match[str]) -> bool:
    """Whether the long form stands right there: "long form (ABC)" or "ABC (long form)"."""
    name = found["name"]
    before = _OPENED.search(text, max(0, found.start() - 3), found.start())
    if before is not None and _ends_in(name, text[max(0, before.start() - _NEAR) : before.start()]):
        return True
    behind = _IN_BRACKETS.match(text, found.end())
    return behind is not None and stands_for(name, behind[1])


def _ends_in(name: str, text: str) -> bool:
    """Whether the last words of a text are what the acronym stands for."""
    words = _words(text)[-_LONGEST_FORM:]
    return any(_spells(name.lower(), words[at:]) for at in range(len(words)))


def stands_for(name: str, words: str) -> bool:
    """Whether the words are those that the acronym is made of.

    Each word but the small ones gives its first letter, and may give more: MACPT for multi-agency
    child protection team, HTML for hypertext markup language.
    """
    return _spells(name.lower(), _words(words))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _spells(letters: str, words: list[str]) -> bool:
    """How many letters may be spelt so far, word after word; one word may give none.

    NICE is the National Institute for Health and Care Excellence.
    """
    reached, with_a_miss = {0}, set[int]()
    for word in words:
        is_small = word in _SMALL
        missed = with_a_miss if is_small else reached - {0}
        reached, with_a_miss = (
            (reached if is_small else set()) | _further(reached, word, letters),
            missed | _further(with_a_miss, word, letters),
        )
    return len(letters) in reached or len(letters) in with_a_miss


def _further(reached: set[int], word: str, letters: str) -> set[int]:
    return {
        step
        for at in reached
        if at < len(letters) and word[0] == letters[at]
        for step in range(at + 1, _within(word, letters, at) + 1)
    }


def _within(word: str, letters: str, at: int) -> int:
    """How far the letters go on within one word."""
    for letter in word:
        if at < len(letters) and letter == letters[at]:
            at += 1
    return at
