"""Rows that only a person or a log can settle, and who settled them how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from newsletter_mailer.store.runs import By
from newsletter_mailer.store.states import State

How = Literal["resend", "assume-sent", "evidence", "retry", "again"]


@dataclass(frozen=True, slots=True)
class UnknownRow:
    """A message of which nobody knows whether it was taken."""

    address: str
    message_id: str  #: without angle brackets
    at: datetime | None  #: when its answer was lost


@dataclass(frozen=True, slots=True)
class Fate:
    """What a row is settled as."""

    state: State
    reply: str  #: why


class Before(NamedTuple):
    """What stood in a row before it was settled."""

    state: State
    reply: str  #: `550 No such user`
    at: datetime | None  #: of that outcome


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a person, or a log, settled."""

    at: datetime
    by: By
    how: str  #: one of `How`
    log: str  #: name of the mail log that is the evidence, or empty
    addresses: Sequence[str]
    before: Mapping[str, Before]  #: by address; empty if an earlier version settled it


class Resolutions(Protocol):
    """Of one ledger. Addresses are canonical. Every method raises LedgerError."""

    def unknown(self, issue: str) -> Iterator[UnknownRow]:
        """The rows of an issue that nobody but a person or a log can settle, by address."""

    def settle(
        self,
        issue: str,
        fates: Mapping[str, Fate],
        *,
        how: How,
        by: By,
        now: datetime,
        log: str = "",
        of: State = State.UNKNOWN,
    ) -> list[str]:
        """Settles rows in the state `of` by address, and records who did and what stood there.

        Returns the addresses that were in that state. What is sent again keeps its Message-ID. Only
        for who holds the ledger. Raises ValueError for a way that `states.TRANSITIONS` does not
        draw, LedgerError; nothing is changed then.
        """

    def all(self, issue: str) -> Iterator[Resolution]:
        """What was settled, in that order."""
