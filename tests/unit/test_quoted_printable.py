"""Bodies survive 7-bit mail whole, whatever a slot holds."""

from __future__ import annotations

import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.compose.compiled import as_words
from newsletter_mailer.compose.escaping import Context, escape
from newsletter_mailer.compose.quoted_printable import (
    close,
    encode_everyday_value,
    encode_piece,
    encode_value,
)

TEXT = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from(". =\n\t é\r")), max_size=300
)


def normal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decoded(body: bytes) -> str:
    return quopri.decodestring(body.replace(b"\r\n", b"\n")).decode()


def is_mailable(body: bytes) -> bool:
    return body.isascii() and all(
        len(line) <= 76
        and not line.startswith(b".")
        and not line.endswith((b" ", b"\t"))
        and b"\r" not in line
        and b"\n" not in line
        for line in body.split(b"\r\n")
    )


@given(st.lists(st.tuples(st.booleans(), TEXT), max_size=8))
def test_pieces_and_values_in_any_order_are_read_back_whole(
    pieces: list[tuple[bool, str]],
) -> None:
    body = b"".join(
        encode_value(text) if is_value else close(encode_piece(text)) for is_value, text in pieces
    )

    assert decoded(body) == "".join(normal(text) for _, text in pieces)
    assert is_mailable(body)


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "..", "...", ". . .", "a\n.\nb", "a\n..\nb", "...and on", "." * 200, "\n.\n.\n",
        " ", "a ", "a \nb", "\ta\t\n", "=", "=20", "é" * 100, "a" * 75, "a" * 76, "a" * 77,
        "a" * 75 + ".", "a" * 74 + ".b", "a" * 75 + " b", "🎉" * 30, "From here", "\r\n\r\n", "\n",
    ],
)  # fmt: skip
def test_awkward_texts(text: str) -> None:
    for body in (close(encode_piece(text)), encode_value(text)):
        assert decoded(body) == normal(text)
        assert is_mailable(body)


@given(TEXT)
def test_a_piece_ends_so_that_the_next_begins_a_line(text: str) -> None:
    for body in (close(encode_piece(text)), encode_value(text)):
        assert not body or body.endswith(b"\r\n")


CONTEXTS = [context for context in Context if not context.is_refused]


@pytest.mark.parametrize("value", ["Ann", "7", "R2D2", "x" * 71])
def test_a_name_of_letters_is_the_same_wherever_it_stands(value: str) -> None:
    everyday = encode_everyday_value(value)

    assert everyday == encode_value(as_words(value))
    assert {everyday} == {encode_value(escape(value, context)) for context in CONTEXTS}


@pytest.mark.parametrize(
    "value",
    [None, "", " ", "Ann Lee", "O'Neill", "Zoë", "a.b", "a&b", "a=b", "a\nb", "²", "x" * 72],
)
def test_any_other_value_is_written_as_its_place_asks(value: str | None) -> None:
    assert encode_everyday_value(value) is None
