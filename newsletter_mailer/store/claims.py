"""A run's claims and its journal: an address gets an issue at most once, and nobody is lost.

A claim is durable before anything of it leaves. Between claim and outcome the journal says how far
a row came; who dies leaves both, and the next one settles what they say:

    claim (committed) ─> mark ─> brink ─> answer ─> outcome (committed) ─> release of the mark

No mark: the row is owed again. An answer: that is its fate. A mark alone: unknown, and only a
person or a log settles it. There is no lease: time frees no claim, since a sender that was only
asleep mails on when it wakes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from newsletter_mailer.store.states import State

if TYPE_CHECKING:
    from datetime import datetime

#: When a row is due that is not to be tried in this run; the next one makes it due anew.
NOT_IN_THIS_RUN = 1e15


class ClaimedRow(NamedTuple):
    """A row that this run may send, once. `message_id` without angle brackets."""

    id: int  #: of the whole ledger: with its attempt, a journal knows a row by it
    address: str
    mailbox: str
    domain: str
    variant: str
    values: Mapping[str, str]
    message_id: str
    attempt: int  #: 1 for the first
    is_again: bool = False  #: this run tried it before, and was put off


@dataclass(slots=True, kw_only=True)
class Settled:
    """How the attempt for one row ended."""

    id: int
    state: State
    code: int | None = None
    enhanced: str | None = None
    reply: str = ""
    at: float  #: seconds since 1970
    due: float = 0.0  #: if deferred: not to be tried before


class LeftRow(NamedTuple):
    """A row that a sender that is gone had claimed, and what the next one makes of it."""

    id: int
    address: str
    variant: str
    state: State  #: QUEUED: its message was never whole at the server
    code: int | None = None
    enhanced: str | None = None
    reply: str = ""


class Due(NamedTuple):
    """Of the owed rows in one state."""

    first: float  #: when the first of them is due, in seconds since 1970
    rows: int  #: how many there are that will be


class Onlooker(Protocol):
    """Who is told, outside the ledger, how far a run has come. Raises LedgerError."""

    def committed(self, commits: int) -> None:
        """Called when the ledger has so many of the run for good: of `record_and_claim`.

        If it raises, those stay recorded, and nothing further is claimed.
        """

    def marked(self, marks: int) -> None:
        """Called when the journal has so many. If it raises, the last one is none."""

    def close(self) -> None:
        """Called when the journal is abandoned, or the run is over."""


class Journal(Protocol):
    """One sender's own, on its machine. It outlives `kill -9`, and no start of the machine."""

    @property
    def token(self) -> str:
        """Names it, at random."""

    def tell(self, onlooker: Onlooker) -> None:
        """From now on, how far the run has come. It is closed with the journal."""

    def mark(self, row: int, attempt: int) -> int | None:
        """Before the brink, after which the message of this row may be gone; gives a slot.

        None while too many outcomes wait for their commit. Raises LedgerError: it must not leave.
        """

    def answer(
        self, slot: int, state: State, code: int | None, enhanced: str | None, reply: str
    ) -> None:
        """The fate of the row of that slot is known."""

    def release(self, slots: Iterable[int]) -> None:
        """The ledger has the outcomes of these for good."""

    def abandon(self) -> None:
        """The sender could not record everything: the next one reads this."""


class Claims(Protocol):
    """What one run may do with the rows of its audience: claim them, say what became of them.

    Of the process that holds the ledger. Not for two threads at once, but for `must_not_be_mailed`.
    """

    @property
    def run(self) -> int:
        """Its number."""

    @property
    def journal(self) -> Journal: ...

    @property
    def skipped(self) -> Mapping[str, int]:
        """Who of its audience was not to be mailed, when it began or ended: how many, by reason."""

    @property
    def pace(self) -> Mapping[str, float]:
        """What earlier runs used up of the limits: by limit, until when (seconds since 1970).

        Raises LedgerError.
        """

    def settle_with(self, server: str) -> None:
        """The name of who answers from now on, kept with each outcome."""

    def record_and_claim(
        self,
        settled: Sequence[Settled],
        count: int,
        *,
        due: Mapping[State, float],
        pace: Mapping[str, float] = {},  # never changed
        refused: Sequence[int] = (),
    ) -> list[ClaimedRow]:
        """Records how attempts ended and claims the next `count` rows that are due.

        All of it or nothing, and on the disk for good when it returns. Suppressed addresses are
        never claimed; they keep their state. `due`: the states that may be sent, in order of
        preference, and until when a row of each must be due. `pace`: by limit, the moment until
        which it is used up. `refused`: rows that this run deferred and whose fault turned out to be
        the reader's. Raises LedgerError, also if a row is not as this run left it; ValueError for
        what `states.TRANSITIONS` does not draw; RuntimeError once the run is over.
        """

    def give_back(self, rows: Mapping[int, float]) -> None:
        """Claimed rows that were never begun are what they were: row -> when it is due.

        Raises LedgerError.
        """

    def rest(self, domains: Sequence[str], claimed: Sequence[int]) -> None:
        """Nobody of these domains is tried any more in this run. `claimed`: rows that are to be
        given back. Raises LedgerError; then all is as it was.
        """

    def must_not_be_mailed(self, row: ClaimedRow) -> bool:
        """Whether somebody said so by now. In any thread, while another records and claims.

        Asked before every message. Raises LedgerError.
        """

    def next_due(self) -> Mapping[State, Due]:
        """By owed state, what is to be tried in this run. Raises LedgerError."""

    def end(self, now: datetime) -> None:
        """The run is over: nothing of it may be claimed any more.

        Whoever is owed it and must not be mailed by now is not of its audience any more, but
        skipped. Its journal goes, unless the next sender has to read there what the ledger lacks.
        Raises LedgerError; then the journal stays.
        """
