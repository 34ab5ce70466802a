"""Who got what, reader by reader and in numbers: everyone planned is in exactly one state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Protocol

from newsletter_mailer.store.states import OWED, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """An issue's readers as earlier runs planned them: without lists, they can still be mailed."""

    owed: Mapping[str, int]  #: readers by variant; those of a sender that died too
    sections: Mapping[str, Sequence[str]]  #: slugs, by variant
    content_hashes: frozenset[str]  #: of the runs that planned who is owed
    counts: Mapping[State, int]  #: of everyone who may be mailed
    skipped: Mapping[str, int]  #: who must not be mailed, by reason

    def once_known(self, fates: Iterable[tuple[str, State]]) -> Remembered:
        """With what became of rows that are "sending": the variant and the fate of each."""
        owed, counts = Counter(self.owed), Counter(self.counts)
        for variant, state in fates:
            counts[State.SENDING] -= 1
            counts[state] += 1
            owed[variant] -= state not in OWED
        return replace(self, owed=+owed, counts=+counts)


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A reader's row, as `status` shows it."""

    address: str
    state: State
    code: int | None
    enhanced: str | None
    text: str  #: of the reply, or what is known instead of one
    variant: str
    attempts: int
    at: datetime | None  #: of the last outcome

    @property
    def reply(self) -> str:
        """`550 No such user`."""
        return reply_of(self.code, self.text)


class Skip(NamedTuple):
    """Who was not to be mailed, and why; the last run that found it so."""

    address: str  #: where there is none, the row: list and line
    reason: str
    run: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows have all of this in common."""

    state: State
    run: int
    domain: str
    variant: str
    code: int | None
    enhanced: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """How many rows got the same answer instead of a yes."""

    state: State
    code: int | None
    enhanced: str | None
    reply: str
    address: str  #: of one of them
    count: int


#: Why somebody is not mailed any more who is not suppressed: the last whole run had no such reader.
LEFT = "left"


@dataclass(frozen=True, slots=True)
class NoLonger:
    """How many rows are owed by their state and mailed by no send, with all of this in common."""

    why: str  #: the reason of the suppression, or LEFT
    state: State
    domain: str
    variant: str
    code: int | None
    enhanced: str | None
    reply: str
    address: str  #: of one of them
    count: int


class Moment(NamedTuple):
    """How many attempts of a run ended in a second, and how."""

    run: int  #: that tried them last
    second: int  #: since 1970
    state: State
    rows: int


class Figures(Protocol):
    """An issue's deliveries. Nothing is written. Every method raises LedgerError.

    A million rows are counted in less than a second, but where another time is told.
    """

    def tallies(self, issue: str) -> Iterator[Tally]:
        """What became of the rows that were tried, grouped."""

    def was_handed_over(self, issue: str) -> bool:
        """Whether a message of the issue was handed over, ever: who is owed again may have it."""

    def untried(self, issue: str) -> dict[State, int]:
        """How many rows are queued and sending, of which `tallies` says nothing."""

    def troubles(self, issue: str) -> Iterator[Trouble]:
        """The answers that were no yes, each different text once."""

    def no_longer_mailed(self, issue: str) -> Iterator[NoLonger]:
        """Rows that are owed by their state, and that no send would mail: of whom, and why not."""

    def suppressed_in(self, issue: str, run: int) -> dict[str, Counter[State]]:
        """Of a run's audience who is owed it: those suppressed since it began, by reason."""

    def remembered(self, issue: str) -> Remembered | None:
        """Everyone whom the ledger knows for an issue; None if nobody is owed it."""

    def planned_for(self, issue: str, addresses: Sequence[str]) -> Remembered:
        """These canonical addresses as if they were owed it, with what was planned for them."""

    def skips(self, issue: str) -> Iterator[Skip]:
        """Who was not to be mailed, by reason and address."""

    def suppressed_readers(self, issue: str) -> Iterator[tuple[str, str]]:
        """Who of those whom the ledger knows must not be mailed: address and reason."""

    def moments(self, issue: str) -> Iterator[Moment]:
        """When attempts ended, by run and second. Reads every row: seconds for a million."""


def reply_of(code: int | None, text: str) -> str:
    return f"{code} {text}".strip() if code else text
