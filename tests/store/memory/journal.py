"""A sender's journal in memory: nothing of it outlives the process."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from newsletter_mailer.store.claims import (
    Onlooker,
)
from newsletter_mailer.store.states import State


@dataclass(kw_only=True)
class Mark:
    row: int
    attempt: int
    answer: tuple[State, int | None, str | None, str] | None = None


class MemoryJournal:
    """store.claims.Journal"""

    def __init__(self) -> None:
        self.token = secrets.token_hex(8)
        self.marks: dict[int, Mark] = {}
        self.made = 0
        self.onlooker: Onlooker | None = None

    def tell(self, onlooker: Onlooker) -> None:
        self.onlooker = onlooker

    def mark(self, row: int, attempt: int) -> int | None:
        self.made += 1
        if self.onlooker is not None:
            self.onlooker.marked(self.made)
        self.marks[self.made] = Mark(row=row, attempt=attempt)
        return self.made

    def committed(self, commits: int) -> None:
        if self.onlooker is not None:
            self.onlooker.committed(commits)

    def answer(
        self, slot: int, state: State, code: int | None, enhanced: str | None, reply: str
    ) -> None:
        self.marks[slot].answer = (state, code, enhanced, reply)

    def release(self, slots: Iterable[int]) -> None:
        for slot in slots:
            del self.marks[slot]

    def abandon(self) -> None:
        if self.onlooker is not None:
            self.onlooker.close()

    def fate(self, row: int, attempt: int) -> tuple[State, int | None, str | None, str]:
        """What the next sender makes of a row that was in hand."""
        for mark in self.marks.values():
            if (mark.row, mark.attempt) == (row, attempt):
                died = (State.UNKNOWN, None, None, "the sender died before it read the answer")
                return mark.answer or died
        return State.QUEUED, None, None, ""
