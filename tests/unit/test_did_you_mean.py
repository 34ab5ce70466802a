"""A slip of the pen is answered with the word that was meant, or with all there are."""

from __future__ import annotations

import pytest

from newsletter_mailer.did_you_mean import did_you_mean

KNOWN = ("dudley", "walsall", "sandwell", "stoke-on-trent")


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("dudly", 'Did you mean "dudley"?'),
        ("Dudley", 'Did you mean "dudley"?'),
        ("stoke on trent", 'Did you mean "stoke-on-trent"?'),
        ("paris", "Known: dudley, sandwell, stoke-on-trent, walsall."),
        ("", "Known: dudley, sandwell, stoke-on-trent, walsall."),
    ],
)
def test_a_slip_is_answered_with_the_nearest_word_or_all(word: str, answer: str) -> None:
    assert did_you_mean(word, KNOWN) == answer


def test_many_words_are_not_listed() -> None:
    assert did_you_mean("zzz", map(str, range(50))) == ""
    assert did_you_mean("zzz", ()) == ""
