"""Phrases of a list: found however they are written, and nothing else."""

from __future__ import annotations

import pytest

from newsletter_mailer.check.english.phrases import Phrases

PHRASES = Phrases(
    ["^ dear friend", "free ... instant ... quote", "unclaimed prizes", "guaranteed!"]
)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Dear friend, read on.", "^ dear friend"),
        ("\n DEAR   FRIEND", "^ dear friend"),
        ("A free and instant, no-nonsense quote", "free ... instant ... quote"),
        ("Unclaimed\nprizes", "unclaimed prizes"),
        ("uncla\u0131med prizes", "unclaimed prizes"),
        ("UNCLA\u0130MED PRIZES", "unclaimed prizes"),
        ("unclaimed prize\u017f", "unclaimed prizes"),
        ("It is guaranteed!", "guaranteed!"),
    ],
)
def test_a_phrase_is_found_as_it_is_written(text: str, phrase: str) -> None:
    [found] = PHRASES.finditer(text)

    assert PHRASES.which(found) == phrase


@pytest.mark.parametrize(
    "text",
    [
        "",
        "My dear friend",
        "free of charge, and as instant as anything that you may quote",
        "prizes, unclaimed",
        "unclaimed prizeswinner",
        "guaranteed",
    ],
)
def test_its_words_alone_are_no_phrase(text: str) -> None:
    assert [*PHRASES.finditer(text)] == []


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("guarantee...", "It guarantees nothing", "guarantees"),
        ("...winner", "Dear prizewinner", "winner"),
        ("dear...winner...", "Dearest breadwinners of us", "Dearest breadwinners"),
        ("no...1...obligation", "no-obligation", "no-obligation"),
        ("no...1...obligation", "no obligation", "no obligation"),
        ("act ...36... now", f"Act {34 * 'x'} now", f"Act {34 * 'x'} now"),
        ("act ... ... now", f"Act {34 * 'x'} now", f"Act {34 * 'x'} now"),
        ("act now ...", "Act nowhere, act now", "act now"),
        ("... act now", "React now, act now", "act now"),
        ("^dear friend", "Dear friend", "Dear friend"),
    ],
)
def test_dots_stand_for_anything(phrase: str, text: str, found: str) -> None:
    assert [one[0] for one in Phrases([phrase]).finditer(text)] == [found]


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("act ... now", f"act {20 * 'x'} now"),
        ("act ...36... now", f"act {36 * 'x'} now"),
        ("act ... now", "react at once, now"),
        ("act ... now", "act nowhere"),
        ("... quote", "misquote"),
    ],
)
def test_dots_stand_for_no_more(phrase: str, text: str) -> None:
    assert [*Phrases([phrase]).finditer(text)] == []


@pytest.mark.parametrize("nothing", ["...", "... ...", "^", "^ ...", "...9..."])
def test_a_phrase_without_words_is_nowhere(nothing: str) -> None:
    phrases = Phrases([nothing, "act now"])
    [found] = phrases.finditer("... act now ...")

    assert phrases.which(found) == "act now"


def test_no_phrases_are_found_nowhere() -> None:
    assert [*Phrases([]).finditer("Dear friend")] == []
