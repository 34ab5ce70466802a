"""The known word that somebody meant who wrote another."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_ALIKE = 0.6  #: the share of a word that must be there (difflib's own measure, and its usual)
_NAMED = 20  #: known words that are named where none is alike


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`Did you mean "dudley"?`, or the known words, or nothing to say."""
    words = sorted({*known})
    meant = closest(word, words)
    if meant:
        return f'Did you mean "{meant}"?'
    if 0 < len(words) <= _NAMED:
        return f"Known: {', '.join(words)}."
    return ""


def closest(word: str, known: Iterable[str]) -> str:
    """The known word that is most alike, in any case; empty if none is alike enough."""
    folded = {one.casefold(): one for one in sorted({*known}) if one}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=_ALIKE)
    return folded[close[0]] if close else ""
