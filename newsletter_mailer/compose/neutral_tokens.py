"""Tokens in what is kept are numbered anew: theirs come from the content of the whole issue."""

from __future__ import annotations

from typing import Generic, TypeVar

from newsletter_mailer.slot_tokens import TokenMint, translated

T = TypeVar("T")


class HoldsNeutralToken(ValueError):
    """An author's text holds what would be taken for a neutral token: nothing is kept of it."""


class Neutral(Generic[T]):
    """One issue's tokens, numbered by when they first come in one text."""

    def __init__(self, mint: TokenMint[T]) -> None:
        self._mint = mint
        self._neutral: TokenMint[T] = TokenMint("00000000")

    @property
    def meanings(self) -> tuple[T, ...]:
        """What the neutral tokens stand for, in the order of their numbers."""
        return self._neutral.meanings

    def know(self, meaning: T) -> None:
        """Gives the next number to it, if it has none."""
        self._neutral.token(meaning)

    def without_tokens_of_the_issue(self, text: str) -> str:
        """Raises HoldsNeutralToken."""
        if self._neutral.collides_with(text):
            raise HoldsNeutralToken(text)
        return translated(text, self._mint, self._neutral)

    def with_tokens_of_the_issue(self, text: str) -> str:
        """Raises IndexError or ValueError where a number stands for nothing."""
        return translated(text, self._neutral, self._mint)
