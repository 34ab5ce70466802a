"""What word processors, phones and PDFs put into an address in place of what was typed.

All of it is allowed in an address by RFC 6531, and nobody has such a mailbox: the mail would go to
a person who does not exist. Letters of any script, and the marks that scripts need inside of words
(RFC 5892 appendix A: the middle dot of Catalan, the geresh of Hebrew, ...), are nobody's mistake.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from newsletter_mailer.lazy_patterns import lazy_pattern

#: What was typed, and the characters that stand there instead.
_INSTEAD = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u2035\u00b4",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212",
    "/": "\u2044\u2215",
    ".": "\u2024",
    "...": "\u2026",
    "": "\u00ab\u00bb\u2039\u203a\u201c\u201d\u201e\u201f\u2033\u2036",
}
_TYPED = {character: typed for typed, some in _INSTEAD.items() for character in some}
#: The same characters at another width (UAX 15 calls them compatible): ligatures, small forms,
#: full-width ASCII. The dots that Chinese and Japanese keyboards type are a domain's own (RFC 3490
#: section 3.1), all but the full-width one.
_COMPATIBLE = lazy_pattern("[\ufb00-\ufb06\ufe50-\ufe6b\uff01-\uff5e]")
#: Letters of some languages (Ukrainian has one in every other name), and an apostrophe elsewhere:
#: they are what was typed if the rest of the word is not plain ASCII.
_APOSTROPHES = "\u02b9\u02bc"
_WORD = lazy_pattern(r"[^@.]+")


class LookAlike(NamedTuple):
    """The first such character, what was typed there (empty: nothing), and the text as typed."""

    character: str
    typed: str
    text: str


def look_alike(text: str) -> LookAlike | None:
    """None: the text holds none."""
    first: list[tuple[str, str]] = []

    def typed(character: str) -> str:
        found = _typed(character)
        if found != character:
            first.append((character, found))
        return found

    def word(match: re.Match[str]) -> str:
        found = "".join(map(typed, match[0]))
        rest = found.translate(dict.fromkeys(map(ord, _APOSTROPHES), "'"))
        if rest != found and rest.isascii():
            first.extend((character, "'") for character in match[0] if character in _APOSTROPHES)
            return rest
        return found

    meant = _WORD.sub(word, text)
    return LookAlike(*first[0], meant) if first else None


def _typed(character: str) -> str:
    if character in _TYPED:
        return _TYPED[character]
    if _COMPATIBLE.match(character):
        return unicodedata.normalize("NFKC", character)
    if unicodedata.category(character) in ("Cf", "Zs") and character != " ":
        return ""
    return character
