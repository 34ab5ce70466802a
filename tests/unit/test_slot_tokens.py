"""A token stands for its slot and nothing else does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.slot_tokens import Token, TokenMint


def test_one_meaning_has_one_token() -> None:
    mint: TokenMint[str] = TokenMint("0a1b2c3d")

    assert mint.token("name") == mint.token("name") != mint.token("place")
    assert mint.token("name").isalnum()


@given(st.lists(st.one_of(st.integers(0, 12).map(str), st.text("nlq0x1z ", max_size=12))))
def test_a_text_falls_into_the_pieces_it_was_made_of(pieces: list[str]) -> None:
    mint: TokenMint[str] = TokenMint("0a1b2c3d")
    text = "".join(mint.token(piece) if piece.isdigit() else piece for piece in pieces)

    back = [piece.meaning if isinstance(piece, Token) else piece for piece in mint.split(text)]

    assert "".join(back) == "".join(pieces)
    assert [piece.meaning for piece in mint.split(text) if isinstance(piece, Token)] == [
        piece for piece in pieces if piece.isdigit()
    ]


def test_ten_tokens_are_told_apart_from_one() -> None:
    mint: TokenMint[int] = TokenMint("0a1b2c3d")
    words = [mint.token(number) for number in range(12)]

    assert [token.meaning for token in mint.split("".join(words)) if isinstance(token, Token)] == [
        *range(12)
    ]


def test_all_tokens_are_equally_long() -> None:
    mint: TokenMint[int] = TokenMint("0a1b2c3d")

    assert len({len(mint.token(number)) for number in range(10_000)}) == 1


def test_a_text_that_holds_a_token_by_chance_is_noticed() -> None:
    mint: TokenMint[str] = TokenMint("0a1b2c3d")

    assert mint.collides_with("see nlq0a1b2c3dx7z")
    assert not mint.collides_with("see nlq00000000x7z")


def test_values_replace_only_their_own_tokens() -> None:
    mint: TokenMint[str] = TokenMint("0a1b2c3d")
    name, place = mint.token("name"), mint.token("place")

    assert mint.replace(f"a {name} b {place}", {"name": "Zoë"}) == f"a Zoë b {place}"
