"""What is about one person is seen in running text, and what only looks like it is not."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.check.english.personal_data import (
    is_nhs_number,
    is_pupil_number,
    personal_data,
)
from newsletter_mailer.check.english.vocabulary import Vocabulary

TABLE = Path(__file__).with_name("personal_data.txt")


def phrases() -> list[tuple[str, str]]:
    lines = TABLE.read_text("utf-8").splitlines()
    pairs = [line.partition("->") for line in lines if line and not line.startswith("#")]
    return [
        (phrase.strip().replace("\\n", "\n").replace("\\u00a0", "\u00a0"), kinds.strip())
        for phrase, _, kinds in pairs
    ]


def kinds_in(text: str) -> str:
    """What the table has after the arrow."""
    return "; ".join(one.kind for one in personal_data(text, Vocabulary()))


@pytest.mark.parametrize(("phrase", "kinds"), phrases())
def test_a_phrase_is_seen_for_what_it_is(phrase: str, kinds: str) -> None:
    assert kinds_in(phrase) == kinds


@pytest.mark.parametrize(("phrase", "kinds"), phrases())
def test_a_phrase_is_the_same_within_a_sentence(phrase: str, kinds: str) -> None:
    assert kinds_in(f"We would like to say: {phrase}; then we go on.") == kinds


def test_the_table_has_good_and_bad() -> None:
    kinds = [kind for _, kind in phrases()]

    assert len(kinds) >= 120
    assert kinds.count("") >= 60


@pytest.mark.parametrize("number", ["9434765919", "4010232137"])
def test_a_wrong_digit_is_no_nhs_number(number: str) -> None:
    assert is_nhs_number(number)
    for place, digit in enumerate(number):
        for other in "0123456789".replace(digit, ""):
            assert not is_nhs_number(number[:place] + other + number[place + 1 :])


def test_a_wrong_digit_is_no_pupil_number() -> None:
    assert is_pupil_number("H801200001001")
    assert not is_pupil_number("H801200001002")
    assert not is_pupil_number("H801200010001")


PIECES = st.sampled_from(
    [
        *("0", "07700", "900", "123", "943 476 5919", "+44", "(0)", " ", "\n", "-", ".", ",", "/"),
        *("AB", "12", "C", "Mr", "J", "Example", "B12 3AB", "DOB", "born", "jo.example@gmail.com"),
        *("case no.", "NHS", "\u00a0", "\ufffc", "١٢٣", "é"),
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200))
def test_any_text_can_be_looked_at(text: str) -> None:
    found = personal_data(text, Vocabulary())

    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(before.end <= after.start for before, after in pairwise(found))


@pytest.mark.parametrize(
    "piece",
    ["0", "0 ", "07700 ", "+44", "AB", "AB 12 ", "Mr ", "Mr A ", "J ", "DOB ", "a.", "case no "],
)
def test_a_hostile_text_is_looked_at_in_one_pass(piece: str) -> None:
    """Were it more than one pass, the test suite would not end today."""
    assert len(personal_data(piece * 20_000, Vocabulary())) <= 20_000
