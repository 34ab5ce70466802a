"""Whoever stands in the lists more than once is found, and where they stood before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.audience.duplicates import DuplicateFinder


@given(st.lists(st.sampled_from(["ann", "ben", "cy", "dot", ""]), max_size=12))
def test_each_duplicate_leads_to_the_first_and_to_the_one_before(texts: list[str]) -> None:
    finder = DuplicateFinder()
    for text in texts:
        finder.add(text)

    assert sorted(finder.found()) == [
        (at, texts.index(text), max(before for before in range(at) if texts[before] == text))
        for at, text in enumerate(texts)
        if text in texts[:at]
    ]
