"""Colours are read as CSS writes them; contrast is what WCAG says it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.check.look.colours import (
    BLACK,
    WHITE,
    Colour,
    contrast,
    luminance,
    parse_colour,
)


@pytest.mark.parametrize(
    ("written", "hexadecimal", "alpha"),
    [
        ("#fff", "#ffffff", 1.0),
        ("#0B616A", "#0b616a", 1.0),
        ("#0b616a80", "#0b616a", 128 / 255),
        ("#f008", "#ff0000", 136 / 255),
        ("red", "#ff0000", 1.0),
        ("RebeccaPurple", "#663399", 1.0),
        ("rgb(11, 97, 106)", "#0b616a", 1.0),
        ("rgba(0,0,0,.5)", "#000000", 0.5),
        ("rgb(1 2 3 / 50%)", "#010203", 0.5),
        ("hsl(120, 100%, 25%)", "#008000", 1.0),
        ("hwb(0 0% 0%)", "#ff0000", 1.0),
        ("transparent", "#000000", 0.0),
    ],
)
def test_colours_are_read_as_css_writes_them(written: str, hexadecimal: str, alpha: float) -> None:
    colour = parse_colour(written)

    assert colour is not None
    assert str(colour) == hexadecimal
    assert colour.alpha == pytest.approx(alpha)


@pytest.mark.parametrize(
    "written",
    ["", "none", "inherit", "currentcolor", "var(--ink)", "#12345", "12px", "bluish",
     "lab(50% 20 20)", "color(display-p3 1 0 0)", "rgb(", "(" * 5000],
)  # fmt: skip
def test_what_is_no_colour_of_the_screen_is_none(written: str) -> None:
    assert parse_colour(written) is None


# The figures are those of the WebAIM contrast checker.
@pytest.mark.parametrize(
    ("words", "under", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
        ("#ff0000", "#ffffff", 4.0),
        ("#949494", "#ffffff", 3.03),
    ],
)
def test_contrast_is_that_of_wcag(words: str, under: str, ratio: float) -> None:
    one, other = parse_colour(words), parse_colour(under)
    assert one is not None
    assert other is not None

    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


def test_half_black_on_white_is_grey() -> None:
    assert str(BLACK.faded(0.5).over(WHITE)) == "#808080"
    assert WHITE.over(BLACK) == WHITE


@given(st.tuples(*[st.floats(0, 1)] * 6))
def test_contrast_lies_between_1_and_21(channels: tuple[float, ...]) -> None:
    one, other = Colour(*channels[:3]), Colour(*channels[3:])

    assert 1 <= contrast(one, other) <= 21.0001
    assert 0 <= luminance(one) <= 1.0001


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    colour = parse_colour(text)

    assert colour is None or all(0 <= channel <= 1 for channel in colour)
