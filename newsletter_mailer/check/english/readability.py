"""How hard a text is to read: the Flesch-Kincaid grade."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from newsletter_mailer.lazy_patterns import lazy_pattern

_WORD = lazy_pattern(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE_END = lazy_pattern(r"[.!?…]+[\"'”’)\]]*(?:\s|$)")
_ABBREVIATION = lazy_pattern(r"\b(?:e\.g|i\.e|etc|Mr|Mrs|Ms|Dr|Prof|St|No|vs|approx)\.(?=\s)")
_VOWELS = lazy_pattern(r"[aeiouyà-öø-ÿ]+")
#: An e that is written and not heard (make, makes, named), unless the consonants need it.
_SILENT = lazy_pattern(r"(?:[^aeiouy]e|[^aeioudty]ed|[^aeiouycgsxz]es)$")
_HEARD = lazy_pattern(r"[^aeiouy]l(?:e|es|ed)$")
#: Vowels side by side that are two syllables: ra-dio, sci-ence, soci-ety, appreci-ate, cre-ate,
#: are-a, be-ing, actu-al, vide-o, co-operate; but not so-cial, na-tion, mil-lion, opin-ion.
_APART = lazy_pattern(
    r"(?<![tcsgx])i(?:a|ou|en)|(?<![tcsgxnl])io|iat[eio]|\bscie|iet|(?:(?<=[rd])ea|(?<=[dh])eo)$"
    r"|(?<=cr)ea|eality|[eo]ing|seum|(?<!q)ua[lt]|heor|\bcoo[pr]"
)


@dataclass(frozen=True, slots=True)
class Measure:
    """Counts of a text. They add up."""

    words: int = 0
    sentences: int = 0
    syllables: int = 0

    def __add__(self, other: Measure) -> Measure:
        return Measure(
            self.words + other.words,
            self.sentences + other.sentences,
            self.syllables + other.syllables,
        )

    @property
    def grade(self) -> float:
        """Years of school (Kincaid et al. 1975, Research Branch Report 8-75)."""
        if not self.words:
            return 0.0
        return (
            0.39 * self.words / max(1, self.sentences) + 11.8 * self.syllables / self.words - 15.59
        )

    @property
    def age(self) -> int:
        """The age at which a pupil has had so many years of school."""
        return round(self.grade) + 5


def measure(paragraphs: Iterable[str]) -> Measure:
    """Each paragraph ends a sentence, whether or not it has a full stop."""
    words = sentences = total = 0
    for paragraph in paragraphs:
        found = _WORD.findall(paragraph)
        if not found:
            continue
        words += len(found)
        total += sum(map(syllables, found))
        text = _ABBREVIATION.sub("", paragraph).rstrip()
        ends = [*_SENTENCE_END.finditer(text)]
        sentences += len(ends) + (not ends or ends[-1].end() < len(text))
    return Measure(words, sentences, total)


@lru_cache(maxsize=8192)
def syllables(word: str) -> int:
    """Groups of vowels, less a silent e, and one more where two vowels are spoken apart.

    A rule of thumb of our own: wrong for some words (safe-guard), near enough over a text.
    """
    word = word.lower().removesuffix("'s").removesuffix("’s")
    count = len(_VOWELS.findall(word)) + len(_APART.findall(word))
    if _SILENT.search(word) and not _HEARD.search(word):
        count -= 1
    return max(1, count)
