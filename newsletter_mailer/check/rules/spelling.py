"""Spelling: words that are not in the dictionary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.english.words import Word, is_american
from newsletter_mailer.check.evidence.spelling import SPELLING, Speller
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.findings import Finding, Severity

_LONGEST_SHOWN = 60  #: letters of a word in a message
_SHORTEST_NAME = 5  #: letters of a word with a capital that can be told from a name


@dataclass(slots=True)
class _Misspelt:
    passage: Passage
    word: Word
    times: int = 1


@check("misspelt-word", Severity.WARNING, needs=SPELLING)
def misspelt_word(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A word that is not in the dictionary of British English.

    The dictionary is that of hunspell, if it is installed, or of LibreOffice and the like. Code,
    addresses, acronyms and words with digits are left alone, and so is a word with a capital within
    a sentence: it is taken for a name, unless it is all but a day, a month or a region of yours
    ("Septmber"). Your own words go into words.txt beside newsletter.toml, one per line; # begins a
    comment. A word in small letters counts for every spelling, one with capitals only for itself.
    """
    speller = SPELLING.of(context)
    if speller is None:
        return
    regions = " ".join(context.settings.regions.values()).lower().split()
    names = {*context.vocabulary.words("everyday-names"), *regions}
    seen_as_names = {
        word.text for passage in context.passages for word in passage.words if word.is_name
    }
    found: dict[tuple[str, str], _Misspelt] = {}
    for passage in context.passages:
        for word in passage.words:
            if speller.is_known(word.text):
                continue
            if word.text[0].isupper() and not _is_no_name(word, speller, names, seen_as_names):
                continue
            known = found.setdefault(
                (passage.source.file, word.text.lower()), _Misspelt(passage, word, 0)
            )
            known.times += 1
    for one in found.values():
        yield _told(one, speller.suggestions(one.word.text), ask)


def _told(one: _Misspelt, suggestions: Sequence[str], ask: Ask) -> Finding:
    word = one.word.text
    shown = word if len(word) <= _LONGEST_SHOWN else f"{word[:_LONGEST_SHOWN]}..."
    spellings = ask.context.vocabulary.table("american-spellings")
    american = next((other for other in suggestions if is_american(word, other, spellings)), None)
    more = f", here and {_times(one.times - 1)} more in this file" if one.times > 1 else ""
    if american is not None:
        message, hint = f'"{shown}" is American spelling{more}.', f'Write "{american}".'
    else:
        message = f'"{shown}" is not in the dictionary{more}.'
        hint = f"Did you mean {_either(suggestions[:3])}? " if suggestions else ""
        hint += f"If it is right, add {shown} to words.txt."
    return ask.finding(one.passage.at(one.word.start, one.word.end), message, hint)


def _is_no_name(word: Word, speller: Speller, names: set[str], seen: set[str]) -> bool:
    """Whether a word with a capital is a slip all the same.

    One letter off a day, month or region; at the start of a sentence, one letter off an everyday
    word, and no name elsewhere.
    """
    text = word.text
    if len(text) < _SHORTEST_NAME or (text in seen and word.begins_sentence):
        return False
    if any(_is_near(text.lower(), name) for name in names):
        return True
    if word.is_name:
        return False
    return any(
        other.islower() and _is_near(text.lower(), other)
        for other in speller.suggestions(text.lower())[:2]
    )


def _is_near(one: str, other: str) -> bool:
    """Whether a letter was left out, doubled, mistaken, or two changed places (Damerau 1964)."""
    if one == other:
        return False
    if len(one) > len(other):
        one, other = other, one
    at = next((n for n, letter in enumerate(one) if letter != other[n]), len(one))
    if len(one) == len(other):
        swapped = one[:at] + one[at : at + 2][::-1] + one[at + 2 :]
        return one[at + 1 :] == other[at + 1 :] or swapped == other
    return len(other) - len(one) == 1 and one[at:] == other[at + 1 :]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _either(words: Sequence[str]) -> str:
    quoted = [f'"{word}"' for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
